"""Reads calendars with libical (Evolution, GNOME, KDE): python3 libical.py FILE...; writes one JSON list a file.

Runs under the system's own Python, which has the bindings; it imports nothing of ours.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gi

gi.require_version("ICalGLib", "3.0")
from gi.repository import ICalGLib  # noqa: E402  the version has to be said first


def told(prop: Any, calendar: Any) -> str:
    time = prop.get_datetime_with_component(calendar)
    if time.is_date():
        return f"{time.get_year():04}-{time.get_month():02}-{time.get_day():02}"
    seconds = time.as_timet_with_zone(time.get_timezone())
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def read(path: str) -> list[dict[str, str]]:
    calendar = ICalGLib.Component.new_from_string(Path(path).read_text(encoding="utf-8"))
    ICalGLib.restriction_check(calendar)
    if "X-LIC-ERROR" in calendar.as_ical_string():
        raise SystemExit(f"{path}: libical finds faults: {calendar.as_ical_string()}")
    found = []
    event = calendar.get_first_component(ICalGLib.ComponentKind.VEVENT_COMPONENT)
    while event is not None:
        kind = ICalGLib.PropertyKind
        location = event.get_location()
        found.append(
            {
                "uid": event.get_uid(),
                "summary": event.get_summary(),
                "status": event.get_first_property(kind.STATUS_PROPERTY).get_value_as_string(),
                "starts": told(event.get_first_property(kind.DTSTART_PROPERTY), calendar),
                "ends": told(event.get_first_property(kind.DTEND_PROPERTY), calendar),
                "location": location or "",
            }
        )
        event = calendar.get_next_component(ICalGLib.ComponentKind.VEVENT_COMPONENT)
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps([read(path) for path in sys.argv[1:]]))
