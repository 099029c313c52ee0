"""The command line: exit status, faults with line, field and remedy, JSON with exactly these keys."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from protocols import library_names, library_text, load_library
from protocols.__main__ import main
from protocols.drawing import draw
from tests.builders import after, document, step

ROOT = Path(__file__).resolve().parents[2]
FACTS = """\
# a couple of the demo
- {kind: milestone, name: course-start, on: 2026-01-05}
- {kind: result, test: apca, sampled_on: 2026-01-05, resulted_on: 2026-01-08, value: 4}
- {kind: fulfilled, step: sensitisation, occurrence: 1, on: 2026-01-12}
"""


@pytest.fixture
def facts(tmp_path: Path) -> str:
    path = tmp_path / "facts.yaml"
    path.write_text(FACTS)
    return str(path)


def written(path: Path, data: Any) -> str:
    path.write_text(data if isinstance(data, str) else yaml.safe_dump(data, sort_keys=False))
    return str(path)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(arguments)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_check_says_that_the_library_has_no_faults(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "check", "lit-standard") == (0, "lit-standard 1: no faults\n", "")


def test_list_and_schema(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "list")
    assert (status, err) == (0, "")
    assert "lit-standard             LIT, standard course (numbers: 19 A, 7 B, 17 setting)\n" in out
    listed = json.loads(run(capsys, "list", "--json")[1])
    assert [entry["name"] for entry in listed] == list(library_names())
    assert all(set(entry) == {"name", "version", "title", "grades", "blanks"} for entry in listed)
    status, out, _ = run(capsys, "schema")
    assert (status, json.loads(out)["title"]) == (0, "Template")
    assert "parameters" in json.loads(out)["properties"]


def test_draw_writes_the_picture_to_a_file_or_to_standard_output(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status, out, err = run(capsys, "draw", "lit-standard")
    assert (status, err) == (0, "")
    assert out == draw(load_library("lit-standard"))
    path = tmp_path / "wall.svg"
    assert run(capsys, "draw", "lit-standard", "--out", str(path)) == (0, f"{path} written\n", "")
    assert path.read_text(encoding="utf-8") == out
    unwritable = str(tmp_path / "nowhere" / "wall.svg")
    status, _, err = run(capsys, "draw", "lit-standard", "--out", unwritable)
    assert (status, len(err.splitlines())) == (2, 1)


def test_a_draft_with_blanks_can_be_drawn(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, out, _ = run(capsys, "draw", written(tmp_path / "draft.yaml", gap_draft()))
    assert (status, "____" in out) == (0, True)
    status, out, _ = run(capsys, "draw", str(tmp_path / "draft.yaml"), "--set", "gap=P4W")
    assert (status, "____ weeks" in out) == (0, False)


def gap_draft() -> dict[str, Any]:
    gap = after({"previous": True}, earliest="P3W", target="P4W")
    gap["target"]["at"] = {"parameter": "gap"}
    draft = document(step("dose", after("course-start", earliest="P0D", target="P0D"), next=[gap], count=3))
    return {**draft, "parameters": {"gap": {"value": None, "title": "Weeks between doses"}}}


def test_set_fills_parameters_and_names_what_it_cannot_fill(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    draft = written(tmp_path / "draft.yaml", gap_draft())
    start = written(tmp_path / "start.yaml", FACTS.splitlines()[1])
    arguments = ("plan", draft, start, "--today", "2026-01-05")
    assert run(capsys, *arguments)[0] == 2
    status, out, _ = run(capsys, *arguments, "--set", "gap=P5W")
    assert (status, "2026-02-09" in out) == (0, True)
    status, out, err = run(capsys, *arguments, "--set", "gap=P5W", "--set", "nap=P1W")
    assert (status, out, err) == (2, "", "parameters.nap: is no parameter here. Use one of: gap\n")
    assert "no duration" in run(capsys, *arguments, "--set", "gap=soon")[2]
    with pytest.raises(SystemExit):
        main((*arguments, "--set", "gap"))
    assert "write NAME=VALUE" in capsys.readouterr().err


def test_diff_ends_as_diff_does(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = library_text("lit-standard")
    assert text.count("target: {at: P4W, source: S02, grade: A}") == 1
    changed = written(tmp_path / "new.yaml", text.replace("P4W, source: S02", "P5W, source: S02"))
    assert run(capsys, "diff", "lit-standard", "lit-standard") == (0, "", "")
    said = "Sensitisation dose, next doses: target 4 weeks -> 5 weeks (S02 (A))"
    assert run(capsys, "diff", "lit-standard", changed) == (1, f"{said}\n", "")
    status, out, _ = run(capsys, "diff", "lit-standard", changed, "--json")
    named = {"name": "lit-standard", "version": load_library("lit-standard").version}
    assert (status, json.loads(out)) == (1, {"old": named, "new": named, "differences": [said]})


def test_diff_tells_the_faults_of_both_documents(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    one, other = written(tmp_path / "one.yaml", "- one\n"), written(tmp_path / "two.yaml", bad_document())
    status, out, err = run(capsys, "diff", one, other)
    assert (status, out) == (2, "")
    assert f"{one}: document: is no mapping of fields" in err
    assert f"{other}: title: is missing" in err


def test_plan_prints_dates_reasons_flags_and_when_to_look_again(
    capsys: pytest.CaptureFixture[str], facts: str
) -> None:
    status, out, err = run(capsys, "plan", "lit-standard", facts, "--today", "2026-02-18")
    assert (status, err) == (0, "")
    assert "sensitisation #2             proposed        2026-02-23" in out
    assert "4 weeks after dose 1 (12 Jan). 9 Feb has passed, so 2 weeks later" in out
    assert "flag closing_unbooked:sensitisation#2 (warning, nurse by 2026-02-17)" in out
    assert out.endswith("plan again on 2026-02-24\n")


def test_json_has_exactly_these_keys(capsys: pytest.CaptureFixture[str], facts: str) -> None:
    status, out, _ = run(capsys, "plan", "lit-standard", facts, "--today", "2026-02-18", "--json")
    planned = json.loads(out)
    assert status == 0
    assert set(planned) == {"today", "visits", "verdicts", "flags", "clocks", "replan_on", "closed"}
    assert {key for visit in planned["visits"] for key in visit} == {
        "step", "occurrence", "attempt", "dose", "title", "state", "on", "window", "partial", "proposed_on",
        "waiting_for", "held_by", "pencilled", "provisional", "attends", "donor",
    "bookable",
    "missing", "because", "because_text",
    }  # fmt: skip
    window = next(visit["window"] for visit in planned["visits"] if visit["window"])
    assert list(window) == ["absolute_minimum", "earliest", "target", "latest", "maximum"]
    assert set(planned["flags"][0]) == {
        "key", "code", "text", "severity", "owner", "cause", "cause_on", "due_on", "step", "occurrence", "holds",
        "decisions", "proposed_on", "previous_decision",
    }  # fmt: skip
    timing, response = planned["verdicts"][0], planned["verdicts"][1]
    assert set(timing) == {
        "kind", "step", "occurrence", "on", "verdict", "counts", "dose", "content", "text",
    }  # fmt: skip
    assert set(response) == {
        "kind", "test", "step", "occurrence", "verdict", "value", "unit", "band", "dose_number", "sampled_on",
        "resulted_on", "record", "text", "assay", "laboratory", "donor", "cutoff_version",
    }  # fmt: skip
    assert (planned["today"], planned["replan_on"], planned["closed"]) == ("2026-02-18", "2026-02-24", None)


def test_open_and_closed_days_move_proposals(
    capsys: pytest.CaptureFixture[str], facts: str, tmp_path: Path
) -> None:
    closed = written(tmp_path / "closed.txt", "# repairs\n2026-02-09  # Monday\n\n- 2026-02-10\n")
    arguments = ("plan", "lit-standard", facts, "--today", "2026-01-12", "--json")

    def second_dose(*more: str) -> str:
        visits = json.loads(run(capsys, *arguments, *more)[1])["visits"]
        return next(v["proposed_on"] for v in visits if (v["step"], v["occurrence"]) == ("sensitisation", 2))

    assert second_dose() == "2026-02-09"
    assert second_dose("--open", "tue-sat") == "2026-02-10"
    assert second_dose("--open", "sat-sun") == "2026-02-08"
    assert second_dose("--open", "wed,fri") == "2026-02-11"
    assert second_dose("--closed", closed) == "2026-02-08"
    assert second_dose("--open", "mon-sat", "--closed", closed) == "2026-02-11"


BAD_FACTS = """\
- kind: milestone
  name: course-start
  on: 2026-02-30
