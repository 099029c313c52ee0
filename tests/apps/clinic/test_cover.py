"""Whose a thing is on a day: their own, their cover's, or everybody's; and who may be entered as cover."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.clinic.cover import Coverage, Span
from apps.clinic.covering import add_cover, coverage_of, covers_of, end_cover
from apps.clinic.errors import Conflict, Forbidden, Invalid, NotFound
from apps.clinic.models import User
from apps.clinic.queries import members
from tests import rows

TODAY = date(2026, 1, 5)
DAY = timedelta(days=1)
SEN, RAO, DEVI = 1, 2, 3
ALL = frozenset({SEN, RAO, DEVI})


def span(user: int, by: int, *, first: int = 0, last: int = 0, away: bool = True) -> Span:
    return Span(user, by, TODAY + first * DAY, TODAY + last * DAY, away)


def owners(*spans: Span, assigned: int | None = SEN, due: int = 0) -> tuple[str, frozenset[int]]:
    found = Coverage(ALL, spans, TODAY).owners(assigned, TODAY + due * DAY)
    return found.stage, found.users


def test_a_flag_is_its_own_doctors_until_its_day_is_over() -> None:
    assert owners() == ("own", {SEN})
    assert owners(due=5) == ("own", {SEN})


def test_nobody_assigned_means_all_doctors() -> None:
    assert owners(assigned=None, due=5) == ("all", ALL)
    assert owners(assigned=99, due=5) == ("all", ALL)


def test_whoever_is_away_is_covered_on_those_days_only() -> None:
    assert owners(span(SEN, RAO, first=-1, last=1)) == ("cover", {RAO})
    assert owners(span(SEN, RAO, first=1, last=3)) == ("own", {SEN})
    assert owners(span(SEN, RAO, first=-3, last=-1)) == ("own", {SEN})


def test_a_cover_who_is_away_is_covered_in_turn_and_a_ring_is_everybodys() -> None:
    assert owners(span(SEN, RAO), span(RAO, DEVI)) == ("cover", {DEVI})
    assert owners(span(SEN, RAO), span(RAO, SEN)) == ("all", ALL)


def test_what_is_undecided_past_its_day_goes_to_the_cover_and_a_day_later_to_all() -> None:
    deputy = span(SEN, RAO, first=-30, last=30, away=False)
    assert owners(deputy, due=0) == ("own", {SEN})
    assert owners(deputy, due=-1) == ("cover", {RAO})
    assert owners(deputy, due=-2) == ("all", ALL)


def test_what_is_late_and_has_no_cover_is_everybodys_at_once() -> None:
    assert owners(due=-1) == ("all", ALL)


def test_a_deputy_has_nothing_that_is_in_time_even_while_the_doctor_is_away() -> None:
    away, deputy = span(SEN, DEVI), span(SEN, RAO, away=False)
    assert owners(away, deputy) == ("cover", {DEVI})


def test_somebody_who_left_covers_nobody() -> None:
    assert owners(span(SEN, 99)) == ("all", ALL)


@given(
    spans=st.lists(
        st.builds(
            Span,
            user=st.integers(1, 4),
            by=st.integers(1, 4),
            from_on=st.dates(TODAY - 3 * DAY, TODAY),
            to_on=st.dates(TODAY - DAY, TODAY + 3 * DAY),
            away=st.booleans(),
        ),
        max_size=6,
    ),
    assigned=st.none() | st.integers(1, 4),
    due=st.integers(-4, 4),
)
def test_a_thing_always_has_an_owner_who_works_there(
    spans: list[Span], assigned: int | None, due: int
) -> None:
    found = Coverage(ALL, spans, TODAY).owners(assigned, TODAY + due * DAY)
    assert found.users
    assert found.users <= ALL
    if found.stage != "all":
        assert len(found.users) == 1


@pytest.mark.django_db
def test_cover_is_entered_for_days_and_ended_whole() -> None:
    clinic = rows.a_clinic()
    manager = rows.staff(clinic, "manager")
    sen, rao = (User.objects.get(pk=rows.staff(clinic, "doctor", name).user_id) for name in ("sen", "rao"))
    cover = add_cover(
        clinic=clinic, user=sen, by=rao, from_on=TODAY, to_on=TODAY + DAY, actor=manager, at=rows.AT
    )
    found = coverage_of(covers_of(clinic, from_on=TODAY), members(clinic), "doctor", TODAY)
    assert found.owners(sen.pk, TODAY).users == {rao.pk}
    assert list(covers_of(clinic, from_on=TODAY + 2 * DAY)) == []
    with pytest.raises(Conflict):
        add_cover(clinic=clinic, user=sen, by=rao, from_on=TODAY, to_on=TODAY, actor=manager, at=rows.AT)
    end_cover(cover=cover, actor=manager, at=rows.AT)
    assert not covers_of(clinic, from_on=TODAY).exists()


@pytest.mark.django_db
def test_only_somebody_of_the_same_role_here_covers_and_the_days_are_in_order() -> None:
    clinic, other = rows.a_clinic(), rows.a_clinic(rows.LONDON)
    manager = rows.staff(clinic, "manager")
    doctor, nurse, stranger = (
        User.objects.get(pk=rows.staff(place, role, name).user_id)
        for place, role, name in ((clinic, "doctor", "d"), (clinic, "nurse", "n"), (other, "doctor", "s"))
    )
    wrong = [
        (doctor, nurse, TODAY, TODAY, "by"),
        (doctor, stranger, TODAY, TODAY, "by"),
        (stranger, doctor, TODAY, TODAY, "user"),
        (doctor, doctor, TODAY, TODAY, "by"),
        (doctor, nurse, TODAY, TODAY - DAY, "to_on"),
        (doctor, nurse, TODAY, TODAY + 400 * DAY, "to_on"),
    ]
    for user, by, from_on, to_on, field in wrong:
        with pytest.raises(Invalid) as refused:
            add_cover(
                clinic=clinic, user=user, by=by, from_on=from_on, to_on=to_on, actor=manager, at=rows.AT
            )
        assert refused.value.field == field
    assert not covers_of(clinic, from_on=TODAY).exists()


@pytest.mark.django_db
def test_a_laboratory_and_a_neighbour_enter_no_cover() -> None:
    clinic = rows.a_clinic()
    one, two = (User.objects.get(pk=rows.staff(clinic, "doctor", name).user_id) for name in ("a", "b"))
    for actor, error in (
        (rows.staff(clinic, "lab"), Forbidden),
        (rows.staff(rows.a_clinic(rows.LONDON), "manager"), NotFound),
    ):
        with pytest.raises(error):
            add_cover(clinic=clinic, user=one, by=two, from_on=TODAY, to_on=TODAY, actor=actor, at=rows.AT)
