"""How a person may be reached now. Part of the couples' read path."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, Func, Q, QuerySet, TextField, Value

from apps.clinic.errors import NotFound
from apps.clinic.models import Clinic
from apps.couples.models import NUMBERED, ContactRoute, Person, RouteChannel, RouteOwner

# Two numbers whose last digits agree are one, whatever country code or blanks stand before or between them.
_SAME_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a person that may be used: its route, or None for the e-mail address on the person's own row."""

    channel: str
    address: str
    route: ContactRoute | None = None


def routes_of(person: Person) -> QuerySet[ContactRoute]:
    """Every route that was not taken away, refused and wrong ones included, in the order of the person's wish."""
    return ContactRoute.objects.filter(person=person, ended_at=None).order_by("place", "created_at", "id")


def route_by_id(clinic: Clinic, route_id: UUID) -> ContactRoute:
    """NotFound for another clinic's route, as for one that does not exist."""
    found = ContactRoute.objects.filter(clinic=clinic, pk=route_id).select_related("person__clinic").first()
    if found is None:
        raise NotFound("There is no such route.", field="route")
    return found


def ways_of(person: Person) -> list[Way]:
    """How the person may be reached, as they wish it: their routes in order, then e-mail.

    None at all without their consent to be contacted. An alternative address takes the place of the first one. Reads
    `person.routes`, which a caller with many people prefetches.
    """
    if person.contact_consent_at is None:
        return []
    routes = sorted(person.routes.all(), key=lambda one: (one.place, one.created_at, one.pk))
    ways = [
        Way(one.channel, one.address, one)
        for one in routes
        if one.is_usable and (one.channel != RouteChannel.EMAIL or person.wants_email)
    ]
    email = address_of(person)
    if person.wants_email and email and all(way.address != email for way in ways):
        ways.append(Way(RouteChannel.EMAIL, email))
    return ways


def address_of(person: Person) -> str:
    """Where the person wishes to be written to by e-mail: the other address, if they named one, not the first."""
    return person.alternative_email or person.email


def _digits(field: str) -> Func:
    return Func(
        F(field), Value("[^0-9]"), Value(""), Value("g"), function="regexp_replace", output_field=TextField()
    )


def is_shared(person: Person, way: Way) -> bool:
    """Whether somebody else reads it: said so on the route, not the person's own, or also another person's address.

    What opens something private never goes to such an address.
    """
    route = way.route
    if route is not None and (route.read_by or route.belongs_to != RouteOwner.OWN):
        return True
    if not way.address:
        return False
    others = Person.objects.filter(clinic_id=person.clinic_id, merged_into=None).exclude(pk=person.pk)
    routed = ContactRoute.objects.filter(
        clinic_id=person.clinic_id, ended_at=None, person__merged_into=None
    ).exclude(person=person.pk)
    if way.channel in NUMBERED:
        # However it was typed: with the country or without, with blanks or dashes.
        last = "".join(sign for sign in way.address if sign.isdigit())[-_SAME_DIGITS:]
        theirs = others.alias(digits=_digits("phone")).filter(digits__endswith=last)
        return (
            routed.alias(digits=_digits("address"))
            .filter(channel__in=NUMBERED, digits__endswith=last)
            .exists()
            or theirs.exists()
        )
    if routed.filter(address__iexact=way.address).exists():
        return True
    return others.filter(Q(email__iexact=way.address) | Q(alternative_email__iexact=way.address)).exists()


def is_somebodys(clinic: Clinic, channel: str, address: str) -> bool:
    """Whether anybody who is or was treated in the clinic is, or ever was, reached at the address, however it is typed."""
    people, routes = Person.objects.filter(clinic=clinic), ContactRoute.objects.filter(clinic=clinic)
    if channel in NUMBERED:
        last = "".join(sign for sign in address if sign.isdigit())[-_SAME_DIGITS:]
        return (
            people.alias(digits=_digits("phone")).filter(digits__endswith=last).exists()
            or routes.alias(digits=_digits("address")).filter(digits__endswith=last).exists()
        )
    named = Q(email__iexact=address) | Q(alternative_email__iexact=address)
    return people.filter(named).exists() or routes.filter(address__iexact=address).exists()


def people_at(clinic: Clinic, channel: str, address: str) -> list[Person]:
    """Whoever of the clinic may have written from this address, by id: those with such a route on any channel of its
    kind, or whose own row names it, however it is typed; else whoever had such a route once. Several may share it.
    """
    kin = NUMBERED if channel in NUMBERED else (RouteChannel.EMAIL,)
    routes: QuerySet[ContactRoute] = ContactRoute.objects.filter(clinic=clinic, channel__in=kin)
    people: QuerySet[Person] = Person.objects.filter(clinic=clinic, merged_into=None)
    if channel in NUMBERED:
        last = "".join(sign for sign in address if sign.isdigit())[-_SAME_DIGITS:]
        if len(last) < _SAME_DIGITS:
            return []  # a short code of a machine, the end of many numbers
        people = people.alias(digits=_digits("phone"))
        routes = routes.alias(digits=_digits("address")).filter(digits__endswith=last)
        own = Q(digits__endswith=last)
    else:
        routes = routes.filter(address__iexact=address)
        own = Q(email__iexact=address) | Q(alternative_email__iexact=address)
    now = people.filter(own | Q(pk__in=routes.filter(ended_at=None).values("person")))
    return list(now.order_by("pk")) or list(people.filter(pk__in=routes.values("person")).order_by("pk"))
