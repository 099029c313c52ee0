"""Closing a day, some hours or a resource: listed with proposed slots, decided, and applied by a worker."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from apps.booking import services
from apps.booking.closing.applying import apply_closing_lines
from apps.booking.closing.queries import closing_progress, lines_of_closing
from apps.booking.closing.services import Decided, apply_closing, discard_closing, draft_closing
from apps.booking.models import CallTask, Closing, ClosingLine, DonorUnit
from apps.booking.queries import slots_of
from apps.booking.session.fitness import set_days_between_draws
from apps.booking.session.units import label_unit
from apps.clinic.actors import Actor
from apps.clinic.errors import Conflict, Forbidden, Invalid, NotFound
from apps.clinic.models import Clinic, Closure, Resource, ResourceClosure
from apps.clinic.queries import hours_of
from apps.couples.services import PersonInput
from apps.reminders.derivation import derive_treatments
from apps.reminders.models import Delivery
from apps.treatments.models import Appointment, Occupation, Treatment
from apps.treatments.services import reconcile
from tests import rows

pytestmark = pytest.mark.django_db

# A Thursday, on which the first dose of a couple that starts on the fifth is near its target; 03:30 is 09:00 there.
DAY = date(2026, 1, 15)
DAY_STARTS = datetime(2026, 1, 14, 18, 30, tzinfo=UTC)
NINE = datetime(2026, 1, 15, 3, 30, tzinfo=UTC)
BOOKED = datetime(2026, 1, 7, 6, 0, tzinfo=UTC)


def couples(clinic: Clinic, nurse: Actor, count: int) -> list[Treatment]:
    """Couples whose first dose can be booked."""
    protocol = rows.a_protocol(clinic)
    made = []
    for number in range(count):
        couple = rows.a_couple(
            clinic,
            recipient=PersonInput(f"Mira{number}", "Das", email=f"m{number}@example.org"),
            partner=PersonInput(f"Ravi{number}", "Das"),
        )
        treatment = rows.a_treatment(clinic, couple=couple, protocol=protocol)
        rows.consented(treatment, nurse)
        rows.resulted(treatment, nurse, rows.AT, 4)
        made.append(treatment)
    return made


def dose(treatment: Treatment) -> Appointment:
    return rows.visit(treatment, "sensitisation", 1)


def booked(treatment: Treatment, nurse: Actor, starts_at: datetime = NINE) -> Appointment:
    visit = dose(treatment)
    return services.book(
        appointment=visit, starts_at=starts_at, actor=nurse, at=BOOKED, reason="agreed on the telephone"
    )


def day_closed(clinic: Clinic, nurse: Actor, **further: object) -> Closing:
    given = {"resource": None, "starts_at": DAY_STARTS, "ends_at": DAY_STARTS + timedelta(days=1)} | further
    return draft_closing(clinic=clinic, reason="Flood", actor=nurse, at=BOOKED, **given)  # type: ignore[arg-type]


def as_proposed(closing: Closing) -> dict[object, Decided]:
    return {line.pk: Decided(line.decision, line.chosen_at) for line in lines_of_closing(closing)}


def applied(closing: Closing, nurse: Actor, at: datetime = BOOKED) -> Closing:
    apply_closing(closing=closing, decided=as_proposed(closing), actor=nurse, at=at)  # type: ignore[arg-type]
    apply_closing_lines(at=at)
    return Closing.objects.get(pk=closing.pk)


def test_a_draft_lists_every_session_with_a_slot_and_nothing_moves(clinic: Clinic, nurse: Actor) -> None:
    treatments = couples(clinic, nurse, 2)
    visits = [booked(one, nurse) for one in treatments]
    closing = day_closed(clinic, nurse)
    lines = list(lines_of_closing(closing))
    assert {line.appointment_id for line in lines} == {visit.pk for visit in visits}
    assert all(line.proposed_at is not None and line.decision == "move" for line in lines)
    assert {dose(one).starts_at for one in treatments} == {NINE}
    assert not Closure.objects.exists()


def test_a_proposed_slot_lies_on_an_open_day_inside_the_good_days(clinic: Clinic, nurse: Actor) -> None:
    [treatment] = couples(clinic, nurse, 1)
    visit = booked(treatment, nurse)
    [line] = lines_of_closing(day_closed(clinic, nurse))
    assert line.proposed_at is not None
    on = line.proposed_at.astimezone(UTC).date()
    assert on != DAY
    assert on.weekday() != 6
    assert visit.earliest_on is not None
    assert visit.latest_on is not None
    assert visit.earliest_on <= on <= visit.latest_on


def test_applying_closes_the_day_and_moves_each_to_its_slot(clinic: Clinic, nurse: Actor) -> None:
    treatments = couples(clinic, nurse, 3)
    for one in treatments:
        booked(one, nurse)
    closing = day_closed(clinic, nurse)
    wanted = {line.appointment_id: line.proposed_at for line in lines_of_closing(closing)}
    closing = applied(closing, nurse)
    assert {dose(one).pk: dose(one).starts_at for one in treatments} == wanted
    assert Closure.objects.get().from_on == DAY
    assert closing.state == "applied"
    assert closing_progress(closing).moved == 3


def test_no_two_proposals_share_a_place(clinic: Clinic, nurse: Actor) -> None:
    rows.equipped(clinic)
    treatments = couples(clinic, nurse, 4)
    for one in treatments:
        booked(one, nurse, free(one)[0])
    closing = applied(day_closed(clinic, nurse), nurse)
    progress = closing_progress(closing)
    assert (progress.moved, progress.failed) == (4, 0)
    assert not list(lines_of_closing(closing).exclude(message=""))


def free(treatment: Treatment) -> list[datetime]:
    """The times of that day at which the whole first dose fits."""
    [day] = slots_of(dose(treatment), at=BOOKED, from_on=DAY, to_on=DAY)
    return [slot.starts_at for slot in day.slots]


def test_what_fits_nowhere_stays_booked_and_somebody_is_asked_to_call(clinic: Clinic, nurse: Actor) -> None:
    [treatment] = couples(clinic, nurse, 1)
    booked(treatment, nurse)
    closing = day_closed(
        clinic, nurse, starts_at=DAY_STARTS - timedelta(days=8), ends_at=DAY_STARTS + timedelta(days=200)
    )
    [line] = lines_of_closing(closing)
    assert (line.proposed_at, line.decision) == (None, "stay")
    closing = applied(closing, nurse)
    assert dose(treatment).starts_at == NINE
    assert closing_progress(closing).stayed == 1
    assert CallTask.objects.get().why == "closing"
    reconcile(treatment=Treatment.objects.get(pk=treatment.pk), at=BOOKED)
    assert rows.flag(treatment, "booking_outside_window").is_open


def test_a_slot_that_somebody_booked_meanwhile_becomes_the_next_best(clinic: Clinic, nurse: Actor) -> None:
    resources = rows.equipped(clinic)
    first, second = couples(clinic, nurse, 2)
    booked(first, nurse, free(first)[0])
    closing = day_closed(clinic, nurse)
    [line] = lines_of_closing(closing)
    assert line.proposed_at is not None
    blocked(clinic, dose(second), [resources["Chair 1"], resources["Chair 2"]], line.proposed_at)
    closing = applied(closing, nurse)
    [line] = lines_of_closing(closing)
    assert line.state == "moved"
    assert line.chosen_at != line.proposed_at
    assert dose(first).starts_at == line.chosen_at
    assert "next best" in line.message


def blocked(clinic: Clinic, visit: Appointment, resources: list[Resource], around: datetime) -> None:
    Occupation.objects.bulk_create(
        Occupation(
            clinic=clinic,
            appointment=visit,
            activity="elsewhere",
            resource=resource,
            starts_at=around - timedelta(hours=1),
            ends_at=around + timedelta(hours=14),
        )
        for resource in resources
    )


def test_a_session_that_was_moved_meanwhile_is_not_touched(clinic: Clinic, nurse: Actor) -> None:
    [treatment] = couples(clinic, nurse, 1)
    visit = booked(treatment, nurse)
    closing = day_closed(clinic, nurse)
    elsewhere = NINE + timedelta(days=1, hours=2)
    services.move(appointment=visit, starts_at=elsewhere, actor=nurse, at=BOOKED, reason="their wish")
    closing = applied(closing, nurse)
    assert closing_progress(closing).skipped == 1
    assert dose(treatment).starts_at == elsewhere


def test_a_nurse_changes_a_slot_and_leaves_another_as_it_is(clinic: Clinic, nurse: Actor) -> None:
    one, two = couples(clinic, nurse, 2)
    booked(one, nurse)
    booked(two, nurse)
    closing = day_closed(clinic, nurse)
    chosen = NINE + timedelta(days=1, hours=5)
    decided = {
        line.pk: Decided("move", chosen) if line.appointment_id == dose(one).pk else Decided("stay")
        for line in lines_of_closing(closing)
    }
    apply_closing(closing=closing, decided=decided, actor=nurse, at=BOOKED)
    apply_closing_lines(at=BOOKED)
    assert (dose(one).starts_at, dose(two).starts_at) == (chosen, NINE)


def test_closing_a_resource_hits_those_alone_that_use_it_then(clinic: Clinic, nurse: Actor) -> None:
    resources = rows.equipped(clinic)
    one, two = couples(clinic, nurse, 2)
    morning, later = booked(one, nurse, free(one)[0]), booked(two, nurse, free(two)[-1])
    bench = day_closed(
        clinic, nurse, resource=resources["Bench"], starts_at=NINE, ends_at=NINE + timedelta(hours=3)
    )
    assert [line.appointment_id for line in lines_of_closing(bench)] == [morning.pk]
    applied(bench, nurse)
    assert ResourceClosure.objects.get().resource_id == resources["Bench"].pk
    assert dose(two).starts_at == later.starts_at


def test_half_a_day_of_the_clinic_leaves_the_other_half_open(clinic: Clinic, nurse: Actor) -> None:
    one, two = couples(clinic, nurse, 2)
    booked(one, nurse)
    afternoon_visit = booked(two, nurse, NINE + timedelta(hours=6))
    closing = day_closed(
        clinic, nurse, starts_at=NINE - timedelta(hours=1), ends_at=NINE + timedelta(hours=4)
    )
    assert not closing.whole_days
    applied(closing, nurse)
    assert dose(one).starts_at not in (None, NINE)
    assert dose(two).starts_at == afternoon_visit.starts_at
    assert not Closure.objects.exists()


def test_a_closing_is_applied_or_discarded_once(clinic: Clinic, nurse: Actor) -> None:
    closing = day_closed(clinic, nurse)
    discard_closing(closing=closing, actor=nurse, at=BOOKED)
    for act in (
        lambda: apply_closing(closing=closing, decided={}, actor=nurse, at=BOOKED),
        lambda: discard_closing(closing=closing, actor=nurse, at=BOOKED),
    ):
        with pytest.raises(Conflict) as refused:
            act()
        assert refused.value.code == "not_drafted"
    assert not Closure.objects.exists()


def test_a_draft_that_hits_nobody_closes_at_once(clinic: Clinic, nurse: Actor) -> None:
    closing = applied(day_closed(clinic, nurse), nurse)
    assert closing.state == "applied"
    assert Closure.objects.get().reason == "Flood"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"ends_at": DAY_STARTS - timedelta(days=1)}, "ends_at"),
        ({"starts_at": BOOKED - timedelta(days=2), "ends_at": BOOKED - timedelta(days=1)}, "ends_at"),
        ({"ends_at": DAY_STARTS + timedelta(days=400)}, "ends_at"),
    ],
)
def test_a_span_that_makes_no_sense_is_refused_with_its_field(
    clinic: Clinic, nurse: Actor, given: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        day_closed(clinic, nurse, **given)
    assert refused.value.field == field
    assert not Closing.objects.exists()


def test_a_closing_needs_a_reason(clinic: Clinic, nurse: Actor) -> None:
    with pytest.raises(Invalid) as refused:
        draft_closing(
            clinic=clinic,
            resource=None,
            starts_at=DAY_STARTS,
            ends_at=DAY_STARTS + timedelta(days=1),
            reason=" ",
            actor=nurse,
            at=BOOKED,
        )
    assert refused.value.field == "reason"


def test_nobody_closes_another_clinic_or_decides_on_its_lines(clinic: Clinic, nurse: Actor) -> None:
    london = rows.a_clinic(rows.LONDON)
    there = rows.staff(london, "nurse")
    [treatment] = couples(clinic, nurse, 1)
    booked(treatment, nurse)
    closing = day_closed(clinic, nurse)
    with pytest.raises((Forbidden, NotFound)):
        apply_closing(closing=closing, decided={}, actor=there, at=BOOKED)
    theirs = day_closed(london, there)
    line = ClosingLine.objects.get(closing=closing)
    with pytest.raises(NotFound):
        apply_closing(closing=theirs, decided={line.pk: Decided("stay")}, actor=there, at=BOOKED)
    assert hours_of(london).exists()


def test_the_laboratory_does_not_close_days(clinic: Clinic) -> None:
    with pytest.raises(Forbidden):
        day_closed(clinic, rows.staff(clinic, "lab"))


class TestFromNow:
    """Something fails during the day."""

    AT = NINE + timedelta(minutes=30)

    def test_who_has_not_arrived_is_called_first_and_of_them_who_comes_soonest(
        self, clinic: Clinic, nurse: Actor
    ) -> None:
        here, soon, later = couples(clinic, nurse, 3)
        booked(here, nurse, NINE)
        booked(later, nurse, NINE + timedelta(hours=6))
        booked(soon, nurse, NINE + timedelta(hours=1, minutes=30))
        services.arrive(appointment=dose(here), actor=nurse, at=NINE)
        closing = self.failed(clinic, nurse)
        lines = list(lines_of_closing(closing))
        assert [line.appointment_id for line in lines] == [dose(soon).pk, dose(later).pk, dose(here).pk]
        assert [line.stage for line in lines] == ["on_the_way", "ahead", "arrived"]
        assert {line.decision for line in lines} == {"cancel"}

    def test_each_is_cancelled_and_stands_on_the_worklist_in_that_order(
        self, clinic: Clinic, nurse: Actor
    ) -> None:
        soon, later = couples(clinic, nurse, 2)
        booked(later, nurse, NINE + timedelta(hours=6))
        booked(soon, nurse, NINE + timedelta(hours=2))
        applied(self.failed(clinic, nurse), nurse, self.AT)
        assert {dose(one).status for one in (soon, later)} == {"cancelled"}
        calls = CallTask.objects.filter(why="closing").order_by("note")
        assert [call.appointment_id for call in calls] == [dose(soon).pk, dose(later).pk]
        assert calls[0].note.startswith("1. ")

    def test_the_message_of_the_day_is_due_at_once_at_any_hour(self, clinic: Clinic, nurse: Actor) -> None:
        [treatment] = couples(clinic, nurse, 1)
        booked(treatment, nurse, NINE + timedelta(hours=6))
        derive_treatments([treatment.pk], BOOKED)
        Delivery.objects.filter(kind="confirmation").update(
            state="sent", sent_at=BOOKED, attempt_began_at=BOOKED, body="told"
        )
        night = NINE - timedelta(hours=6)
        closing = self.failed(clinic, nurse, night)
        applied(closing, nurse, night)
        derive_treatments([treatment.pk], night)
        told = Delivery.objects.get(kind="cancelled", role="recipient")
        assert (told.due_at, told.state) == (night, "pending")

    def test_what_was_drawn_is_disposed_of_and_the_session_is_stopped(
        self, clinic: Clinic, nurse: Actor
    ) -> None:
        rows.equipped(clinic)
        [treatment] = couples(clinic, nurse, 1)
        visit = booked(treatment, nurse, free(treatment)[0])
        drawn = visit.starts_at
        assert drawn is not None
        drawn += timedelta(minutes=20)
        services.arrive(appointment=visit, actor=nurse, at=drawn)
        label_unit(appointment=dose(treatment), drawn_at=drawn, actor=nurse, at=drawn)
        closing = self.failed(clinic, nurse, drawn + timedelta(minutes=5))
        [line] = lines_of_closing(closing)
        assert (line.stage, line.unit_note) == ("drawn", "Centrifuge")
        assert line.next_draw_on is not None
        assert line.next_draw_on > DAY
        decided = {line.pk: Decided("cancel", disposed="Centrifuge stood still")}
        at = drawn + timedelta(minutes=6)
        apply_closing(closing=closing, decided=decided, actor=nurse, at=at)
        apply_closing_lines(at=at)
        unit = DonorUnit.objects.get()
        assert (unit.disposed_at, unit.disposal_reason) == (at, "Centrifuge stood still")
        assert not dose(treatment).in_force
        assert ClosingLine.objects.get().state == "cancelled"

    @pytest.mark.parametrize(
        ("least", "first"), [(None, date(2026, 1, 16)), (6, date(2026, 1, 21)), (90, None)]
    )
    def test_the_next_draw_keeps_the_clinics_least_days_and_needs_a_good_day_with_a_place(
        self, clinic: Clinic, nurse: Actor, least: int | None, first: date | None
    ) -> None:
        """Drawn on the fifteenth; 90 days later the dose has no good day any more, so only the number itself is said."""
        doctor = rows.staff(clinic, "doctor")
        set_days_between_draws(clinic=clinic, days=least, actor=doctor, at=rows.AT)
        [treatment] = couples(clinic, nurse, 1)
        services.arrive(appointment=booked(treatment, nurse), actor=nurse, at=NINE)
        label_unit(appointment=dose(treatment), drawn_at=NINE, actor=nurse, at=NINE)
        [line] = lines_of_closing(self.failed(clinic, nurse, NINE + timedelta(minutes=5)))
        assert line.next_draw_on == (first or DAY + timedelta(days=90))
        if first is None:
            assert line.proposed_at is None
        else:
            assert line.proposed_at is not None
            assert line.proposed_at.date() >= first

    def test_of_a_visit_without_a_draw_no_next_draw_is_said(self, clinic: Clinic, nurse: Actor) -> None:
        early = rows.visit(rows.a_treatment(clinic), "baseline-antibody-test")
        services.book(appointment=early, starts_at=NINE, actor=nurse, at=BOOKED, reason="agreed")
        [line] = lines_of_closing(self.failed(clinic, nurse, NINE - timedelta(minutes=5)))
        assert line.next_draw_on is None

    def test_who_has_arrived_cannot_be_moved(self, clinic: Clinic, nurse: Actor) -> None:
        [treatment] = couples(clinic, nurse, 1)
        services.arrive(appointment=booked(treatment, nurse), actor=nurse, at=NINE)
        closing = self.failed(clinic, nurse, NINE + timedelta(minutes=5))
        [line] = lines_of_closing(closing)
        with pytest.raises(Invalid) as refused:
            apply_closing(
                closing=closing,
                decided={line.pk: Decided("move", NINE + timedelta(days=1))},
                actor=nurse,
                at=self.AT,
            )
        assert refused.value.code == "arrived"
        assert Closing.objects.get().state == "drafted"
        assert not ResourceClosure.objects.exists()

    def failed(self, clinic: Clinic, nurse: Actor, at: datetime = AT) -> Closing:
        return draft_closing(
            clinic=clinic,
            resource=None,
            starts_at=at,
            ends_at=DAY_STARTS + timedelta(days=1),
            reason="Centrifuge",
            from_now=True,
            actor=nurse,
            at=at,
        )
