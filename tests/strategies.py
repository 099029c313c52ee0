"""Hypothesis strategies: plausible histories of a treatment, and small random protocols to plan them with.

A history is lived forward: each act is drawn from what the plan of its day asks for, so that the draws reach retests,
extra rounds, pregnancies, losses and corrections instead of ending at the first contradiction. An act that the facts
refuse is dropped.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from protocols import FactFaults, Facts, Plan, PlannedVisit, Record, State, Template, Workdays, plan
from tests.builders import DOCTOR, LIT, after, before, record, step, template

FIRST_DAY = date(2026, 1, 5)
CLINIC_DAYS = st.sampled_from(
    [
        Workdays(),
        Workdays(frozenset(range(6))),
        Workdays(frozenset({0, 2, 4}), frozenset(date(2026, 2, 9) + timedelta(days=n) for n in range(9))),
    ]
)
OPEN = (State.PROPOSED, State.BOOKED, State.MISSED, State.WAITING, State.EXPIRED)
Draw = Callable[..., Any]
Act = Callable[[Draw, "History", Plan], Iterator[Record]]


@dataclass(frozen=True)
class History:
    """Records as they came, the day up to which they reach, and the protocol and clinic they belong to."""

    template: Template
    workdays: Workdays
    records: tuple[Record, ...]
    today: date

    def plan(self, on: date | None = None) -> Plan:
        return plan(self.template, Facts.of(self.records), self.workdays, on or self.today)

    def __repr__(self) -> str:
        lines = [str(item.model_dump(mode="json", exclude_defaults=True)) for item in self.records]
        return f"{self.template.name} on {self.today}, {self.workdays}:\n  " + "\n  ".join(lines)


@st.composite
def histories(
    draw: Draw, protocols: st.SearchStrategy[Template] | None = None, acts: tuple[Act, ...] = ()
) -> History:
    protocol = draw(protocols) if protocols is not None else LIT
    start = record("milestone", name="course-start", on=FIRST_DAY, id="start")
    now = History(protocol, draw(CLINIC_DAYS), (start,), FIRST_DAY)
    planned = now.plan()
    straight, astray = draw(st.integers(0, 6)), draw(st.integers(1, 8))
    for number in range(straight + astray):
        act = _as_planned if number < straight else draw(st.sampled_from(acts or _ACTS))
        now, planned = _lived(draw, now, planned, act, number)
    return now


def _lived(draw: Draw, now: History, planned: Plan, act: Act, number: int) -> tuple[History, Plan]:
    """The history after one more act; the same one where the facts refuse it."""
    drawn = list(act(draw, now, planned))
    today = max([now.today, *(_known_by(item) for item in drawn)])
    if act is _time_passes:
        today += timedelta(days=draw(st.integers(1, 45)))
    stamped = [item.model_copy(update={"id": f"r{number}-{place}"}) for place, item in enumerate(drawn)]
    lived = History(now.template, now.workdays, (*now.records, *stamped), today)
    try:
        return lived, lived.plan()
    except FactFaults:
        return now, planned


def _known_by(item: Record) -> date:
    if item.kind in ("booked", "absence") or getattr(item, "certainty", "happened") != "happened":
        return date.min
    days = [getattr(item, name, None) for name in ("on", "sampled_on", "resulted_on")]
    return max((day for day in days if day is not None), default=date.min)


def _open_visits(planned: Plan) -> list[PlannedVisit]:
    """The first occurrence of each step that is still to come."""
    first: dict[str, PlannedVisit] = {}
    for visit in planned.visits:
        if visit.state in OPEN:
            first.setdefault(visit.step, visit)
    return list(first.values())


def _one_of(draw: Draw, options: list[Any]) -> Iterator[Any]:
    if options:
        yield draw(st.sampled_from(options))


def _near(draw: Draw, day: date, today: date) -> date:
    return max(today, day + timedelta(days=draw(st.integers(-25, 25))))


def _as_planned(draw: Draw, now: History, planned: Plan) -> Iterator[Record]:
    """The next visit on the day proposed for it; of a test, also its result."""
    due = [visit for visit in _open_visits(planned) if visit.proposed_on]
    for visit in sorted(due, key=lambda visit: visit.proposed_on or date.max)[:1]:
        test = now.template.step_named[visit.step].test
        if test is None:
            yield record("fulfilled", step=visit.step, occurrence=visit.occurrence, on=visit.proposed_on)
        else:
            baseline = now.template.step_named[visit.step].measures == "baseline"
            value = 4 if baseline else draw(st.sampled_from([5, 5, 30, 60]))
            yield record(
                "result", test=test, sampled_on=visit.proposed_on, resulted_on=visit.proposed_on, value=value
            )


def _fulfil(draw: Draw, now: History, planned: Plan) -> Iterator[Record]:
    for visit in _one_of(draw, _open_visits(planned)):
        on = _near(draw, visit.proposed_on or visit.on or now.today, now.today)
        cells = draw(st.sampled_from([None, None, 3, 8]))
        given = {"given": {"cells_million": cells}} if cells else {}
        yield record("fulfilled", step=visit.step, occurrence=visit.occurrence, on=on, **given)


def _book(draw: Draw, now: History, planned: Plan) -> Iterator[Record]:
    for visit in _one_of(draw, _open_visits(planned)):
        on = _near(draw, visit.proposed_on or now.today, now.today)
        yield record("booked", step=visit.step, occurrence=visit.occurrence, on=on)


def _miss(draw: Draw, now: History, planned: Plan) -> Iterator[Record]:
    due = [visit for visit in planned.visits if visit.state is State.BOOKED]
    for visit in _one_of(draw, due):
        yield record("missed", step=visit.step, occurrence=visit.occurrence, on=visit.on)


def _stop(draw: Draw, now: History, planned: Plan) -> Iterator[Record]:
    for visit in _one_of(draw, _open_visits(planned)):
        cause = draw(st.sampled_from(["not_fit", "not_released", "equipment"]))
        yield record("stopped", step=visit.step, occurrence=visit.occurrence, on=now.today, cause=cause)


def _skip(draw: Draw, now: History, planned: Plan) -> Iterator[Record]:
    for visit in _one_of(draw, _open_visits(planned)):
        yield record("skipped", step=visit.step, occurrence=visit.occurrence, on=now.today, reason="wish")


def _result(draw: Draw, now: History, planned: Plan) -> Iterator[Record]:
    for test in _one_of(draw, list(now.template.tests)):
        due = [
            v.proposed_on or v.on
            for v in _open_visits(planned)
            if now.template.step_named[v.step].kind == "test"
        ]
        on = _near(draw, next((day for day in due if day), now.today), now.today)
        value = draw(st.sampled_from([0, 15, 30, 45, 60, 90, None]))
        yield record(
            "result", test=test, sampled_on=on, resulted_on=on + timedelta(days=draw(st.integers(0, 30))),
            value=value, outcome="invalid" if value is None else "final",
        )  # fmt: skip


def _decide(draw: Draw, now: History, planned: Plan) -> Iterator[Record]:
    for flag in _one_of(draw, [flag for flag in planned.flags if flag.decisions]):
        choice = draw(st.sampled_from(flag.decisions))
        parameters = {"doses": draw(st.integers(1, 2)), "donor": "unrelated"}
        cause = draw(st.sampled_from([None, list(flag.cause)]))
        name = flag.key if cause is not None else draw(st.sampled_from([flag.key, flag.code]))
        yield record(
            "decision", flag=name, choice=choice, on=now.today, by=DOCTOR, reason="seen", cause=cause,
            parameters=parameters,
        )  # fmt: skip


def _milestone(draw: Draw, now: History, planned: Plan) -> Iterator[Record]:
    names = [name for name in now.template.milestones if name != "course-start"]
    for name in _one_of(draw, names):
        certainty = draw(st.sampled_from(["happened", "planned"]))
        on = now.today + timedelta(days=draw(st.integers(0, 70)) if certainty == "planned" else 0)
        yield record("milestone", name=name, on=on, certainty=certainty)
        if name == "pregnancy" and certainty == "happened":
            yield record("dating", basis="lmp", on=on - timedelta(days=35))


def _around(draw: Draw, now: History, planned: Plan) -> Iterator[Record]:
    """What surrounds a course: wishes, signatures, screens, days away, pauses."""
    today = now.today
    away = today + timedelta(days=draw(st.integers(0, 40)))
    back = away + timedelta(days=draw(st.sampled_from([0, 12, 40])))
    optional = [step.name for step in now.template.steps if step.optional]
    person = draw(st.sampled_from(["recipient", "partner", "unrelated"]))
    options = [
        {"kind": "consent", "person": person, "on": today},
        {"kind": "screening", "person": "partner", "test": "hiv", "sampled_on": today, "outcome": "clear"},
        {"kind": "absence", "person": person, "from_on": away, "to_on": back},
        {"kind": "pause", "on": today},
        {"kind": "resume", "on": today},
        {"kind": "note", "text": "called"},
        *({"kind": "opt_in", "step": name, "on": today} for name in optional),
    ]
    yield record(**draw(st.sampled_from(options)))


def _move(draw: Draw, now: History, planned: Plan) -> Iterator[Record]:
    """A date or a booking that lies ahead is put off, put forward or called off."""
    in_force = {entry.id: entry.record for entry in Facts.of(now.records).entries}
    movable = [
        (id_, item)
        for id_, item in in_force.items()
        if item.kind == "booked" or (item.kind == "milestone" and item.certainty == "planned")
    ]
    for of, item in _one_of(draw, movable):
        on = max(now.today, item.on + timedelta(days=draw(st.integers(-20, 40))))
        replacement = item.model_copy(update={"id": None, "on": on}) if draw(st.booleans()) else None
        yield record("correction", of=of, reason="moved", replacement=replacement)


def _correct(draw: Draw, now: History, planned: Plan) -> Iterator[Record]:
    for wrong in _one_of(
        draw, [item for item in now.records if item.kind in ("fulfilled", "result", "booked")]
    ):
        moved = wrong.model_copy(update={"id": None})
        if wrong.kind == "result":
            moved = moved.model_copy(update={"value": 60, "outcome": "final"})
        elif draw(st.booleans()):
            moved = moved.model_copy(update={"on": wrong.on - timedelta(days=2)})
        replacement = draw(st.sampled_from([None, moved]))
        yield record("correction", of=wrong.id, reason="slip", replacement=replacement)


def _time_passes(draw: Draw, now: History, planned: Plan) -> Iterator[Record]:
    return iter(())


_ACTS = (_fulfil, _fulfil, _fulfil, _result, _result, _decide, _decide, _book, _miss, _skip, _milestone, _around,
         _move, _correct, _time_passes)  # fmt: skip
STOPPING = (_stop, _stop, _book, _miss, *_ACTS)
AHEAD = (_book, _book, _milestone, _milestone, _move, _move, _around, _time_passes)


# Small random protocols

_GAPS = st.sampled_from(
    [("P1W", "P2W", "P3W", "P5W", None), ("P4W-P4D", "P4W", "P4W", "P8W", "P12W"), (None, "P1M", "P1M", "P2M", None),
     ("P1M-P4D", "P1M", "P31D+P3D", "P1M+P1W", "P3M"), (None, "P0D", "P3D", None, "P10D"), (None, "P2W", None, None, None)]
)  # fmt: skip
_BACK = st.sampled_from([("P6W", "P2W", "P0D"), ("P2M", "P1M", "P1W"), ("P3M", "P4W", "P2W-P3D")])


@st.composite
def small_protocols(draw: Draw) -> Template:
    """A course of doses with one or two tests after each round and perhaps a review that times the third dose; a dose
    before an operation, one after the last dose of the course, and doses in pregnancy that repeat until a week of it."""
    names = ("absolute_minimum", "earliest", "target", "latest", "maximum")

    def gap() -> dict[str, str]:
        return {name: at for name, at in zip(names, draw(_GAPS), strict=True) if at}

    def after_round(name: str, test: str) -> dict[str, Any]:
        return step(
            name,
            after({"step": "dose", "occurrence": "round"}, **gap()),
            kind="test",
            test=test,
            measures="round",
            of="dose",
            next=[after({"decision": "asked"}, earliest="P0D", target="P1W")],
        )

    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    rounds = {"sizes": sizes, "cap": sum(sizes) + 2, "cap_source": "clinic", "cap_grade": "setting"}
    gaps = {2: [after({"previous": True}, **gap())]} if sum(sizes) > 1 and draw(st.booleans()) else {}
    seen = sum(sizes) > 2 and draw(st.booleans())
    if seen:
        gaps[3] = [after({"step": "review"}, **gap())]
    back = dict(zip(("earliest", "target", "maximum"), draw(_BACK), strict=True))
    until = after({"gestation": True}, maximum=draw(st.sampled_from(["P9W", "P12W"])))
    repeat = {"until": until, "cap": 4, "cap_source": "clinic", "cap_grade": "setting"}
    two = draw(st.booleans())
    steps = [
        step("dose", after("course-start", earliest="P0D", target=draw(st.sampled_from(["P0D", "P3W"]))),
             next=[after({"previous": True}, **gap())], gaps=gaps, rounds=rounds, attends=["recipient", "donor"]),
        after_round("assay", "apca"),
        *([after_round("culture", "mlc")] if two else []),
        *([step("review", after({"step": "dose", "occurrence": 2}, **gap()), kind="review")] if seen else []),
        step("before-operation", before("operation", **back), after({"step": "dose"}, earliest="P1W")),
        step("control", after({"step": "dose"}, **gap()), kind="review", when={"responded": "apca"}),
        step("pregnancy-dose", after({"gestation": True}, earliest="P5W", target="P6W"), phase="pregnancy",
             next=[after({"previous": True}, earliest="P13D", target="P15D")], repeat=repeat),
    ]  # fmt: skip
    panel = LIT.tests["apca"].model_dump(by_alias=True)
    tests = {"apca": panel, **({"mlc": panel} if two else {})}
    flags = {"no_antibody_response": {"holds": ["control"]}, "dose_inadequate": {"holds": ["dose"]}}
    month_ends = draw(st.sampled_from(["roll_forward", "clamp"]))
    return template(*steps, tests=tests, flags=flags, month_ends=month_ends)
