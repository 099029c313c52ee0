"""A donor's unit: its label, how it ends, and the trail from a donor, a unit or a lot to every dose."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.booking.models import DonorUnit
from apps.booking.session.fitness import set_days_between_draws
from apps.booking.session.running import fail_gate, stop_session
from apps.booking.session.unit_queries import next_draw_from, units_of, units_to_dispose
from apps.booking.session.units import CHECK_LENGTH, dispose_unit, label_unit
from apps.clinic.errors import Conflict, Invalid, LitError
from apps.couples.models import Person
from tests import rows
from tests.apps.booking.a_session import DAY, Session, a_session
from tests.rows import AT

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> Session:
    return a_session()


def partner(session: Session) -> Person:
    return session.treatment.couple.partner


def test_the_end_of_the_draw_labels_the_unit(session: Session) -> None:
    session.drawn()
    unit = DonorUnit.objects.get()
    assert unit.code == f"{session.treatment.couple.code}-260126-1-{unit.check_code}"
    assert len(unit.check_code) == CHECK_LENGTH
    assert not set(unit.check_code) & set("0O1IB8S5")
    assert (unit.donor, unit.donor_person, unit.drawn_at) == ("partner", partner(session), DAY)
    assert unit.recipient == session.treatment.couple.recipient


def test_a_clinic_without_a_chain_labels_the_unit_by_hand_once() -> None:
    plain = a_session(chain=False)
    label_unit(appointment=plain.row, drawn_at=DAY, actor=plain.by("nurse"), at=DAY)
    with pytest.raises(Conflict) as refusal:
        label_unit(appointment=plain.row, drawn_at=DAY, actor=plain.by("nurse"), at=DAY)
    assert refusal.value.code == "labelled"
    with pytest.raises(Invalid):
        label_unit(appointment=plain.row, drawn_at=DAY + timedelta(hours=1), actor=plain.by("nurse"), at=DAY)


def test_after_a_disposal_a_new_draw_gets_a_new_number(session: Session) -> None:
    session.drawn()
    first = DonorUnit.objects.get()
    dispose_unit(unit=first, reason="tube broke", actor=session.by("nurse"), at=DAY)
    [second] = label_unit(appointment=session.row, drawn_at=DAY, actor=session.by("nurse"), at=DAY)
    assert "-2-" in second.code
    assert second.check_code != first.check_code


def test_a_disposal_needs_a_reason_and_a_time_that_can_be_and_happens_once(session: Session) -> None:
    session.drawn()
    unit = DonorUnit.objects.get()
    nurse = session.by("nurse")
    with pytest.raises(Invalid):
        dispose_unit(unit=unit, reason=" ", actor=nurse, at=DAY)
    with pytest.raises(Invalid):
        dispose_unit(unit=unit, reason="x", actor=nurse, at=DAY, happened_at=DAY - timedelta(hours=1))
    at = DAY + timedelta(hours=3)
    dispose_unit(unit=unit, reason="centrifuge", actor=nurse, at=at, happened_at=DAY + timedelta(hours=2))
    unit.refresh_from_db()
    assert (unit.disposed_at, unit.disposal_reason, unit.disposed_by) == (
        DAY + timedelta(hours=2),
        "centrifuge",
        nurse.name,
    )
    with pytest.raises(Conflict):
        dispose_unit(unit=unit, reason="again", actor=nurse, at=at)


def test_the_database_lets_no_unit_be_injected_unreleased_or_after_its_disposal(session: Session) -> None:
    session.drawn()
    with pytest.raises(IntegrityError), transaction.atomic():
        DonorUnit.objects.update(injected_at=DAY)
    with pytest.raises(IntegrityError), transaction.atomic():
        DonorUnit.objects.update(
            injected_at=DAY, released_at=DAY, disposed_at=DAY, disposal_reason="both at once"
        )


def test_what_was_drawn_and_cannot_be_given_is_listed_for_disposal(session: Session) -> None:
    session.released()
    assert not units_to_dispose(session.clinic, DAY).exists()
    at = DAY + timedelta(hours=2)
    stop_session(appointment=session.row, cause="equipment", actor=session.by("nurse"), at=at)
    assert units_to_dispose(session.clinic, at).get() == DonorUnit.objects.get()
    dispose_unit(unit=DonorUnit.objects.get(), reason="centrifuge", actor=session.by("nurse"), at=at)
    assert not units_to_dispose(session.clinic, at).exists()


def test_a_unit_of_yesterday_is_listed_too(session: Session) -> None:
    session.drawn()
    assert units_to_dispose(session.clinic, DAY + timedelta(days=1)).exists()


def test_the_next_draw_follows_from_the_last_one_and_the_clinics_own_number(session: Session) -> None:
    found = next_draw_from(session.clinic, partner(session))
    assert (found.last_on, found.from_on) == (None, None)
    session.drawn()
    assert next_draw_from(session.clinic, partner(session)).from_on is None
    set_days_between_draws(clinic=session.clinic, days=28, actor=session.by("doctor"), at=AT)
    found = next_draw_from(session.clinic, partner(session))
    assert (found.last_on, found.from_on) == (DAY.date(), (DAY + timedelta(days=28)).date())


def test_from_a_donor_a_unit_or_a_recipient_the_trail_is_one_query(
    session: Session, django_assert_num_queries: object
) -> None:
    session.drawn()
    unit = DonorUnit.objects.get()
    for asked in (
        {"donor": partner(session)},
        {"unit": unit.code.lower()},
        {"recipient": session.treatment.couple.recipient},
    ):
        with django_assert_num_queries(1):  # type: ignore[operator]
            [found] = units_of(session.clinic, **asked)  # type: ignore[arg-type]
            people = (found.donor_person, found.recipient)
            code = found.appointment.treatment.couple.code
        assert (found, *people) == (unit, partner(session), session.treatment.couple.recipient)
        assert code == session.treatment.couple.code


def lost(session: Session) -> None:
    at = DAY + timedelta(hours=1)
    rows.said(session.treatment, session.by("nurse"), at, "milestone", name="loss", on=DAY.date())


def an_unbooked_session() -> Session:
    clinic = rows.a_clinic()
    found = Session(
        clinic, rows.a_treatment(clinic), {role: rows.staff(clinic, role) for role in ("nurse", "doctor")}
    )
    assert not found.row.touched
    return found


def test_a_loss_is_recorded_though_a_visit_that_nobody_booked_has_a_unit() -> None:
    unbooked = an_unbooked_session()
    nurse = unbooked.by("nurse")
    label_unit(appointment=unbooked.row, drawn_at=DAY, actor=nurse, at=DAY)
    lost(unbooked)
    assert DonorUnit.objects.get().appointment == unbooked.row


def test_a_loss_is_recorded_though_a_visit_that_nobody_booked_was_not_released() -> None:
    unbooked = an_unbooked_session()
    fail_gate(appointment=unbooked.row, reason="x", actor=unbooked.by("doctor"), at=DAY)
    lost(unbooked)
    assert unbooked.row.release_refusals.count() == 1


def test_another_clinic_sees_and_touches_no_unit(session: Session) -> None:
    session.drawn()
    london = rows.a_clinic(rows.LONDON)
    assert not units_of(london).exists()
    stranger = rows.staff(london, "doctor")
    with pytest.raises(LitError) as refusal:
        dispose_unit(unit=DonorUnit.objects.get(), reason="x", actor=stranger, at=DAY)
    assert refusal.value.status == 404
