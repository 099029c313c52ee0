"""Every state of a calendar, read by programs that know nothing of us, says what the rows say."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from ical.calendar_stream import IcsCalendarStream

from lit_tracker.local import readers
from tests.apps.feeds.states import Told, every_state

HERE = Path(__file__).parent / "readers"


def moment_or_day(text: str) -> datetime | date:
    return datetime.fromisoformat(text).astimezone(UTC) if "T" in text else date.fromisoformat(text)


def by_ical(paths: list[Path]) -> list[list[Told]]:
    """Home Assistant's strict reader."""
    return [
        [
            Told(
                event.uid,
                event.summary or "",
                event.status.value if event.status else "",
                event.dtstart.astimezone(UTC) if isinstance(event.dtstart, datetime) else event.dtstart,
                event.dtend.astimezone(UTC) if isinstance(event.dtend, datetime) else event.dtend,  # type: ignore[arg-type]
                event.location or "",
            )
            for event in IcsCalendarStream.calendar_from_ics(path.read_text("utf-8")).events
        ]
        for path in paths
    ]


def by_ical_js(paths: list[Path]) -> list[list[Told]]:
    package = readers.ical_js()
    if package is None:
        pytest.skip(readers.NO_ICAL_JS)
    return _by_program("node", str(HERE / "icaljs.mjs"), str(package), *map(str, paths))


def by_libical(paths: list[Path]) -> list[list[Told]]:
    if not readers.has_libical():
        pytest.skip(readers.NO_LIBICAL)
    return _by_program(readers.SYSTEM_PYTHON, "-I", str(HERE / "libical.py"), *map(str, paths))


def _by_program(*command: str) -> list[list[Told]]:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return [
        [
            Told(**{**event, "starts": moment_or_day(event["starts"]), "ends": moment_or_day(event["ends"])})
            for event in events
        ]
        for events in json.loads(done.stdout)
    ]


@pytest.mark.django_db
def test_what_every_reader_reads_in_every_state_is_what_the_rows_say(
    tmp_path: Path, subtests: pytest.Subtests
) -> None:
    states = every_state()
    paths = []
    for number, state in enumerate(states):
        path = tmp_path / f"{number}.ics"
        path.write_bytes(state.body)
        paths.append(path)
    for read in (by_ical, by_ical_js, by_libical):
        with subtests.test(reader=read.__name__):
            for state, events in zip(states, read(paths), strict=True):
                assert sorted(events, key=str) == sorted(state.says, key=str), state.name
