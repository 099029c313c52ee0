"""Random booking, moving, cancelling and closing against the real database: no invariant ever breaks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from apps.booking import services as booking
from apps.booking.queries import slots_of
from apps.clinic import resources as clinic_resources
from apps.clinic import services as clinic_services
from apps.clinic.clock import local_date
from apps.clinic.errors import LitError
from apps.clinic.models import Clinic, Resource
from apps.treatments import services as treatments
from apps.treatments.models import Appointment, Flag, Treatment
from apps.treatments.queries import plan_of, template
from tests import rows

pytestmark = pytest.mark.django_db
START = rows.AT
T = TypeVar("T")

_OVERLAPS = """
SELECT count(*) FROM treatments_occupation a JOIN treatments_occupation b ON a.id < b.id
 AND (a.resource_id = b.resource_id AND a.place = b.place OR a.person_id = b.person_id)
 AND tstzrange(a.starts_at, a.ends_at) && tstzrange(b.starts_at, b.ends_at)
"""
_DEAD_WITH_ROWS = """
SELECT count(*) FROM treatments_occupation o JOIN treatments_appointment a ON a.id = o.appointment_id
WHERE o.purpose IN ('booked', 'pencilled') AND a.status NOT IN ('booked', 'arrived', 'fulfilled')
"""
_TOO_MANY = """
SELECT count(*) FROM treatments_occupation o JOIN clinic_resource r ON r.id = o.resource_id WHERE o.place > r.places
"""
_OUT_OF_HOURS = """
SELECT count(*) FROM treatments_occupation o JOIN clinic_clinic c ON c.id = o.clinic_id
WHERE NOT EXISTS (
  SELECT 1 FROM clinic_openinghours h WHERE h.clinic_id = c.id
   AND h.weekday = extract(isodow FROM o.starts_at AT TIME ZONE c.zone) - 1
   AND (o.starts_at AT TIME ZONE c.zone)::time >= h.opens_at AND (o.ends_at AT TIME ZONE c.zone)::time <= h.closes_at)
"""
_ONE = """
SELECT s.name, s.starts_at, s.ends_at,
       coalesce(array_agg(r.kind ORDER BY r.kind) FILTER (WHERE r.kind IS NOT NULL), '{}'),
       count(o.person_id)
FROM booking_sessionactivity s
LEFT JOIN treatments_occupation o ON o.appointment_id = s.appointment_id AND o.activity = s.name
     AND o.purpose IN ('booked', 'pencilled')
