"""Couples who would come earlier are offered what came free, those whose window closes first at the top."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from apps.booking import services
from apps.booking.models import WaitingWish
from apps.booking.queries import best_slots
from apps.booking.waiting import freed_times, no_longer, offers_for, want_earlier, wish_by_id, wishes_of
from apps.clinic.actors import Actor
from apps.clinic.errors import Conflict, Forbidden, Invalid, NotFound
from apps.clinic.models import Clinic
from apps.treatments.models import Appointment, Treatment
from tests import rows
from tests.apps.booking.closing.test_closing import BOOKED, DAY, NINE, booked, couples, dose

pytestmark = pytest.mark.django_db


def waits(treatment: Treatment, nurse: Actor, days_later: int = 1, **further: object) -> WaitingWish:
    """Booked some days after that day, and would come earlier."""
    booked(treatment, nurse, NINE + timedelta(days=days_later))
    given = {"appointment": dose(treatment), "actor": nurse, "at": BOOKED} | further
    return want_earlier(**given)  # type: ignore[arg-type]


def gives_back(treatment: Treatment, nurse: Actor) -> None:
    """A booking on that day that is cancelled."""
    booked(treatment, nurse)
    services.cancel(appointment=dose(treatment), reason="ill", actor=nurse, at=BOOKED)


def test_a_cancelled_booking_is_offered_to_who_would_come_earlier(clinic: Clinic, nurse: Actor) -> None:
    one, two = couples(clinic, nurse, 2)
    wish = waits(one, nurse)
    gives_back(two, nurse)
    assert [freed.starts_at for freed in freed_times(clinic, at=BOOKED)] == [NINE]
    [offer] = offers_for(clinic, DAY, at=BOOKED, near=[NINE])
    assert (offer.wish, offer.slot.starts_at) == (wish, NINE)
    assert not offer.slot.needs_reason


def test_a_moved_booking_gives_its_old_time_back(clinic: Clinic, nurse: Actor) -> None:
    [one] = couples(clinic, nurse, 1)
    booked(one, nurse)
    services.move(
        appointment=dose(one), starts_at=NINE + timedelta(days=1), actor=nurse, at=BOOKED, reason="wish"
    )
    assert [freed.starts_at for freed in freed_times(clinic, at=BOOKED)] == [NINE]


def test_what_is_kept_says_until_when(clinic: Clinic, nurse: Actor) -> None:
    rows.equipped(clinic)
    [one] = couples(clinic, nurse, 1)
    first, other = best_slots(dose(one), at=BOOKED)[:2]
    services.book(appointment=dose(one), starts_at=first.starts_at, actor=nurse, at=BOOKED, reason="x")
    services.move(appointment=dose(one), starts_at=other.starts_at, actor=nurse, at=BOOKED, reason="x")
    assert any(freed.kept_until is not None for freed in freed_times(clinic, at=BOOKED))


def test_whose_window_closes_first_stands_at_the_top(clinic: Clinic, nurse: Actor) -> None:
    one, two, three = couples(clinic, nurse, 3)
    later, sooner = waits(one, nurse), waits(two, nurse, 2)
    Appointment.objects.filter(pk=dose(one).pk).update(latest_on=date(2026, 3, 1))
    Appointment.objects.filter(pk=dose(two).pk).update(latest_on=date(2026, 2, 1))
    gives_back(three, nurse)
    assert [offer.wish for offer in offers_for(clinic, DAY, at=BOOKED)] == [sooner, later]
    assert list(wishes_of(clinic, at=BOOKED)) == [sooner, later]


def test_nothing_is_offered_on_or_after_the_booked_time_or_before_they_could_come(
    clinic: Clinic, nurse: Actor
) -> None:
    one, two = couples(clinic, nurse, 2)
    waits(one, nurse, from_on=DAY + timedelta(days=1))
    gives_back(two, nurse)
    assert offers_for(clinic, DAY, at=BOOKED) == []
    assert offers_for(clinic, DAY + timedelta(days=4), at=BOOKED) == []


def test_nothing_is_offered_outside_the_good_days(clinic: Clinic, nurse: Actor) -> None:
    [one] = couples(clinic, nurse, 1)
    waits(one, nurse)
    earliest = dose(one).earliest_on
    assert earliest is not None
    assert offers_for(clinic, earliest - timedelta(days=1), at=BOOKED) == []


def test_a_wish_needs_a_booking_ahead(clinic: Clinic, nurse: Actor) -> None:
    [one] = couples(clinic, nurse, 1)
    with pytest.raises(Conflict) as refused:
        want_earlier(appointment=dose(one), actor=nurse, at=BOOKED)
    assert refused.value.code == "not_booked"


def test_a_day_after_the_booking_is_no_earlier_one(clinic: Clinic, nurse: Actor) -> None:
    [one] = couples(clinic, nurse, 1)
    with pytest.raises(Invalid) as refused:
        waits(one, nurse, from_on=DAY + timedelta(days=9))
    assert refused.value.field == "from_on"


def test_a_wish_said_twice_is_one_and_the_later_one_stands(clinic: Clinic, nurse: Actor) -> None:
    [one] = couples(clinic, nurse, 1)
    waits(one, nurse)
    want_earlier(appointment=dose(one), note="mornings", actor=nurse, at=BOOKED)
    assert [wish.note for wish in WaitingWish.objects.all()] == ["mornings"]


def test_a_wish_ends_once(clinic: Clinic, nurse: Actor) -> None:
    [one] = couples(clinic, nurse, 1)
    wish = waits(one, nurse)
    no_longer(wish=wish, actor=nurse, at=BOOKED)
    assert not wishes_of(clinic, at=BOOKED).exists()
    with pytest.raises(Conflict):
        no_longer(wish=wish, actor=nurse, at=BOOKED)


def test_a_cancelled_visit_waits_for_nothing(clinic: Clinic, nurse: Actor) -> None:
    [one] = couples(clinic, nurse, 1)
    waits(one, nurse)
    services.cancel(appointment=dose(one), reason="ill", actor=nurse, at=BOOKED)
    assert not wishes_of(clinic, at=BOOKED).exists()


def test_another_clinic_sees_and_ends_none_of_it(clinic: Clinic, nurse: Actor) -> None:
    london = rows.a_clinic(rows.LONDON)
    [one] = couples(clinic, nurse, 1)
    wish = waits(one, nurse)
    assert not wishes_of(london, at=BOOKED).exists()
    with pytest.raises(NotFound):
        wish_by_id(london, wish.pk)
    with pytest.raises((Forbidden, NotFound)):
        no_longer(wish=wish, actor=rows.staff(london, "nurse"), at=BOOKED)
