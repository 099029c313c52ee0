"""What Evolution's data server holds of calendars: python3 evolution.py NAME...; run under dbus-run-session.

Asks it to look again every two seconds and writes one JSON object a time: calendar -> [[uid, title, start, status]].
Ends when nobody reads it any more. Imports nothing of ours.
"""

import json
import sys
import time
from typing import Any

import gi

gi.require_version("EDataServer", "1.2")
gi.require_version("ECal", "2.0")
from gi.repository import ECal, EDataServer, GLib  # noqa: E402  versions have to be said first

# To connect is not waited for: each of many calendars would take its time, one after another.
NO_WAIT = 2**32 - 1


def opened(registry: Any, name: str) -> Any:
    source = registry.ref_source(name)
    return ECal.Client.connect_sync(source, ECal.ClientSourceType.EVENTS, NO_WAIT, None)


def held(client: Any) -> list[list[str]]:
    _, components = client.get_object_list_as_comps_sync("#t", None)
    found = []
    for component in components:
        inner = component.get_icalcomponent()
        start = inner.get_dtstart()
        zone = start.get_timezone()
        moment = start.as_timet_with_zone(zone) if zone is not None else start.as_timet()
        status = component.get_status().value_nick.upper()
        found.append([inner.get_uid(), inner.get_summary(), int(moment), status])
    return sorted(found)


def main(names: list[str]) -> None:
    registry = EDataServer.SourceRegistry.new_sync(None)
    clients: dict[str, Any] = {}
    while True:
        state = {}
        for name in names:
            try:
                client = clients.get(name) or clients.setdefault(name, opened(registry, name))
                try:
                    client.refresh_sync(None)
                except GLib.Error as trouble:
                    print(name, trouble.message, file=sys.stderr)  # noqa: T201
                state[name] = held(client)
            except GLib.Error as trouble:
                print(name, trouble.message, file=sys.stderr)  # noqa: T201
        sys.stdout.write(json.dumps(state) + "\n")
        sys.stdout.flush()
        time.sleep(2)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except BrokenPipeError:
        sys.exit(0)