LEFT JOIN clinic_resource r ON r.id = o.resource_id
WHERE s.appointment_id = %s GROUP BY s.name, s.starts_at, s.ends_at, s.position ORDER BY s.position
"""


def count(query: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])


def pick(data: st.DataObject, choices: Sequence[T]) -> T:
    """One of them. The draw does not depend on how many there are, so that equal draws always mean equal data."""
    return choices[data.draw(st.integers(0, 999)) % len(choices)]


class Bookings(RuleBasedStateMachine):
    """Three couples in a clinic with few resources. A refusal that the product words itself is an answer like another."""

    @initialize()
    def scene(self) -> None:
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.at = START
        self.clinic: Clinic = rows.a_clinic()
        self.resources = list(rows.equipped(self.clinic).values())
        Resource.objects.filter(name__in=["Nurse 2", "Chair 2"]).update(is_active=False)
        self.nurse = rows.staff(self.clinic, "nurse")
        self.doctor = rows.staff(self.clinic, "doctor")
        self.treatments: list[Treatment] = []
        for name in ("Meena", "Kavya", "Divya"):
            couple = rows.a_couple(
                self.clinic,
                recipient=rows.PersonInput(given_name=name),
                partner=rows.PersonInput(given_name=f"{name}s"),
            )
            self.treatments.append(rows.a_treatment(self.clinic, couple=couple))
        for treatment in self.treatments[:2]:
            visit = rows.visit(treatment, "sensitisation")
            first = next(
                slot for day in slots_of(visit, at=self.at) for slot in day.slots if slot.distance < 3
            )
            self.remember(
                booking.book(appointment=visit, starts_at=first.starts_at, actor=self.nurse, at=self.at)
            )

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    def visits(self, *statuses: str) -> list[Appointment]:
        """In the order in which the couples came, whatever their keys."""
        found = Appointment.objects.filter(clinic=self.clinic, status__in=statuses)
        rank = {treatment.pk: number for number, treatment in enumerate(self.treatments)}
        return sorted(
            found.select_related("treatment__clinic", "clinic"),
            key=lambda visit: (rank[visit.treatment_id], visit.step, visit.occurrence),
        )

    def tried(self, act: Any) -> Any:
        """Its answer, or None where it was refused; a refusal has changed nothing."""
        try:
            with transaction.atomic():
                return act()
        except LitError:
            return None

    def start_for(self, visit: Appointment, data: st.DataObject) -> datetime | None:
        """A slot that is offered, or now and then any time at all."""
        first = visit.proposed_on or local_date("Asia/Kolkata", self.at)
        on = max(first, local_date("Asia/Kolkata", self.at)) + timedelta(days=data.draw(st.integers(0, 2)))
        if data.draw(st.integers(0, 3)) == 0:
            hour, five = data.draw(st.integers(1, 13)), data.draw(st.integers(0, 11))
            return datetime(on.year, on.month, on.day, hour, 5 * five, tzinfo=UTC)
        days = self.tried(lambda: slots_of(visit, at=self.at, from_on=on, to_on=on + timedelta(days=1)))
        slots = [slot for day in days or () for slot in day.slots]
        return pick(data, slots).starts_at if slots else None

    @rule(data=st.data(), act=st.sampled_from(["book", "book", "book", "hold", "the other way"]))
    def take(self, data: st.DataObject, act: str) -> None:
        asked_for = [
            visit
            for visit in self.visits("proposed", "cancelled", "noshow")
            if visit.held or visit.state != "waiting"
        ]
        if not asked_for:
            return
        visit = pick(data, asked_for)
        starts_at = self.start_for(visit, data)
        if starts_at is None:
            return
        if act == "hold":
            self.tried(
                lambda: booking.hold(appointment=visit, starts_at=starts_at, actor=self.nurse, at=self.at)
            )
            return
        # What is held can only be pencilled, what is not only booked; now and then the wrong one is tried.
        pencil = visit.held is (act == "book")
        self.remember(
            self.tried(
                lambda: booking.book(
                    appointment=visit,
                    starts_at=starts_at,
                    actor=self.nurse,
                    at=self.at,
                    reason="asked",
                    pencil=pencil,
                )
            )
        )

    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        visits = self.visits("booked")
        if not visits:
            return
        visit = pick(data, visits)
        starts_at = self.start_for(visit, data)
        if starts_at is not None:
            self.remember(
                self.tried(
                    lambda: booking.move(
                        appointment=visit, starts_at=starts_at, actor=self.nurse, at=self.at, reason="asked"
                    )
                )
            )

    def remember(self, row: Appointment | None) -> None:
        """What bounded the day when it was booked: later records may narrow it, and raise a flag then."""
        if row is None:
            return
        row.refresh_from_db()
        window = row.plan["window"] or {}
        assert row.starts_at
        on = local_date(row.zone, row.starts_at).isoformat()
        low, high = window.get("absolute_minimum"), window.get("maximum")
        assert low is None or low <= on
        assert high is None or on <= high

    @rule(data=st.data(), act=st.sampled_from(["cancel", "drop_hold", "release_kept"]))
    def let_go(self, data: st.DataObject, act: str) -> None:
        visits = self.visits("booked") if act == "cancel" else self.visits("booked", "proposed")
        visit = pick(data, visits) if visits else None
        if visit is not None:
            more = {"reason": "asked"} if act == "cancel" else {}
            self.tried(lambda: getattr(booking, act)(appointment=visit, actor=self.nurse, at=self.at, **more))

    @rule(minutes=st.sampled_from([1, 5, 6, 60, 24 * 60, 4 * 24 * 60]))
    def time_passes(self, minutes: int) -> None:
        self.at += timedelta(minutes=minutes)

    @rule(data=st.data(), really=st.integers(0, 2))
    def close(self, data: st.DataObject, really: int) -> None:
        """A day, or a resource or the clinic for some hours; what is booked there stays until somebody moves it."""
        if really:
            return
        visits = self.visits("booked")
        around = pick(data, visits).starts_at if visits else self.at + timedelta(days=3)
        starts_at = max(around, self.at).replace(minute=0, second=0)
        if data.draw(st.integers(0, 3)) == 0:
            on = local_date("Asia/Kolkata", starts_at)
            self.tried(
                lambda: clinic_services.close_days(
                    clinic=self.clinic, from_on=on, to_on=on, reason="x", actor=self.nurse, at=self.at
                )
            )
            return
        resource = pick(data, [None, *self.resources])
        self.tried(
            lambda: clinic_resources.close_resource(
                clinic=self.clinic, resource=resource, starts_at=starts_at, ends_at=starts_at + timedelta(hours=3),
                reason="repair", actor=rows.SYSTEM, at=self.at,
            )
        )  # fmt: skip

    @rule(data=st.data())
    def pause_or_resume(self, data: st.DataObject) -> None:
        """A pause holds every visit, so what follows can only be pencilled."""
        treatment = pick(data, self.treatments)
        on = local_date("Asia/Kolkata", self.at)
        kind = pick(data, ["pause", "resume"])
        said = {"kind": kind, "on": on, "reason": "asked"} if kind == "pause" else {"kind": kind, "on": on}
        self.tried(lambda: treatments.record(treatment=treatment, data=said, actor=self.nurse, at=self.at))

    @rule(data=st.data())
    def decide(self, data: st.DataObject) -> None:
        rank = {treatment.pk: number for number, treatment in enumerate(self.treatments)}
        flags = list(Flag.objects.filter(clinic=self.clinic, state="open"))
        flags.sort(key=lambda flag: (rank[flag.treatment_id], flag.code, flag.step, flag.cause_on))
        if flags:
            flag = pick(data, flags)
            choice = pick(data, flag.decisions or ["continue"])
            self.tried(
                lambda: treatments.decide(
                    flag=flag, choice=choice, reason="agreed", parameters={}, actor=self.doctor, at=self.at
                )
            )

    @rule(data=st.data())
    def confirm(self, data: st.DataObject) -> None:
        visits = [visit for visit in self.visits("booked") if visit.pencilled]
        if visits:
            visit = pick(data, visits)
            self.remember(
                self.tried(
                    lambda: booking.confirm(appointment=visit, actor=self.nurse, at=self.at, reason="asked")
                )
            )

    @rule(data=st.data(), really=st.integers(0, 4))
    def loss(self, data: st.DataObject, really: int) -> None:
        if really == 0:
            treatment = pick(data, self.treatments)
            on = local_date("Asia/Kolkata", self.at)
            said = {"kind": "milestone", "name": "loss", "on": on}
            self.tried(
                lambda: treatments.record(treatment=treatment, data=said, actor=self.nurse, at=self.at)
            )

    @invariant()
    def no_place_and_no_person_is_taken_twice(self) -> None:
        assert count(_OVERLAPS) == 0
        assert count(_TOO_MANY) == 0

    @invariant()
    def nothing_that_is_over_blocks_as_booked(self) -> None:
        assert count(_DEAD_WITH_ROWS) == 0

    @invariant()
    def everything_is_inside_the_hours(self) -> None:
        assert count(_OUT_OF_HOURS) == 0

    @invariant()
    def every_booking_has_its_whole_chain_with_what_each_link_needs(self) -> None:
        if not hasattr(self, "clinic"):
            return
        listed = set(
            Resource.objects.filter(clinic=self.clinic, is_active=True).values_list("kind", flat=True)
        )
        for visit in self.visits("booked", "arrived"):
            recipe = template(visit.treatment.protocol_version).session_of(visit.step)
            with connection.cursor() as cursor:
                cursor.execute(_ONE, [visit.pk])
                links = cursor.fetchall()
            assert [name for name, *_ in links] == [one.name for one in recipe.activities]
            assert (links[0][1], links[-1][2]) == (visit.starts_at, visit.ends_at)
            if visit.pencilled and not visit.occupations.exists():
                continue  # its deadline has passed and somebody needed its place
            for activity, (_, _, _, kinds, people) in zip(recipe.activities, links, strict=True):
                assert set(kinds) == set(activity.needs) & listed
                assert people == len(set(activity.attends))

    @invariant()
    def the_plan_can_still_be_made(self) -> None:
        for treatment in getattr(self, "treatments", ()):
            assert plan_of(treatment, self.at) is not None


def test_random_acts_never_break_an_invariant() -> None:
    run_state_machine_as_test(
        Bookings,
        settings=settings(
            max_examples=10,
            stateful_step_count=20,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
