"""Bad records, through the command line, which knows their lines: each told with field and remedy, and nothing planned."""

from pathlib import Path

import pytest

from protocols.__main__ import main
from tests.builders import LIT

RECORDS = """\
- {kind: milestone, name: course-start, on: 2026-01-05}
- {kind: fulfilled, step: sensitisation, occurrence: 1, on: 2026-01-12}
"""


@pytest.mark.parametrize(
    ("added", "field", "said", "remedy"),
    [
        ("{kind: fulfilled, step: sensitisation, occurrence: 2, on: 2026-02-09}", "on", "2026-02-09 lies in the future",
         "only planned milestones, bookings and absences may lie ahead"),
        ("{kind: milestone, name: pregnancy, on: 2026-02-09}", "on", "2026-02-09 lies in the future", "Check the date"),
        ("{kind: result, test: apca, sampled_on: 2026-01-30, resulted_on: 2026-02-09, value: 4}", "resulted_on",
         "2026-02-09 lies in the future", "Check the date"),
        ("{kind: decision, flag: given_too_early, choice: acknowledge, on: 2026-02-09, by: Rao, reason: seen}", "on",
         "2026-02-09 lies in the future", "Check the date"),
        ("{kind: dating, basis: lmp, on: 2026-02-09}", "on", "2026-02-09 lies in the future", "Check the date"),
        ("{kind: result, test: lad, sampled_on: 2026-01-20, resulted_on: 2026-01-21, value: 4}", "test",
         "no test 'lad'", "Use one of: apca"),
        ("{kind: fulfilled, step: sensitisation, occurrence: 1, on: 2026-01-14}", "occurrence",
         "sensitisation #1 is fulfilled in two records", "Correct one of them"),
        ("{kind: skipped, step: sensitisation, occurrence: 1, on: 2026-01-14, reason: wish}", "occurrence",
         "sensitisation #1 is skipped and fulfilled in two records", "Correct one of them"),
        ("{kind: milestone, name: course-start, on: 2026-01-06}", "name", "course-start does not repeat", "Correct"),
        ("{kind: fulfilled, step: vaccination, on: 2026-01-14}", "step", "no step 'vaccination'", "Use one of: "),
        ("{kind: dating, basis: scan, on: 2026-01-14}", "record", "ga", "ga"),
    ],
)  # fmt: skip
def test_a_bad_record_is_told_with_line_field_and_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], added: str, field: str, said: str, remedy: str
) -> None:
    path = tmp_path / "facts.yaml"
    path.write_text(f"{RECORDS}- {added}\n")
    assert main(["plan", LIT.name, str(path), "--today", "2026-02-01"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    [told] = err.splitlines()
    assert told.startswith(f"line 3: {field}: ") or (field == "name" and told.startswith("line "))
    assert said in told
    assert remedy in told


@pytest.mark.parametrize("kind", ["booked", "fulfilled"])
def test_two_records_in_force_for_one_occurrence_are_mended_by_a_correction(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    twice = [
        f"- {{kind: {kind}, step: sensitisation, occurrence: 2, on: 2026-01-{day}, id: r{day}}}"
        for day in (30, 31)
    ]
    path = tmp_path / "facts.yaml"
    path.write_text(RECORDS + "\n".join(twice) + "\n")
    assert main(["plan", LIT.name, str(path), "--today", "2026-02-01"]) == 2
    assert f"sensitisation #2 is {kind} in two records in force" in capsys.readouterr().err
    path.write_text(path.read_text() + "- {kind: correction, of: r30, reason: slip}\n")
    assert main(["plan", LIT.name, str(path), "--today", "2026-02-01"]) == 0
