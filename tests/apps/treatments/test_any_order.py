"""Whatever people do in whatever order: the invariants hold after every act, refused or not."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from apps.booking import services as booking
from apps.clinic import services as clinic_services
from apps.clinic.actors import Actor
from apps.clinic.errors import LitError
from apps.clinic.models import Change
from apps.treatments import queries, services
from apps.treatments.models import Appointment, Flag, Record, Treatment
from protocols.plan import LIVE
from protocols.status import Status
from tests import rows

pytestmark = pytest.mark.django_db
ACTS = 30


class Walk:
    """A treatment, a clock that only goes forward, and people who do things."""

    def __init__(self, seed: int) -> None:
        self.pick = random.Random(seed)
        self.clinic = rows.a_clinic()
        self.nurse, self.doctor = rows.staff(self.clinic, "nurse"), rows.staff(self.clinic, "doctor")
        self.treatment: Treatment = rows.a_treatment(self.clinic)
        self.at: datetime = rows.AT
        self.done: list[str] = []
        rows.consented(self.treatment, self.nurse)

    def row(self) -> Appointment:
        return self.pick.choice(list(Appointment.objects.filter(treatment=self.treatment).order_by("pk")))

    def moment(self) -> datetime:
        return self.at + timedelta(days=self.pick.randrange(-2, 40), hours=self.pick.randrange(3))

    def wait(self) -> None:
        self.at += timedelta(days=self.pick.choice([1, 3, 7, 20]))
        services.reconcile(treatment=self.treatment, at=self.at)

    def book(self) -> None:
        more = {"reason": self.pick.choice(["", "wish"]), "pencil": self.pick.random() < 0.3}
        booking.book(appointment=self.row(), starts_at=self.moment(), actor=self.nurse, at=self.at, **more)  # type: ignore[arg-type]

    def book_as_proposed(self) -> None:
        row = self.row()
        if row.proposed_on:
            moment = datetime.combine(row.proposed_on, self.at.timetz()) + timedelta(hours=1)
            booking.book(appointment=row, starts_at=moment, actor=self.nurse, at=self.at)

    def move(self) -> None:
        booking.move(
            appointment=self.row(), starts_at=self.moment(), reason="x", actor=self.nurse, at=self.at
        )

    def cancel(self) -> None:
        booking.cancel(appointment=self.row(), reason="x", actor=self.nurse, at=self.at)

    def confirm(self) -> None:
        booking.confirm(appointment=self.row(), actor=self.nurse, at=self.at)

    def attend(self) -> None:
        rows.screened(self.treatment, self.nurse, self.at)
        booking.attend(appointment=self.row(), actor=self.nurse, at=self.at)

    def miss(self) -> None:
        booking.miss(appointment=self.row(), reason="x", actor=self.nurse, at=self.at)

    def result(self) -> None:
        rows.resulted(self.treatment, self.nurse, self.at, self.pick.choice([0, 3, 30, 70]))

    def say(self) -> None:
        day = self.at.date()
        ahead = (self.at + timedelta(days=self.pick.randrange(10, 90))).date()
        body = self.pick.choice(
            [
                {"kind": "milestone", "name": "conception-attempt", "on": ahead, "certainty": "planned"},
                {"kind": "milestone", "name": "pregnancy", "on": day},
                {"kind": "milestone", "name": "loss", "on": day},
                {"kind": "pause", "on": day},
                {"kind": "resume", "on": day},
                {"kind": "absence", "person": "partner", "from_on": day, "to_on": ahead},
                {"kind": "opt_in", "step": "early-pregnancy-booster", "on": day},
                {"kind": "skipped", "step": "baseline-antibody-test", "on": day, "reason": "x"},
                {"kind": "consent", "person": "partner", "on": day, "given": self.pick.random() < 0.8},
            ]
        )
        services.record(treatment=self.treatment, data=body, actor=self.nurse, at=self.at)

    def decide(self) -> None:
        flags = list(Flag.objects.filter(treatment=self.treatment, state="open").order_by("pk"))
        if flags:
            flag = self.pick.choice(flags)
            services.decide(
                flag=flag,
                choice=self.pick.choice([one for one in flag.decisions if one != "stop"] or ["none"]),
                reason="x",
                parameters={"doses": 1, "donor": "unrelated"},
                actor=self.doctor,
                at=self.at,
            )

    def correct(self) -> None:
        record = self.pick.choice(list(Record.objects.filter(treatment=self.treatment).order_by("pk")))
        services.correct(record=record, reason="x", replacement=None, actor=self.doctor, at=self.at)

    def close_a_day(self) -> None:
        day = (self.at + timedelta(days=self.pick.randrange(20))).date()
        clinic_services.close_days(
            clinic=self.clinic, from_on=day, to_on=day, reason="", actor=self.nurse, at=self.at
        )
        services.reconcile(treatment=self.treatment, at=self.at)

    def acts(self) -> list[Callable[[], None]]:
        often = [self.wait, self.book_as_proposed, self.attend, self.result, self.decide]
        return [
            *often,
            *often,
            self.book,
            self.move,
            self.cancel,
            self.confirm,
            self.miss,
            self.say,
            self.correct,
            self.close_a_day,
        ]


def snapshot(treatment: Treatment) -> list[object]:
    return [
        list(Appointment.objects.filter(treatment=treatment).order_by("pk").values()),
        list(Flag.objects.filter(treatment=treatment).order_by("pk").values()),
        Record.objects.count(),
        Change.objects.count(),
    ]


def holds(walk: Walk, actor: Actor) -> None:
    treatment, at = walk.treatment, walk.at
    assert not services.reconcile(treatment=treatment, at=at), "reconcile twice = once"
    plan = queries.plan_of(treatment, at)
    asked = {(flag.step, flag.occurrence) for flag in plan.flags}
    for row in Appointment.objects.filter(treatment=treatment):
        visit = plan.visit(row.step, row.occurrence)
        done = visit is not None and visit.state.value == "fulfilled"
        assert done == (row.status == Status.FULFILLED), (
            walk.done[-3:],
            row.step,
            row.occurrence,
            row.status,
            visit,
        )
        if row.in_force:
            alive = visit is not None and visit.state in LIVE
            assert alive or (row.step, row.occurrence) in asked, "no booking without a visit or a flag"
        elif row.pencilled:
            raise AssertionError("only a booking in force is pencilled")
    treatment.refresh_from_db()
    assert treatment.replan_on is None or treatment.replan_on > at.date()


@pytest.mark.parametrize("seed", range(4))
def test_the_invariants_hold_after_every_act(seed: int) -> None:
    walk = Walk(seed)
    for _ in range(ACTS):
        act = walk.pick.choice(walk.acts())
        before = snapshot(walk.treatment)
        try:
            act()
        except LitError:
            if act not in (walk.attend,):  # it records the screening first
                assert snapshot(walk.treatment) == before, f"{act.__name__} was refused and changed something"
        walk.done.append(act.__name__)
        holds(walk, walk.nurse)
