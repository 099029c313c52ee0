"""The peer of the planning figures: the same records as reports, the same windows, and one line where it is missing."""

import base64
import hashlib
import shutil
import tarfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from benchmarks import cht
from benchmarks.couples import COUPLES, BenchCouple
from benchmarks.floors import VISITS
from benchmarks.planning import windows

FRESH, MID_COURSE, PREGNANT = COUPLES
every_couple = pytest.mark.parametrize("couple", COUPLES, ids=lambda couple: couple.name)


def ours(couple: BenchCouple) -> dict[str, tuple[date | None, ...]]:
    return dict(zip(VISITS, windows(couple), strict=True))


def theirs(couple: BenchCouple) -> dict[str, tuple[date, date, date]]:
    """Tasks that say just what the planner says."""
    said = {}
    for name, (_, earliest, target, latest, _) in ours(couple).items():
        if target is not None:
            said[name] = (earliest, target, latest or date.max)
        elif earliest is not None:
            said[f"{name}, earliest"] = (earliest, earliest, date.max)
    return said


@every_couple
def test_each_record_is_one_report_of_its_own_day(couple: BenchCouple) -> None:
    reports = cht.reports_of(couple)
    assert len(reports) == len(couple.records)
    assert len({report["_id"] for report in reports}) == len(reports)
    for report, record in zip(reports, couple.records, strict=True):
        on = datetime.fromtimestamp(report["reported_date"] / 1000, UTC)
        assert on.isoformat() == (record.get("on") or record["sampled_on"]) + "T00:00:00+00:00"


def test_the_reports_carry_the_forms_that_the_tasks_look_for() -> None:
    forms = {report["form"] for couple in COUPLES for report in cht.reports_of(couple)}
    assert {"course-start", "apca", "sensitisation", "booking", "conception-attempt", "dating"} <= forms


@every_couple
def test_equal_windows_differ_in_nothing(couple: BenchCouple) -> None:
    assert cht.differences(theirs(couple), ours(couple)) == []


def test_a_task_on_another_day_is_named_with_both_days() -> None:
    said = theirs(FRESH)
    first, _, last = said["dose 2"]
    said["dose 2"] = (first, date(2026, 2, 24), last)
    assert cht.differences(said, ours(FRESH)) == [
        "dose 2: due day 2026-02-24, the planner says 2026-02-23",
    ]


def test_a_visit_without_a_task_and_a_task_without_a_window_are_named() -> None:
    said = theirs(FRESH)
    said["early booster"] = said.pop("test")
    assert cht.differences(said, ours(FRESH)) == [
        "test: no task",
        "early booster: a task without a window",
    ]


@pytest.mark.parametrize("programs", [[], ["node"]])
def test_without_node_or_npm_there_is_no_peer_and_one_line_says_so(
    programs: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}" if name in programs else None)
    with cht.peer(tmp_path) as peer:
        assert peer is None
    missing = "npm" if programs else "node"
    assert capsys.readouterr().err == f"no figures beside CHT RulesEmitter: {missing} is missing\n"


def test_a_package_that_npm_cannot_bring_is_one_line_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: "/bin/false")
    with cht.peer(tmp_path) as peer:
        assert peer is None
    assert (
        capsys.readouterr().err == f"no figures beside CHT RulesEmitter: npm could not bring {cht.PACKAGE}\n"
    )


def archive_in(folder: Path) -> tuple[Path, str]:
    source = folder / "package"
    source.mkdir()
    (source / "package.json").write_text("{}")
    archive = folder / "package.tgz"
    with tarfile.open(archive, "w:gz") as opened:
        opened.add(source, arcname="package")
    shutil.rmtree(source)
    digest = hashlib.sha512(archive.read_bytes()).digest()
    return archive, "sha512-" + base64.b64encode(digest).decode()


def test_the_pinned_archive_is_unpacked(tmp_path: Path) -> None:
    archive, digest = archive_in(tmp_path)
    folder = cht.unpacked(archive, tmp_path / "package", digest)
    assert (folder / "package.json").read_text() == "{}"
    assert list(tmp_path.iterdir()) == [folder]


def test_another_archive_is_refused_and_thrown_away(tmp_path: Path) -> None:
    archive, _ = archive_in(tmp_path)
    with pytest.raises(cht.CannotRun, match="not the archive that was pinned"):
        cht.unpacked(archive, tmp_path / "package")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not (cht.CACHE / "package").exists(), reason="`make bench` fetches CHT's package first")
@pytest.mark.skipif(shutil.which("node") is None, reason="node is missing")
@every_couple
def test_the_rules_emitter_says_the_planners_windows(couple: BenchCouple) -> None:
    with cht.peer() as peer:
        assert peer is not None
        assert cht.differences(peer.windows(couple), ours(couple)) == []
        assert 0 < peer.measure(couple)() < 1
