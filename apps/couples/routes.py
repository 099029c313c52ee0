"""Ways to reach a person: added, agreed to, refused, found wrong, taken away. Part of the couples' write path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from apps.clinic.access import require_own_or_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.errors import Fault, Invalid, NotFound
from apps.clinic.inputs import is_phone, plain_phone
from apps.couples.changes import tell_of_person
from apps.couples.models import NUMBERED, ContactRoute, Person, RouteChannel, RouteOwner

_LAST_PLACE = 99


@dataclass(frozen=True, slots=True)
class RouteInput:
    """One way to a person. A number begins with + and the country code. `place` is the order of the wish, from 1.

    `consented_at`: when they agreed to be reached so; without it the way is known and not used.
    """

    channel: str
    address: str = ""
    belongs_to: str = RouteOwner.OWN
    read_by: str = ""
    place: int = 1
    consented_at: datetime | None = None

    def cleaned(self) -> RouteInput:
        address = plain_phone(self.address) if self.channel in NUMBERED else self.address.strip()
        return replace(self, address=address, read_by=" ".join(self.read_by.split()))

    def faults(self) -> Iterator[Fault]:
        """Every fault of a cleaned input."""
        if self.channel not in RouteChannel.values:
            yield Fault("channel", "Nobody is reached so.", f"One of {', '.join(RouteChannel.values)}.")
        if self.belongs_to not in RouteOwner.values:
            yield Fault("belongs_to", "Say whose it is.", f"One of {', '.join(RouteOwner.values)}.")
        if self.channel in NUMBERED and not (is_phone(self.address) and self.address.startswith("+")):
            yield Fault("address", "This is not a full number.", "Begin with + and the country code.")
        if self.channel == RouteChannel.EMAIL and not _is_email(self.address):
            yield Fault("address", "This is not an e-mail address.", "Write it like name@host.org.")
        if self.channel == RouteChannel.CARD and self.address:
            yield Fault("address", "A card has no address.", "Leave it empty; it is handed over.")
        if len(self.read_by) > 100:
            yield Fault("read_by", "This is too long.", "At most 100 signs.")
        if self.belongs_to != RouteOwner.OWN and not self.read_by:
            yield Fault("read_by", "Somebody else's is read by them.", "Say who reads or hears it.")
        if not 1 <= self.place <= _LAST_PLACE:
            yield Fault("place", "This is no place in an order.", f"A number from 1 to {_LAST_PLACE}.")
        if self.consented_at is not None and self.consented_at.tzinfo is None:
            yield Fault("consented_at", "This has no offset.", "End it with Z or +05:30.")


def add_route(*, person: Person, given: RouteInput, actor: Actor, at: datetime) -> ContactRoute:
    """A way to the person, or the one that they have already on that channel and address, brought up to date.

    Invalid with every fault. A refusal that the person gave of that very address stands until `opt_in`.
    """
    wanted = given.cleaned()
    faults = list(wanted.faults())
    if faults:
        raise Invalid(faults=faults)
    with acting(actor):
        fresh = _locked_person(person, actor)
        known = ContactRoute.objects.filter(
            person=fresh, channel=wanted.channel, address=wanted.address, ended_at=None
        ).first()
        route = known or ContactRoute(
            clinic_id=fresh.clinic_id,
            person=fresh,
            channel=wanted.channel,
            address=wanted.address,
            opted_out_at=_refused_at(fresh, wanted),
            created_at=at,
        )
        route.belongs_to, route.read_by, route.place = wanted.belongs_to, wanted.read_by, wanted.place
        route.consented_at = wanted.consented_at
        _store(route, fresh, actor, at)
    return route


def _refused_at(person: Person, wanted: RouteInput) -> datetime | None:
    """When the person refused that very address, if the way was taken off them before they agreed to it again."""
    ended = ContactRoute.objects.filter(person=person, channel=wanted.channel, address=wanted.address)
    last = ended.order_by("-changed_at", "-pk").first()
    return last.opted_out_at if last else None


def opt_out(*, route: ContactRoute, actor: Actor, at: datetime) -> ContactRoute:
    """Nothing goes this way from this commit on. Anyone may say it for the person; harmless if repeated."""
    with acting(actor):
        fresh = _locked(route, actor)
        if fresh.opted_out_at is None:
            fresh.opted_out_at = at
            _store(fresh, fresh.person, actor, at)
    return fresh


def opt_in(*, route: ContactRoute, actor: Actor, at: datetime) -> ContactRoute:
    """The person agrees to be reached so, also after a refusal."""
    with acting(actor):
        fresh = _locked(route, actor)
        fresh.consented_at, fresh.opted_out_at = fresh.consented_at or at, None
        _store(fresh, fresh.person, actor, at)
    return fresh


def mark_route(*, route: ContactRoute, wrong: bool, actor: Actor, at: datetime) -> ContactRoute:
    """Says that the address is nobody's or somebody else's, or takes that back. The next way is used meanwhile."""
    with acting(actor):
        fresh = _locked(route, actor)
        if wrong != (fresh.wrong_since is not None):
            fresh.wrong_since = at if wrong else None
            _store(fresh, fresh.person, actor, at)
    return fresh


def end_route(*, route: ContactRoute, actor: Actor, at: datetime) -> ContactRoute:
    """Takes the way off the person; the row stays for the history."""
    with acting(actor):
        fresh = _locked(route, actor)
        if fresh.ended_at is None:
            fresh.ended_at = at
            _store(fresh, fresh.person, actor, at)
    return fresh


def _store(route: ContactRoute, person: Person, actor: Actor, at: datetime) -> None:
    route.changed_at = at
    route.save()
    tell_of_person(person, "person.routes", actor=actor, at=at)


def _locked_person(person: Person, actor: Actor) -> Person:
    require_own_or_role(actor, person.clinic_id, (person.pk,), "nurse", "doctor", "manager", "client")
    found = Person.objects.filter(pk=person.pk, clinic_id=person.clinic_id)
    fresh = found.select_for_update(no_key=True).first()
    if fresh is None:
        raise NotFound("There is no such person.", field="person")
    return fresh


def _locked(route: ContactRoute, actor: Actor) -> ContactRoute:
    """The person is locked first, as by whoever adds a route."""
    _locked_person(route.person, actor)
    return ContactRoute.objects.select_related("person").get(pk=route.pk)


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
