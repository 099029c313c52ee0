"""What a person's calendar shows, and that every visible change raises the revision."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from apps.booking import services as booking
from apps.clinic import services as clinics
from apps.couples import services as couples
from apps.feeds import services
from apps.feeds.building import build
from apps.feeds.models import FeedLink
from apps.reminders.words import clinical_words
from apps.treatments.models import Appointment, Treatment
from tests import rows
from tests.apps.feeds.acts import a_link, events, revision, shown
from tests.apps.reminders.acts import BOOKED, OTHER, VISIT, Scene, a_scene

TITLE = "Appointment, Lake Road"
NEUTRAL = "CONFIRMED Lake Road"


@pytest.fixture
def scene(db: None) -> Scene:
    scene = a_scene()
    scene.book()
    return scene


def test_a_booked_visit_is_shown_to_each_of_those_who_attend(scene: Scene) -> None:
    for role in ("recipient", "partner"):
        link, _ = a_link(scene, role)
        assert shown(link, BOOKED) == [f"CONFIRMED {TITLE}"]


def test_a_visit_of_the_other_person_is_not_shown(scene: Scene) -> None:
    Appointment.objects.filter(pk=scene.visit.pk).update(partner=None)
    link, _ = a_link(scene, "partner")
    assert shown(link, BOOKED) == [NEUTRAL]


def test_r1_the_uid_is_the_appointments_and_survives_move_cancellation_and_rotation(scene: Scene) -> None:
    link, _ = a_link(scene)
    (before,) = events(build(link, BOOKED).body)
    scene.move(OTHER, BOOKED + timedelta(hours=1))
    (after,) = events(build(link, BOOKED + timedelta(hours=1)).body)
    assert before["UID"] == after["UID"] == f"{scene.visit.pk}@appointments.invalid"


def test_r2_a_move_raises_sequence_and_stamps(scene: Scene) -> None:
    link, _ = a_link(scene)
    (before,) = events(build(link, BOOKED).body)
    scene.move(OTHER, BOOKED + timedelta(hours=1))
    (after,) = events(build(link, BOOKED + timedelta(hours=1)).body)
    assert after.start == OTHER
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after["DTSTAMP"].dt == after["LAST-MODIFIED"].dt == BOOKED + timedelta(hours=1)


def test_r2_the_same_state_is_the_same_bytes_at_any_hour(scene: Scene) -> None:
    link, _ = a_link(scene)
    first = build(link, BOOKED)
    later = build(link, BOOKED + timedelta(hours=9))
    assert (later.body, later.etag, later.last_modified) == (first.body, first.etag, first.last_modified)


def test_r2_bytes_of_an_event_that_differ_have_another_revision(scene: Scene) -> None:
    """Through a whole life: every two versions of one event that differ at all differ in their revision."""
    link, _ = a_link(scene, shows_windows=True)
    at = BOOKED
    versions: dict[str, dict[bytes, tuple[str, str, str]]] = {}

    def look(moment: datetime) -> None:
        for event in events(build(link, moment).body):
            versions.setdefault(str(event["UID"]), {})[event.to_ical()] = revision(event)

    acts = [
        lambda when: scene.move(OTHER, when),
        lambda when: clinics.update_clinic(
            clinic=scene.clinic,
            given=replace(rows.HYDERABAD, discreet_place="2 Lake Road"),
            actor=rows.SYSTEM,
            at=when,
        ),
        lambda when: services.choose(
            link=link, shows_windows=True, shows_details=True, has_alarms=True, actor=scene.nurse, at=when
        ),
        lambda when: clinics.update_clinic(
            clinic=scene.clinic,
            given=replace(rows.HYDERABAD, phone="+91 40 5550 0101"),
            actor=rows.SYSTEM,
            at=when,
        ),
        lambda when: scene.cancel(when),
        lambda when: scene.book(VISIT, when),
        lambda when: booking.move(
            appointment=scene.visit, starts_at=VISIT, minutes=90, actor=scene.nurse, at=when, reason="long"
        ),
        lambda when: rows.said(
            scene.treatment, scene.nurse, when, "milestone", name="pregnancy", on=when.date()
        ),
        lambda when: scene.lose(when),
    ]
    look(at)
    for act in acts:
        at += timedelta(hours=1)
        act(at)
        look(at)
        look(at + timedelta(days=1))
    assert sum(len(of_one) for of_one in versions.values()) > len(acts)
    for of_one in versions.values():
        assert len(set(of_one.values())) == len(of_one)


def test_r3_a_cancelled_visit_is_struck_through_for_thirty_days_then_gone(scene: Scene) -> None:
    link, _ = a_link(scene)
    (before,) = events(build(link, BOOKED).body)
    scene.cancel(BOOKED + timedelta(hours=1))
    (after,) = events(build(link, BOOKED + timedelta(hours=1)).body)
    assert after["SUMMARY"] == f"CANCELLED - {TITLE}"
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert shown(link, BOOKED + timedelta(days=30)) == [f"CANCELLED CANCELLED - {TITLE}"]
    assert shown(link, BOOKED + timedelta(days=30, hours=2)) == [NEUTRAL]


def test_a_pencilled_visit_is_never_shown_not_even_struck_through(scene: Scene) -> None:
    link, _ = a_link(scene)
    Appointment.objects.filter(pk=scene.visit.pk).update(pencilled=True)
    assert shown(link, BOOKED) == [NEUTRAL]
    scene.cancel(BOOKED + timedelta(hours=1))
    assert shown(link, BOOKED + timedelta(hours=1)) == [NEUTRAL]


def test_a_booked_visit_that_is_held_stays_shown(scene: Scene) -> None:
    link, _ = a_link(scene)
    rows.said(scene.treatment, scene.nurse, BOOKED, "milestone", name="pregnancy", on=BOOKED.date())
    assert scene.visit.held
    assert shown(link, BOOKED) == [f"CONFIRMED {TITLE}"]


def test_p3_after_a_loss_the_future_is_gone_and_one_neutral_past_day_is_left(scene: Scene) -> None:
    link, _ = a_link(scene, "partner")
    lost_at = BOOKED + timedelta(days=1)
    scene.lose(lost_at)
    body = build(link, lost_at).body
    (event,) = events(body)
    assert f"{event['STATUS']} {event['SUMMARY']}" == NEUTRAL
    assert event.start < BOOKED.date()
    assert b"CANCELLED" not in body


def test_p3_what_a_loss_called_off_is_not_struck_through_after_the_silence_either(scene: Scene) -> None:
    link, _ = a_link(scene)
    lost_at = BOOKED + timedelta(days=1)
    scene.lose(lost_at)
    couples.end_silence(
        couple=scene.couple,
        actor=scene.nurse,
        second_actor=scene.doctor,
        at=lost_at + timedelta(hours=1),
        yes=rows.a_yes(lost_at + timedelta(hours=1)),
    )
    assert shown(link, lost_at + timedelta(hours=2)) == [NEUTRAL]


def test_a_chosen_silence_hides_the_future_and_its_end_brings_it_back(scene: Scene) -> None:
    link, _ = a_link(scene)
    couples.silence_couple(couple=scene.couple, reason="own_wish", actor=scene.nurse, at=BOOKED)
    assert shown(link, BOOKED) == [NEUTRAL]
    couples.end_silence(
        couple=scene.couple,
        actor=scene.nurse,
        at=BOOKED + timedelta(hours=1),
        yes=rows.a_yes(BOOKED + timedelta(hours=1)),
    )
    assert shown(link, BOOKED + timedelta(hours=1)) == [f"CONFIRMED {TITLE}"]


def test_past_visits_stay_for_thirty_days_even_in_silence(scene: Scene) -> None:
    link, _ = a_link(scene)
    after_visit = VISIT + timedelta(days=1)
    couples.silence_couple(couple=scene.couple, reason="own_wish", actor=scene.nurse, at=after_visit)
    assert shown(link, after_visit) == [f"CONFIRMED {TITLE}"]
    assert shown(link, VISIT + timedelta(days=31)) == [NEUTRAL]


def test_r5_windows_are_shown_only_to_those_who_asked_and_never_as_a_date(scene: Scene) -> None:
    plain_link, _ = a_link(scene)
    asked, _ = a_link(scene, shows_windows=True)
    assert len(shown(plain_link, BOOKED)) == 1
    windows = [event for event in events(build(asked, BOOKED).body) if event["STATUS"] == "TENTATIVE"]
    assert windows
    stored = Appointment.objects.get(pk=str(windows[0]["UID"]).partition("@")[0])
    assert (windows[0].start, windows[0].end) == (
        stored.earliest_on,
        stored.latest_on + timedelta(days=1) if stored.latest_on else None,
    )
    assert windows[0]["SUMMARY"] == f"{TITLE}: window, the day is not yet agreed"


def test_r5_a_window_is_what_the_rest_of_the_plan_leaves_and_none_where_nothing_is_left(scene: Scene) -> None:
    asked, _ = a_link(scene, shows_windows=True)
    uid = next(
        str(event["UID"]) for event in events(build(asked, BOOKED).body) if event["STATUS"] == "TENTATIVE"
    )
    row = Appointment.objects.filter(pk=uid.partition("@")[0])
    stored = row.get()
    assert stored.earliest_on
    first, last = stored.earliest_on + timedelta(days=2), stored.earliest_on + timedelta(days=6)
    row.update(bookable_from=first, bookable_to=last)
    shown_now = {str(event["UID"]): event for event in events(build(asked, BOOKED).body)}
    assert (shown_now[uid].start, shown_now[uid].end) == (first, last + timedelta(days=1))
    row.update(bookable_from=last, bookable_to=first)
    assert uid not in {str(event["UID"]) for event in events(build(asked, BOOKED).body)}


def windows(link: FeedLink, at: datetime = BOOKED) -> int:
    return sum(line.startswith("TENTATIVE") for line in shown(link, at))


def test_r5_no_window_of_what_is_held_booked_over_or_somebody_elses(scene: Scene) -> None:
    hers, _ = a_link(scene, shows_windows=True)
    his, _ = a_link(scene, "partner", shows_windows=True)
    open_ones = Appointment.objects.filter(
        treatment=scene.treatment, state__in=("proposed", "waiting"), starts_at=None
    )
    assert windows(hers)
    assert windows(his) < windows(hers)  # he does not come to everything
    open_ones.update(attends=["recipient"])
    assert (windows(his), windows(hers) > 0) == (0, True)
    open_ones.update(held=True)
    assert windows(hers) == 0
    open_ones.update(held=False)
    assert windows(hers)
    Treatment.objects.filter(pk=scene.treatment.pk).update(closed_reason="completed")
    assert windows(hers) == 0


def test_p3_a_silent_couple_has_no_windows(scene: Scene) -> None:
    link, _ = a_link(scene, shows_windows=True)
    couples.silence_couple(couple=scene.couple, reason="own_wish", actor=scene.nurse, at=BOOKED)
    assert shown(link, BOOKED) == [NEUTRAL]


def test_r7_no_clinical_word_no_name_and_no_deep_link_in_any_feed(scene: Scene) -> None:
    link, token = a_link(scene, shows_windows=True)
    body = build(link, BOOKED).body.decode().replace("\r\n ", "")
    said = [line for line in body.split("\r\n") if line.startswith(("SUMMARY", "LOCATION", "NAME", "X-WR"))]
    assert clinical_words("\n".join(said)) == ()
    for secret in ("Lalitha", "Arjun", "Rao", token, "http", "sensitisation", "Charminar"):
        assert secret not in body


def test_r7_a_clinical_word_in_the_clinics_wording_never_reaches_a_calendar(scene: Scene) -> None:
    given = replace(rows.HYDERABAD, discreet_name="IVF House", discreet_place="Fertility Lane 1")
    clinics.update_clinic(clinic=scene.clinic, given=given, actor=rows.SYSTEM, at=BOOKED)
    link, _ = a_link(scene)
    body = build(link, BOOKED).body
    assert b"IVF" not in body
    assert b"Fertility" not in body
    assert shown(link, BOOKED) == ["CONFIRMED Appointment"]


def test_an_empty_plan_is_one_neutral_event(db: None) -> None:
    scene = a_scene()
    link, _ = a_link(scene)
    assert shown(link, BOOKED) == [NEUTRAL]
    assert build(link, BOOKED).body == build(link, BOOKED + timedelta(days=3)).body


def test_the_horizon_is_eighteen_months(scene: Scene) -> None:
    link, _ = a_link(scene)
    far = VISIT - timedelta(days=549)
    assert shown(link, far) == [NEUTRAL]
