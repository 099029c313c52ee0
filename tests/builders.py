"""Short makers of records, templates and plans. Each maker is one line to call and says only what the test is about."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from protocols import (
    Facts,
    Flag,
    Plan,
    PlannedVisit,
    Record,
    Template,
    Workdays,
    load_library,
    plan,
    read_record,
)

LIT = load_library("lit-standard")
EVERY_DAY = Workdays()
DOCTOR = {"name": "Dr Rao", "role": "doctor"}
NURSE = {"name": "Sister Mary", "role": "nurse"}

BASELINE, SENSITISATION, TEST = "baseline-antibody-test", "sensitisation", "antibody-test"
BOOSTER, EARLY_BOOSTER, REDOSE = "preconception-booster", "early-pregnancy-booster", "re-dose"


def day(text: str) -> date:
    return date.fromisoformat(text)


def days(on: str, later: int) -> str:
    return (day(on) + timedelta(days=later)).isoformat()


# Records


def record(kind: str, **fields: Any) -> Record:
    return read_record({"kind": kind, **fields})


def milestone(name: str, on: str, certainty: str = "happened", **more: Any) -> Record:
    return record("milestone", name=name, on=on, certainty=certainty, **more)


def started(on: str = "2026-01-05", **more: Any) -> Record:
    return milestone("course-start", on, **more)


def attempt_planned(on: str, **more: Any) -> Record:
    return milestone("conception-attempt", on, "planned", **more)


def pregnant(on: str, **more: Any) -> Record:
    return milestone("pregnancy", on, **more)


def lost(on: str, **more: Any) -> Record:
    return milestone("loss", on, **more)


def given(occurrence: int, on: str, step: str = SENSITISATION, **more: Any) -> Record:
    return record("fulfilled", step=step, occurrence=occurrence, on=on, **more)


def booked(step: str, on: str, occurrence: int = 1, **more: Any) -> Record:
    return record("booked", step=step, occurrence=occurrence, on=on, **more)


def missed(step: str, on: str, occurrence: int = 1, **more: Any) -> Record:
    return record("missed", step=step, occurrence=occurrence, on=on, **more)


def stopped(on: str, cause: str, occurrence: int = 1, **more: Any) -> Record:
    return record("stopped", step=SENSITISATION, occurrence=occurrence, on=on, cause=cause, **more)


def skipped(step: str, on: str, occurrence: int = 1, reason: str = "said so") -> Record:
    return record("skipped", step=step, occurrence=occurrence, on=on, reason=reason)


def result(value: float | None, sampled_on: str, resulted_on: str | None = None, **more: Any) -> Record:
    """An antibody result in percent dead cells, reported three days after the sample unless said otherwise."""
    outcome = "invalid" if value is None else "final"
    reported = resulted_on or days(sampled_on, 3)
    more = {"test": "apca", "outcome": outcome, **more}
    return record("result", sampled_on=sampled_on, resulted_on=reported, value=value, **more)


def decided(flag: str, choice: str, on: str, **more: Any) -> Record:
    more = {"by": DOCTOR, "reason": "talked it over", **more}
    return record("decision", flag=flag, choice=choice, on=on, **more)


def corrected(of: str, replacement: Record | None = None, **more: Any) -> Record:
    return record("correction", of=of, reason="a slip of the pen", replacement=replacement, **more)


def consents(on: str, people: Iterable[str] = ("recipient", "partner")) -> list[Record]:
    return [record("consent", person=person, on=on) for person in people]


def screens(on: str, person: str = "partner", outcome: str = "clear") -> list[Record]:
    tests = ("hiv", "hbv", "hcv", "syphilis")
    return [record("screening", person=person, test=test, sampled_on=on, outcome=outcome) for test in tests]


def course(*more: Record) -> list[Record]:
    """Start, negative baseline on 5 January 2026, doses on 12 January, 9 February and 9 March."""
    return [
        started(),
        result(4, "2026-01-05", "2026-01-08"),
        given(1, "2026-01-12"),
        given(2, "2026-02-09"),
        given(3, "2026-03-09"),
        *more,
    ]


def responder(*more: Record) -> list[Record]:
    """The course, and 60 percent on 6 April 2026."""
    return course(result(60, "2026-04-06", "2026-04-09"), *more)


def non_responder(*more: Record) -> list[Record]:
    """The course, and 5 percent on 6 April 2026."""
    return course(result(5, "2026-04-06", "2026-04-09", id="result-1"), *more)


# Plans


def plan_on(
    today: str, records: Iterable[Record], template: Template = LIT, workdays: Workdays = EVERY_DAY
) -> Plan:
    return plan(template, Facts.of(records), workdays, day(today))


def visit_of(planned: Plan, step: str, occurrence: int = 1) -> PlannedVisit:
    found = planned.visit(step, occurrence)
    assert found is not None, f"no {step} #{occurrence} among {[visit.key for visit in planned.visits]}"
    return found


def flag_of(planned: Plan, code: str) -> Flag:
    [found] = [flag for flag in planned.flags if flag.code == code]
    return found


def codes(planned: Plan) -> set[str]:
    return {flag.code for flag in planned.flags}


def states(planned: Plan) -> dict[str, str]:
    return {f"{visit.step}#{visit.occurrence}": visit.state.value for visit in planned.visits}


# Templates


def number(at: str | None) -> dict[str, Any]:
    return {"at": at, "source": "clinic", "grade": "setting"}


def after(anchor: dict[str, Any] | str, **offsets: str) -> dict[str, Any]:
    """A relation after a milestone, named, or after any anchor."""
    anchored = {"milestone": anchor} if isinstance(anchor, str) else anchor
    return {"after": anchored, **{name: number(at) for name, at in offsets.items()}}


def before(anchor: dict[str, Any] | str, **offsets: str) -> dict[str, Any]:
    anchored = {"milestone": anchor} if isinstance(anchor, str) else anchor
    return {"before": anchored, **{name: number(at) for name, at in offsets.items()}}


def step(name: str, *relations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "title": name.title(),
        "noun": name,
        "kind": "dose",
        "relations": list(relations),
        **more,
    }


def document(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A small protocol that starts at `course-start`; every number is a setting of the clinic."""
    milestones = {name: {"title": name} for name in ("course-start", "operation")}
    repeating = {
        name: {"title": name, "repeats": True} for name in ("cycle-start", "transfer", "pregnancy", "loss")
    }
    return {
        "name": "small", "version": "1", "title": "Small", "evidence": "none", "sources": {},
        "milestones": {**milestones, **repeating}, "steps": list(steps), **more,
    }  # fmt: skip


def template(*steps: dict[str, Any], **more: Any) -> Template:
    return Template.model_validate(document(*steps, **more))
