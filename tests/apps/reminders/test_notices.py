"""Messages about no visit: asked for once, held to the hours in which somebody can explain, secrets kept by nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from apps.clinic.errors import Conflict, Forbidden, Invalid, NotFound
from apps.clinic.models import Change
from apps.couples.models import ContactRoute, Person
from apps.couples.route_queries import ways_of
from apps.couples.routes import RouteInput, add_route, mark_route, opt_in, opt_out
from apps.couples.services import PersonInput, end_silence, silence_couple, update_person
from apps.reminders.models import ChannelSetting, Delivery
from apps.reminders.notices import ask_to_call, say, write_after_loss
from tests import rows
from tests.apps.reminders.acts import BOOKED, Scene, a_scene

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
NUMBER = "+919848000001"


@pytest.fixture
def scene() -> Scene:
    return a_scene()


def sms_on(scene: Scene) -> None:
    ChannelSetting.objects.create(clinic=scene.clinic, channel="sms", provider="demo", changed_at=BOOKED)


def a_route(scene: Scene, person: Person, **given: object) -> ContactRoute:
    wanted = replace(RouteInput("sms", NUMBER, consented_at=BOOKED), **given)  # type: ignore[arg-type]
    return add_route(person=person, given=wanted, actor=scene.nurse, at=BOOKED)


def say_code(scene: Scene, route: ContactRoute | None = None, at: datetime = BOOKED) -> Delivery:
    return say(
        person=scene.recipient,
        kind="code",
        key="one",
        blanks={"code": "471100"},
        actor=scene.nurse,
        at=at,
        not_after=at + HOUR,
        route=route,
    )


def test_a_code_goes_once_to_its_own_route_and_is_forgotten(scene: Scene) -> None:
    sms_on(scene)
    row = say_code(scene, a_route(scene, scene.recipient))
    assert say_code(scene, row.route) == row
    assert scene.send_due(BOOKED) == ["sent"]
    [letter] = scene.channel.letters
    assert (letter.channel, letter.to) == ("sms", NUMBER)
    assert "471100" in letter.body
    row.refresh_from_db()
    assert "471100" not in row.body + row.subject + str(row.blanks)
    assert scene.send_due(BOOKED) == []
    assert Change.objects.filter(kind="message.asked").count() == 1


@pytest.mark.parametrize("given", [{"read_by": "her mother"}, {"belongs_to": "partner", "read_by": "Arjun"}])
def test_a_code_never_goes_to_an_address_that_somebody_else_reads(
    scene: Scene, given: dict[str, str]
) -> None:
    sms_on(scene)
    with pytest.raises(Conflict) as refused:
        say_code(scene, a_route(scene, scene.recipient, **given))
    assert refused.value.code == "shared_route"
    say_code(scene)  # by her own ways: past the shared number, to her own e-mail
    assert scene.send_due(BOOKED) == ["sent"]
    assert scene.channel.letters[0].to == "l@example.org"


def test_a_number_of_two_people_is_shared_without_anybody_saying_so(scene: Scene) -> None:
    route = a_route(scene, scene.recipient)
    a_route(scene, scene.partner)
    with pytest.raises(Conflict):
        say_code(scene, route)


def test_what_makes_no_sense_is_refused_and_writes_nothing(scene: Scene) -> None:
    def ask(**given: object) -> None:
        told: dict[str, object] = {
            "person": scene.recipient,
            "kind": "auto-reply",
            "key": "one",
            "blanks": {"hours": "Mon 09:00"},
            "actor": scene.nurse,
            "at": BOOKED,
            "not_after": BOOKED + HOUR,
        }
        say(**{**told, **given})  # type: ignore[arg-type]

    for wrong in (
        {"kind": "confirmation"},
        {"key": ""},
        {"not_after": BOOKED},
        {"blanks": {}},
        {"blanks": {"hours": "after the ivf"}},
    ):
        with pytest.raises(Invalid):
            ask(**wrong)
    with pytest.raises(NotFound):
        ask(route=a_route(scene, scene.partner))
    assert not Delivery.objects.exists()


def test_silence_holds_every_notice_but_the_code_that_she_asked_for_herself(scene: Scene) -> None:
    silence_couple(couple=scene.couple, reason="own_wish", actor=scene.nurse, at=BOOKED)
    ask_to_call(person=scene.recipient, key="one", actor=scene.nurse, at=BOOKED)
    say_code(scene)
    assert sorted(scene.send_due(BOOKED)) == ["sent", "withdrawn"]
    assert scene.channel.letters[0].text == "code"
    end_silence(couple=scene.couple, actor=scene.nurse, at=BOOKED, yes=rows.a_yes(BOOKED))
    assert scene.send_due(BOOKED) == []


def after_loss(scene: Scene, key: str = "one", at: datetime = BOOKED, **given: object) -> Delivery:
    told = {"couple": scene.couple, "person": scene.recipient, "actor": scene.nurse, "key": key, "at": at}
    return write_after_loss(**{**told, **given})  # type: ignore[arg-type]


def test_after_a_loss_a_clinician_may_write_one_neutral_text_and_nothing_goes_by_itself(scene: Scene) -> None:
    with pytest.raises(Conflict):
        after_loss(scene)
    scene.lose(BOOKED)
    assert scene.send_due(BOOKED) == []
    for role in ("manager", "lab"):
        with pytest.raises(Forbidden):
            after_loss(scene, actor=rows.staff(scene.clinic, role))
    stranger = rows.another(scene.clinic).couple.recipient
    with pytest.raises(NotFound):
        after_loss(scene, person=stranger)
    row = after_loss(scene)
    assert after_loss(scene) == row
    assert scene.send_due(BOOKED) == ["sent"]
    assert scene.send_due(BOOKED + HOUR) == []
    [letter] = scene.channel.letters
    assert (letter.to, letter.text) == ("l@example.org", "updated")
    assert letter.body.startswith("Your record has been updated. Nothing is needed now. Call any time: ")
    assert scene.clinic.phone in letter.body
    after_loss(scene, "two")
    assert scene.send_due(BOOKED + HOUR) == ["sent"]
    asked = Change.objects.filter(kind="message.asked", couple_id=scene.couple.pk)
    assert [change.actor for change in asked] == [scene.nurse.name] * 2


def test_a_word_after_a_loss_gives_way_to_a_wish_and_ends_with_the_silence(scene: Scene) -> None:
    silence_couple(couple=scene.couple, reason="suspected_loss", actor=scene.nurse, at=BOOKED)
    with pytest.raises(Conflict) as unconfirmed:
        after_loss(scene)
    assert unconfirmed.value.code == "no_loss"
    scene.lose(BOOKED)
    after_loss(scene)
    silence_couple(couple=scene.couple, reason="own_wish", actor=scene.nurse, at=BOOKED)
    assert scene.send_due(BOOKED) == ["withdrawn"]
    with pytest.raises(Conflict) as unwished:
        after_loss(scene, "two")
    assert unwished.value.code == "own_wish"


# Hyderabad is open Monday to Saturday, 08:00 to 18:00; its Sunday is closed.
@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ("2026-01-07 11:30", "2026-01-07 11:30"),
        ("2026-01-07 15:59", "2026-01-07 15:59"),
        ("2026-01-07 16:00", "2026-01-08 08:00"),  # two hours before closing
        ("2026-01-07 23:00", "2026-01-08 08:00"),
        ("2026-01-09 17:00", "2026-01-12 08:00"),  # Saturday stands before a closed day
        ("2026-01-10 10:00", "2026-01-12 08:00"),
    ],
)
def test_please_call_us_waits_until_somebody_can_explain(scene: Scene, asked: str, sent: str) -> None:
    at, then = (_hyderabad(moment) for moment in (asked, sent))
    row = ask_to_call(person=scene.recipient, key="one", actor=scene.nurse, at=at)
    states = scene.send_due(at)
    assert states == (["sent"] if at == then else ["waiting"])
    row.refresh_from_db()
    if at != then:
        assert row.next_try_at == then
        assert scene.send_due(then) == ["sent"]
    assert "result" not in scene.channel.letters[0].body.lower()


def test_ways_follow_the_wish_and_leave_out_what_was_refused_or_found_wrong(scene: Scene) -> None:
    def ways() -> list[str]:
        return [way.channel for way in ways_of(scene.recipient)]

    sms = a_route(scene, scene.recipient)
    a_route(scene, scene.recipient, channel="whatsapp", place=2)
    a_route(scene, scene.recipient, channel="call", consented_at=None)
    assert ways() == ["sms", "whatsapp", "email"]
    opt_out(route=sms, actor=scene.nurse, at=BOOKED)
    assert ways() == ["whatsapp", "email"]
    opt_in(route=sms, actor=scene.nurse, at=BOOKED)
    mark_route(route=sms, wrong=True, actor=scene.nurse, at=BOOKED)
    assert ways() == ["whatsapp", "email"]
    told = replace(PersonInput.of(scene.recipient), wants_email=False)
    update_person(person=scene.recipient, given=told, actor=scene.nurse, at=BOOKED)
    assert ways() == ["whatsapp"]
    told = replace(told, contact_consent_at=None)
    update_person(person=scene.recipient, given=told, actor=scene.nurse, at=BOOKED)
    assert ways() == []


def test_a_route_that_is_no_route_is_refused_with_every_fault(scene: Scene) -> None:
    with pytest.raises(Invalid) as refused:
        a_route(scene, scene.recipient, address="98480", belongs_to="family", place=0)
    assert {fault.field for fault in refused.value.faults} == {"address", "read_by", "place"}


def _hyderabad(wall: str) -> datetime:
    return datetime.fromisoformat(f"{wall}:00+05:30").astimezone(UTC)
