"""Issuing, rotating and revoking links."""

from datetime import timedelta
from hashlib import sha256

import pytest

from apps.clinic.errors import Conflict, Forbidden, Invalid, NotFound
from apps.clinic.models import Change
from apps.feeds import queries, services
from apps.feeds.building import build
from apps.feeds.models import FeedLink
from tests import rows
from tests.apps.feeds.acts import a_link, events
from tests.apps.reminders.acts import BOOKED, Scene, a_scene


@pytest.fixture
def scene(db: None) -> Scene:
    scene = a_scene()
    scene.book()
    return scene


def test_r13_the_token_is_long_random_and_kept_only_as_a_hash(scene: Scene) -> None:
    link, token = a_link(scene)
    assert len(token) >= 43
    assert link.token_hash == sha256(token.encode()).hexdigest()
    stored = str(FeedLink.objects.values().get()) + str(list(Change.objects.values_list("detail", flat=True)))
    assert token not in stored


def test_r13_a_person_has_five_links_at_most_and_may_have_another_once_one_ends(scene: Scene) -> None:
    links = [a_link(scene)[0] for _ in range(services.MAX_LINKS)]
    with pytest.raises(Conflict):
        a_link(scene)
    services.revoke(link=links[0], actor=scene.nurse, at=BOOKED)
    a_link(scene)
    assert sorted(link.is_live for link in queries.links_of(scene.recipient)) == [False, *[True] * 5]


@pytest.mark.parametrize("label", ["", "   ", "x" * 41])
def test_a_link_has_a_short_label(scene: Scene, label: str) -> None:
    with pytest.raises(Invalid):
        services.issue_link(person=scene.recipient, label=label, actor=scene.nurse, at=BOOKED)


def test_rotating_gives_a_new_token_with_the_same_settings_and_ends_the_old(scene: Scene) -> None:
    old, token = a_link(scene, shows_windows=True)
    new, fresh = services.rotate(link=old, actor=scene.nurse, at=BOOKED)
    old.refresh_from_db()
    assert fresh != token
    assert (new.label, new.shows_windows, new.person_id) == (old.label, True, old.person_id)
    assert (old.is_live, old.ended_as) == (False, "rotated")
    assert len(events(build(old, BOOKED).body)) == 1


def test_what_has_ended_cannot_end_again(scene: Scene) -> None:
    link, _ = a_link(scene)
    services.revoke(link=link, actor=scene.nurse, at=BOOKED)
    for again in (services.revoke, services.rotate):
        with pytest.raises(Conflict):
            again(link=link, actor=scene.nurse, at=BOOKED + timedelta(hours=1))


def test_staff_of_another_clinic_can_neither_see_nor_change_links(scene: Scene) -> None:
    link, _ = a_link(scene)
    london = rows.a_clinic(rows.LONDON)
    stranger = rows.staff(london, "nurse")
    with pytest.raises(NotFound):
        queries.link_by_id(london, link.pk)
    for verb in (services.revoke, services.rotate):
        with pytest.raises(NotFound):
            verb(link=link, actor=stranger, at=BOOKED)
    with pytest.raises(NotFound):
        services.issue_link(person=scene.recipient, label="phone", actor=stranger, at=BOOKED)


def test_a_laboratory_member_issues_no_links(scene: Scene) -> None:
    lab = rows.staff(scene.clinic, "lab")
    with pytest.raises(Forbidden):
        services.issue_link(person=scene.recipient, label="phone", actor=lab, at=BOOKED)


def test_every_act_leaves_a_change_row(scene: Scene) -> None:
    link, _ = a_link(scene)
    new, _ = services.rotate(link=link, actor=scene.nurse, at=BOOKED)
    services.revoke(link=new, actor=scene.nurse, at=BOOKED)
    kinds = Change.objects.filter(kind__startswith="feed.").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["feed.issued", "feed.rotated", "feed.issued", "feed.revoked"]


def test_the_address_is_built_from_the_base_url(settings: object) -> None:
    assert services.address_of("abc") == "http://testserver/feeds/abc.ics"
