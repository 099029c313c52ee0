"""One synthetic couple lives through its course: it books, comes, comes late or stays away.

Whatever happens is a record, and the next thing to do is what `plan` says of the records so far. Between the days on
which something is due nothing happens, so a couple may be looked at on those days alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from protocols.durations import add, latest_reaching
from protocols.plan import LIVE, PlannedVisit, State
from protocols.simulation.chance import Chance
from protocols.simulation.diary import Diary, Key
from protocols.simulation.life import Ending, Life
from protocols.simulation.scenario import Expected, Scenario
from protocols.simulation.staff import Act, Staff
from protocols.simulation.trying import Trying
from protocols.template import Step

_DAY = timedelta(days=1)
_AHEAD = (State.PROPOSED, State.BOOKED, State.MISSED)
_MOST_ROUNDS = 100  # of looking at one day's plan; each settles something, and there is only so much of it
_GONE_ON = frozenset({"continue", "accept"})


@dataclass(slots=True)
class Couple:
    """One couple with its diary and its clinic; `due` holds what will happen on which day, `expected` the milestones."""

    diary: Diary
    scenario: Scenario
    chance: Chance
    number: int
    start: date
    staff: Staff = field(init=False)
    trying: Trying = field(init=False)
    due: list[tuple[date, Act]] = field(default_factory=list)
    expected: list[tuple[date, Act]] = field(default_factory=list)
    awaited: set[str] = field(default_factory=set)
    visits: list[tuple[str, date]] = field(default_factory=list)
    late: set[Key] = field(default_factory=set)
    returned: set[tuple[Key, date]] = field(default_factory=set)
    missed: int = 0
    responded_after: int | None = None
    ended: tuple[Ending, date] | None = None

    def __post_init__(self) -> None:
        self.staff = Staff(self.diary, self.scenario, self.chance)
        self.trying = Trying(self.diary, self.scenario, self.chance)

    def live(self, *, daily: bool = False) -> Life:
        """From the course start until the course is over, or as long as the scenario watches."""
        self._begin()
        last = add(self.start, self.scenario.behaviour.watched_for)
        today = self.start
        while True:
            self._spend(today)
            following = None if self.ended else self._next(today)
            if following is None or following > last:
                return self._told(today)
            today = today + _DAY if daily else following

    def _begin(self) -> None:
        if "course-start" in self.diary.template.milestones:
            self.diary.write("milestone", name="course-start", on=self.start)
        for person in ("recipient", "partner"):
            self.diary.write("consent", person=person, on=self.start)
        for name, expected in self.scenario.milestones.items():
            if name in self.diary.template.milestones:
                self._expect(name, expected, add(self.start, expected.after), 1)
        for step in self.diary.template.steps:
            if step.optional:
                self.diary.write("opt_in", step=step.name, on=self.start, wanted=self.chance.wants_optional())

    def _expect(self, name: str, expected: Expected, on: date, occurrence: int) -> None:
        """A milestone will come on its day, and again; only the first is planned, for the next is not known yet."""

        def comes(today: date) -> None:
            self.diary.write("milestone", name=name, on=on, occurrence=occurrence)
            self.awaited.discard(name)
            if expected.every is not None:
                self._expect(name, expected, add(on, expected.every), occurrence + 1)

        if occurrence == 1:
            self.diary.write("milestone", name=name, on=on, certainty="planned", occurrence=1)
        self.awaited.add(name)
        self.expected.append((on, comes))

    # One day

    def _spend(self, today: date) -> None:
        """What is due happens, then clinic and couple look at the plan, until nobody has anything more to do."""
        for agenda in (self.expected, self.due):
            ready = [act for day, act in agenda if day <= today]
            agenda[:] = [(day, act) for day, act in agenda if day > today]
            for act in ready:
                act(today)
        for _ in range(_MOST_ROUNDS):
            if self.ended is not None or not self._busy(today):
                return
        raise RuntimeError(f"couple {self.number} comes to no rest on {today}")

    def _busy(self, today: date) -> bool:
        self.diary.look(today)
        answered, later = self.staff.answer(today)
        self.due += later
        busy = any([answered, self._tidy(), self._book(today), self._attend(today)])
        return busy or self._look_for_the_end(today)

    def _tidy(self) -> bool:
        """Bookings that are held, no longer asked for, or outside their window are given back.

        A day outside the window is given back once: where it is the best that is left, it is booked again and kept.
        """
        bookings = self.diary.bookings
        unneeded = self._flagged("booking_not_needed")
        unneeded |= {visit.key for visit in self.diary.planned.visits if visit.held_by}
        unfit = {
            key
            for key in self._flagged("booking_outside_window") & bookings.keys() - self.late
            if (key, bookings[key]) not in self.returned
        }
        given_back = [key for key in bookings if key in unneeded | unfit]
        for key in given_back:
            self.returned.add((key, bookings[key]))
            self.diary.give_back(key)
            self.late.discard(key)
        return bool(given_back)

    def _flagged(self, code: str) -> set[Key]:
        return {
            (flag.step or "", flag.occurrence or 1) for flag in self.diary.planned.flags if flag.code == code
        }

    def _book(self, today: date) -> bool:
        wanted = [visit for visit in self._bookable() if self._booked_from(visit) <= today]
        for visit in wanted:
            assert visit.proposed_on is not None
            self.diary.book(visit.key, visit.proposed_on)
        return bool(wanted)

    def _bookable(self) -> list[PlannedVisit]:
        """The next visit of each step, if it is proposed from days that are known, not held and not booked yet."""
        following: dict[str, PlannedVisit] = {}
        for visit in self.diary.planned.visits:
            if visit.state in LIVE:
                following.setdefault(visit.step, visit)
        return [
            visit
            for visit in following.values()
            if visit.state in (State.PROPOSED, State.MISSED)
            and visit.proposed_on
            and not (visit.held_by or visit.provisional or visit.key in self.diary.bookings)
        ]

    def _booked_from(self, visit: PlannedVisit) -> date:
        assert visit.proposed_on is not None
        ahead = self.scenario.behaviour.booked_ahead
        return latest_reaching(visit.proposed_on, ahead, self.diary.template.month_ends)

    # The day of a visit

    def _attend(self, today: date) -> bool:
        coming = [key for key, day in self.diary.bookings.items() if day <= today]
        for key in coming:
            turnout = "keep" if key in self.late else self.chance.turnout()
            if turnout == "late":
                self.late.add(key)
                self.diary.book(key, self.diary.open_from(today + timedelta(days=self.chance.days_late())))
                continue
            self.diary.give_back(key)
            self.late.discard(key)
            if turnout == "miss":
                self.missed += 1
                self.diary.write("missed", step=key[0], occurrence=key[1], on=today)
            else:
                self._come(key, today)
        return bool(coming)

    def _come(self, key: Key, today: date) -> None:
        step = self.diary.template.step_named[key[0]]
        self.diary.write("fulfilled", step=step.name, occurrence=key[1], on=today)
        self.visits.append((step.name, today))
        self.diary.look(today)
        if step.test is not None:
            self.due.append((today + self.chance.laboratory(), self._reporting(step, step.test, today)))
        elif (
            step.kind == "dose"
            and self.chance.drops_out_after == self.diary.counted
            and not self.diary.responses
        ):
            self.due.append((self.diary.open_from(today + timedelta(days=7)), self._leave))

    def _reporting(self, step: Step, test: str, sampled_on: date) -> Act:
        """What the laboratory will say of a sample, settled by the doses that were given before it."""
        after, given = self.chance.responds_after, self.diary.counted - self.staff.given_before
        responded = after is not None and given >= after
        if step.measures == "baseline":
            responded = self.chance.already_positive
        earlier = sum(1 for name, _ in self.visits if name == step.name) - 1
        assay, value = self.chance.value(
            self.diary.template.tests[test], responded=responded, earlier=earlier
        )
        return lambda today: self.diary.write(
            "result", test=test, sampled_on=sampled_on, resulted_on=today, assay=assay, value=value
        )

    def _leave(self, today: date) -> None:
        if not self.diary.responses:
            self.diary.write("close", on=today, reason="dropped out")
            self.ended = ("dropped out", today)

    # The end

    def _look_for_the_end(self, today: date) -> bool:
        """The course ends with a response or at a doctor's word, without a test with its last visit; or trying begins."""
        gated = bool(self.diary.gates)
        passed = bool(self.diary.responses) or bool(self.staff.decided & _GONE_ON)
        if self.diary.planned.closed:
            self.ended = ("already positive" if self.chance.already_positive else "stopped", today)
        elif gated and passed:
            return self._pass_on(today)
        elif self._idle():
            ending: Ending = "unfinished" if gated else "complete"
            self.ended = (ending if self.visits else "nothing was due", today)
        return False

    def _pass_on(self, today: date) -> bool:
        if self.diary.responses and self.responded_after is None:
            self.responded_after = max(verdict.dose_number for verdict in self.diary.responses)
        if not self.trying.possible:
            self.ended = ("responded" if self.diary.responses else "went on without response", today)
        elif not self.trying.begun:
            self.due += self.trying.begin(today, self.due)
            return True
        elif self.trying.pregnant and self._idle():
            self.ended = ("pregnant", today)
        return False

    def _idle(self) -> bool:
        ahead = any(visit.state in _AHEAD and visit.proposed_on for visit in self.diary.planned.visits)
        return not (self.due or self.diary.bookings or ahead or self._awaits_a_milestone())

    def _awaits_a_milestone(self) -> bool:
        """Whether a visit hangs on a milestone that is still to come, such as the next cycle."""
        open_steps = {visit.step for visit in self.diary.planned.visits if visit.state in LIVE}
        anchors = [
            relation.anchor
            for name in open_steps
            for relation in self.diary.template.step_named[name].all_relations
        ]
        named = {anchor.milestone or (anchor.cycle_day and "cycle-start") for anchor in anchors}
        return bool(named & self.awaited)

    def _next(self, today: date) -> date | None:
        """The next day on which anything can happen; None if nothing will."""
        return min((day for day in self._ahead() if day > today), default=None)

    def _ahead(self) -> Iterator[date]:
        yield from (day for day, _ in (*self.due, *self.expected))
        yield from self.diary.bookings.values()
        yield from map(self._booked_from, self._bookable())
        if self.diary.planned.replan_on is not None:
            yield self.diary.planned.replan_on

    def _told(self, today: date) -> Life:
        self.diary.look(today)
        ending, ended_on = self.ended or ("unfinished", today)
        return Life(
            number=self.number, started_on=self.start, ended_on=ended_on, ending=ending, doses=self.diary.counted,
            responded_after=self.responded_after, visits=tuple(self.visits), missed=self.missed,
            flags=tuple((key, code, on) for key, (code, on) in self.diary.seen.items()), verdicts=self.diary.doses,
        )  # fmt: skip