- kind: fulfilled
  step: sensitization
  on: 2026-01-12
- {kind: result, test: apca, sampled_on: 2026-01-09, resulted_on: 2026-01-05, value: 4}
- {kind: fulfilled, step: sensitisation, occurrence: 2, on: 2027-01-12}
- {kind: nope}
- hello
- kind: decision
  flag: no_antibody_response
  choice: give_up
  on: 2026-01-12
  by: {name: Mary, role: nurse}
  reason: tired
"""


def test_every_fault_of_the_facts_is_told_at_once_with_line_field_and_remedy(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = written(tmp_path / "bad.yaml", BAD_FACTS)
    status, out, err = run(capsys, "plan", "lit-standard", path, "--today", "2026-02-01")
    assert (status, out) == (2, "")
    assert [line.split(". ")[0][:52].strip() for line in err.splitlines()] == [
        "line 3: on: Input should be a valid date or datetime"[:52],
        "line 5: step: the protocol has no step 'sensitizatio",
        "line 7: record: resulted_on lies before sampled_on;",
        "line 8: occurrence: sensitisation #2 is recorded and",
        "line 8: on: 2027-01-12 lies in the future (today is",
        "line 9: kind: there is no kind of record 'nope'",
        "line 10: record: is no mapping of fields",
        "line 13: choice: no_antibody_response does not offer",
        "line 15: by: a nurse may not decide no_antibody_resp",
    ]
    assert all(". " in line for line in err.splitlines()), "every fault has its remedy"


def bad_document() -> dict[str, Any]:
    bad = document(
        step("dose", after("course-begin", earliest="P6M-4D"), colour="red"),
        step("control", after("course-start", earliest="P4W", target="P2W"), kind="visit"),
    )
    del bad["title"]
    return bad


def test_every_fault_of_a_document_is_told_at_once(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = written(tmp_path / "bad.yaml", bad_document())
    status, _, err = run(capsys, "check", path)
    assert status == 2
    told = (
        "title: is missing. Add title",
        "steps.0.colour: is no field here",
        "'P6M-4D' is no duration",
        "steps.1.kind",
    )
    for field in told:
        assert field in err
    assert all(line.startswith("line ") for line in err.splitlines())


def test_a_bad_document_and_bad_facts_are_told_together(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    doc, records = written(tmp_path / "doc.yaml", bad_document()), written(tmp_path / "facts.yaml", BAD_FACTS)
    status, _, err = run(capsys, "plan", doc, records, "--today", "2026-02-01")
    assert status == 2
    assert "title: is missing" in err
    assert "there is no kind of record 'nope'" in err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "line 1: document: not readable"),
        ("name: x\nname: y\n", "line 2: document: not readable: 'name' stands twice"),
        ("1: x\n", "line 1: 1: is no field here"),
        ("- one\n", "document: is no mapping of fields"),
        ("", "document: is no mapping of fields"),
        ("name: x\nparameters: [gap]\n", "line 2: parameters: are no mapping of names"),
        ("!!python/object/apply:os.system [date]\n", "document: is no mapping of fields"),
    ],
)
def test_a_document_that_is_none_is_one_fault(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, said: str
) -> None:
    status, _, err = run(capsys, "check", written(tmp_path / "doc.yaml", text))
    assert status == 2
    assert said in err


@pytest.mark.parametrize("text", ["kind: note\n", "a: [", "12\n"])
def test_facts_that_are_no_list_are_one_fault(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str
) -> None:
    path = written(tmp_path / "facts.yaml", text)
    assert run(capsys, "plan", "lit-standard", path, "--today", "2026-02-01")[0] == 2


def test_no_facts_at_all_are_a_plan_that_waits(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = written(tmp_path / "facts.yaml", "")
    status, out, _ = run(capsys, "plan", "lit-standard", path, "--today", "2026-02-01", "--json")
    assert status == 0
    assert {visit["state"] for visit in json.loads(out)["visits"]} == {"waiting"}


def test_blanks_pass_the_check_and_stop_the_plan(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, facts: str
) -> None:
    draft = document(step("dose", after("course-start", earliest="P0D", target="P1W")))
    draft["steps"][0]["relations"][0]["target"]["at"] = {"parameter": "first_gap"}
    draft["steps"][0]["relations"][0]["latest"] = {"at": None, "source": "clinic", "grade": "setting"}
    draft["parameters"] = {"first_gap": {"value": None}}
    path = written(tmp_path / "draft.yaml", draft)
    status, out, err = run(capsys, "check", path)
    assert (status, err) == (0, "")
    assert "blank: parameters.first_gap: is not known\n" in out
    assert "blank: steps.0.relations.0.latest: is not known\n" in out
    status, out, err = run(capsys, "plan", path, facts, "--today", "2026-02-01")
    assert (status, out) == (2, "")
    assert err.count("is not known. A clinician fills this number") == 2
    assert "line " in err
    draft["parameters"]["first_gap"]["value"] = "P2W"
    del draft["steps"][0]["relations"][0]["latest"]
    filled = written(tmp_path / "filled.yaml", draft)
    only_start = written(tmp_path / "start.yaml", FACTS.splitlines()[1])
    assert "2026-01-19" in run(capsys, "plan", filled, only_start, "--today", "2026-01-05")[1]


def test_a_window_without_a_floor_is_warned_of(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = written(tmp_path / "doc.yaml", document(step("dose", after("course-start", target="P1W"))))
    status, out, _ = run(capsys, "check", path)
    assert status == 0
    assert "warning: steps.0.relations: dose can be planned on any day before its target" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check", "lit-nonesuch"), "there is no 'lit-nonesuch' in the library"),
        (("check", "/nowhere/doc.yaml"), "/nowhere/doc.yaml: No such file or directory"),
        (
            ("plan", "lit-standard", "/nowhere/facts.yaml", "--today", "2026-01-05"),
            "No such file or directory",
        ),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    status, _, err = run(capsys, *arguments)
    assert status == 2
    assert said in err
    assert len(err.splitlines()) == 1


def test_a_file_that_is_no_text_is_said_in_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "doc.yaml"
    path.write_bytes(b"\xff\xfe\x00\x81")
    status, _, err = run(capsys, "check", str(path))
    assert status == 2
    assert "is no text" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "lit-standard", "facts.yaml"),
        ("plan", "lit-standard", "facts.yaml", "--today", "tomorrow"),
        ("plan", "lit-standard", "facts.yaml", "--today", "2026-01-05", "--open", "mon-fry"),
        (),
    ],
)
def test_a_wrong_call_exits_with_two(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_a_bad_date_of_closure_is_told_with_its_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, facts: str
) -> None:
    closed = written(tmp_path / "closed.txt", "2026-01-26\nRepublic Day\n")
    status, _, err = run(capsys, "plan", "lit-standard", facts, "--today", "2026-02-01", "--closed", closed)
    assert (status, err) == (2, "line 2: closed: 'Republic Day' is no date. Write one YYYY-MM-DD a line\n")


def test_the_module_runs_as_a_program_and_reads_standard_input() -> None:
    command = [
        sys.executable,
        "-m",
        "protocols",
        "plan",
        "lit-standard",
        "-",
        "--today",
        "2026-02-01",
        "--json",
    ]
    done = subprocess.run(command, input=FACTS, capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["today"] == "2026-02-01"
    assert load_library("lit-standard").name == "lit-standard"


def test_explain_tells_the_derivation_and_what_decisions_would_change(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    more = "".join(
        f"- {{kind: fulfilled, step: sensitisation, occurrence: {number}, on: {on}}}\n"
        for number, on in ((2, "2026-02-09"), (3, "2026-03-09"))
    )
    negative = "- {kind: result, test: apca, sampled_on: 2026-04-06, resulted_on: 2026-04-09, value: 5}\n"
    path = written(tmp_path / "facts.yaml", FACTS + more + negative)
    arguments = ("explain", "lit-standard", path, "--today", "2026-04-10")
    status, out, err = run(capsys, *arguments)
    assert (status, err) == (0, "")
    assert "sensitisation#2  Sensitisation dose, dose 2: fulfilled on 9 Feb 2026" in out
    assert "    from 12 Jan 2026, dose 1 (what really happened)\n      never before  2 weeks" in out
    assert "  decide extra_doses (doses: 1)\n" in out
    assert "      Sensitisation dose 4: new, proposed for 17 Apr 2026\n" in out
    assert out.splitlines()[-1].startswith("Nothing changes by itself before ")
    part = run(capsys, *arguments, "--visit", "sensitisation#2")[1]
    assert "sensitisation#1" not in part
    found = json.loads(run(capsys, *arguments, "--visit", "re-dose", "--json")[1])
    assert set(found) == {"today", "visits", "flags", "replan_on", "closed"}
    assert set(found["visits"][0]["explained"]) == {"counted", "window", "proposal", "said", "flags"}
    assert found["flags"][0]["options"][0]["choice"] == "continue"
    status, out, err = run(capsys, *arguments, "--visit", "re-dose#4")
    assert (status, out) == (2, "")
    assert "visit: the plan has no re-dose#4. Use one of: baseline-antibody-test#1" in err


def test_explain_refuses_what_plan_refuses(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = written(tmp_path / "bad.yaml", BAD_FACTS)
    told = [
        run(capsys, name, "lit-standard", path, "--today", "2026-02-01")[2] for name in ("plan", "explain")
    ]
    assert told[0] == told[1] != ""


SIMULATED = ("simulate", "lit-standard", "--couples", "4", "--open", "mon-sat")


def test_simulate_tells_shares_with_denominators_and_what_it_is_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, out, err = run(capsys, *SIMULATED)
    assert (status, err) == (0, "")
    assert "4 synthetic couples from 5 Jan 2026, seed 1" in out
    assert "It says nothing of any real couple, and nothing of whether the treatment works." in out
    assert " of 4 (" in out
    assert "95 % interval" in out
    assert run(capsys, *SIMULATED)[1] == out
    assert run(capsys, *SIMULATED, "--seed", "2")[1] != out


def test_simulate_as_json_and_as_a_plot(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "plot.svg"
    found = json.loads(run(capsys, *SIMULATED, "--json", "--plot", str(path))[1])
    assert set(found) == {
        "protocol", "scenario", "seed", "start", "caveat", "couples", "endings", "responded_after", "course_days",
        "doses_per_couple", "visits_per_couple", "missed", "visits_per_week", "flags", "doses_inside_window",
        "doses_by_verdict",
    }  # fmt: skip
    drawn = ElementTree.fromstring(path.read_text(encoding="utf-8"))
    said = [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert "LIT, standard course: 4 synthetic couples, lucknow" in said
    assert found["caveat"] in said
    assert {"Length of the course (weeks)", "Doses that counted", "Visits a week", "Flags per couple"} <= set(
        said
    )


def test_simulate_plots_nobody_s_doses_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    alone = library_text("lit-standard")
    text = (ROOT / "protocols" / "scenarios" / "lucknow.yaml").read_text(encoding="utf-8")
    everyone = text.replace("{count: 9, of: 73,", "{count: 1, of: 1,")
    assert everyone != text
    scenario, path = written(tmp_path / "all.yaml", everyone), tmp_path / "plot.svg"
    doc = written(tmp_path / "doc.yaml", alone)
    status, out, _ = run(
        capsys, "simulate", doc, "--couples", "2", "--scenario", scenario, "--plot", str(path)
    )
    assert (status, path.exists()) == (0, True)
    assert "first to last: nobody" in out


def test_a_bad_scenario_is_told_with_its_lines(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = (ROOT / "protocols" / "scenarios" / "lucknow.yaml").read_text(encoding="utf-8")
    bad = written(
        tmp_path / "bad.yaml", text.replace("keep: 0.9", "keep: 1.9").replace("never: 13", "never: -1")
    )
    status, out, err = run(capsys, *SIMULATED, "--scenario", bad)
    assert (status, out) == (2, "")
    assert [line.split(":")[0] for line in err.splitlines()] == ["line 12", "line 24"]
    status, out, err = run(capsys, *SIMULATED, "--scenario", "atlantis")
    assert (status, out) == (2, "")
    assert err == "scenario: there is no scenario 'atlantis'. Use one of: lucknow, or a path\n"


@pytest.mark.parametrize(
    "arguments", [("--couples", "0"), ("--couples", "many"), ("--plot", "plot.gif"), ("--start", "soon")]
)
def test_a_wrong_call_of_simulate_says_what_to_write(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main((*SIMULATED, *arguments))
    assert left.value.code == 2
    assert arguments[1] in capsys.readouterr().err


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    told = capsys.readouterr().out
    assert all(
        name in told for name in ("check", "plan", "explain", "simulate", "draw", "diff", "schema", "list")
    )
