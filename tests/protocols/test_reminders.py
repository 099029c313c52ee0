"""Which message is due when: by hand, then as properties."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.durations import parse
from protocols.reminders import DueMessage, messages_for_cancellation, messages_for_visit, reminder_kind
from protocols.template import ReminderSettings


def setting(before: str, at: str = "09:00") -> ReminderSettings:
    return ReminderSettings(before=parse(before), at=at, source="S89", grade="A")


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


THREE_AND_ONE = (setting("P3D"), setting("P1D"))
VISIT = wall("2026-01-15 08:00")


def test_a_visit_is_confirmed_at_once_and_reminded_three_days_and_one_day_before() -> None:
    booked = wall("2026-01-02 16:30")
    assert messages_for_visit(THREE_AND_ONE, starts=VISIT, booked=booked, attends=("recipient",)) == (
        DueMessage("confirmation", "recipient", booked, VISIT),
        DueMessage("reminder-3d", "recipient", wall("2026-01-12 09:00"), wall("2026-01-14 09:00")),
        DueMessage("reminder-1d", "recipient", wall("2026-01-14 09:00"), VISIT),
    )


def test_everybody_who_attends_is_written_to_and_nobody_else() -> None:
    booked = wall("2026-01-02 16:30")
    messages = messages_for_visit(
        THREE_AND_ONE, starts=VISIT, booked=booked, attends=("recipient", "partner")
    )
    assert [message.role for message in messages] == ["recipient", "partner"] * 3
    assert messages_for_visit(THREE_AND_ONE, starts=VISIT, booked=booked, attends=()) == ()


@pytest.mark.parametrize(
    ("booked", "kinds"),
    [
        (wall("2026-01-12 08:59"), ["confirmation", "reminder-3d", "reminder-1d"]),
        (wall("2026-01-12 09:00"), ["confirmation", "reminder-1d"]),
        (wall("2026-01-14 12:00"), ["confirmation"]),
        (wall("2026-01-15 08:00"), []),
        (wall("2026-01-16 08:00"), []),
    ],
)
def test_a_reminder_that_is_already_due_when_the_visit_is_booked_is_left_out(
    booked: datetime, kinds: list[str]
) -> None:
    messages = messages_for_visit(THREE_AND_ONE, starts=VISIT, booked=booked, attends=("recipient",))
    assert [message.kind for message in messages] == kinds


def test_a_reminder_on_the_day_itself_never_comes_after_the_start() -> None:
    messages = messages_for_visit(
        (setting("P0D"),), starts=VISIT, booked=VISIT - timedelta(days=5), attends=("recipient",)
    )
    assert [message.kind for message in messages] == ["confirmation"]


def test_months_are_counted_by_the_inverse_of_addition() -> None:
    messages = messages_for_visit(
        (setting("P1M"),),
        starts=wall("2026-03-01 08:00"),
        booked=wall("2026-01-02 08:00"),
        attends=("recipient",),
    )
    # 31 January + P1M rolls forward to 1 March; subtracting a month would have given 1 February.
    assert [message.due for message in messages if message.kind == "reminder-1m"] == [
        wall("2026-02-01 09:00")
    ]


def test_two_reminders_of_one_day_are_two_kinds() -> None:
    messages = messages_for_visit(
        (setting("P1D", "09:00"), setting("P1D", "18:00")),
        starts=VISIT,
        booked=wall("2026-01-02 08:00"),
        attends=("recipient",),
    )
    assert [message.kind for message in messages] == [
        "confirmation",
        "reminder-1d-09:00",
        "reminder-1d-18:00",
    ]


@pytest.mark.parametrize(
    ("before", "kind"),
    [
        ("P3D", "reminder-3d"),
        ("P1W", "reminder-7d"),
        ("P1M", "reminder-1m"),
        ("P1M+P2D", "reminder-1m-2d"),
        ("P0D", "reminder-0d"),
    ],
)
def test_the_kind_is_named_after_the_duration(before: str, kind: str) -> None:
    assert reminder_kind(parse(before)) == kind


def test_a_cancellation_is_told_to_those_who_know_of_the_visit_while_it_lies_ahead() -> None:
    cancelled = wall("2026-01-13 11:00")
    assert messages_for_cancellation(starts=VISIT, cancelled=cancelled, told=("partner",)) == (
        DueMessage("cancelled", "partner", cancelled, VISIT),
    )
    assert messages_for_cancellation(starts=VISIT, cancelled=cancelled, told=()) == ()
    assert messages_for_cancellation(starts=VISIT, cancelled=VISIT, told=("partner",)) == ()


@given(
    starts=st.datetimes(wall("2026-01-01 00:00"), wall("2028-12-31 00:00")),
    lead=st.timedeltas(timedelta(0), timedelta(days=90)),
    befores=st.lists(st.sampled_from(["P0D", "P1D", "P3D", "P1W", "P1M", "P2M-P3D"]), unique=True),
)
def test_every_message_has_a_moment_in_which_it_may_be_sent(
    starts: datetime, lead: timedelta, befores: list[str]
) -> None:
    booked = starts - lead
    settings = tuple(setting(before) for before in befores)
    messages = messages_for_visit(settings, starts=starts, booked=booked, attends=("recipient",))
    assert all(booked <= message.due < message.not_after <= starts for message in messages)
    assert len({message.kind for message in messages}) == len(messages)
    assert [message.due for message in messages] == sorted(message.due for message in messages)
