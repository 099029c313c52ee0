"""One-time codes: asked for at the page, sent to a way that only the person reads, good once and briefly.

Guessing: five tries a code, ten minutes, five codes a day and person; the latest code alone counts. That is 25 guesses a
day among a million.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from enum import Enum

from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from apps.clinic.actors import Actor
from apps.clinic.errors import Conflict
from apps.clinic.queries import brake_of
from apps.couples.models import Person
from apps.couples.route_queries import Way
from apps.portal.models import PageCode, PageLink, PageVisit
from apps.portal.queries import hash_of
from apps.reminders.models import Delivery
from apps.reminders.notices import say
from apps.reminders.texts import CODE
from apps.reminders.wording import way_for

GOOD_FOR = timedelta(minutes=10)
MOST_TRIES = 5
MOST_A_DAY = 5
OPEN_FOR = timedelta(minutes=30)
# Within this time another press is the second tap of one wish: no second code.
_AGAIN_AFTER = timedelta(seconds=30)
# So long the code that was just taken opens the page again: the answer to the first tap was lost to the second.
_TAKEN_FOR = timedelta(seconds=10)
_DAY = timedelta(days=1)
_KEPT = timedelta(days=7)


class Refused(Enum):
    """Why a code opens nothing."""

    NONE = "none"  # none was asked for, it is used, or its time has run out
    WRONG = "wrong"
    TRIES = "tries"  # too often wrong: this code is spent


def way_of_codes(person: Person) -> Way | None:
    """How a code reaches the person: the first way of their wish that nobody else reads; None where there is none, and
    while nothing is sent for the clinic at all.
    """
    if person.clinic.is_test or brake_of(person.clinic) is not None:
        return None
    return way_for(Delivery(person=person, clinic=person.clinic, kind=CODE))


def ask_code(*, link: PageLink, at: datetime) -> PageCode:
    """Sends a new code, and what was sent before opens nothing any more; a second tap sends none.

    Conflict `too_many_codes` after five within a day, `no_way` where nobody but others would read it, or nothing is sent.
    """
    with transaction.atomic():
        person = Person.objects.select_for_update(no_key=True, of=("self",)).select_related("clinic")
        fresh = person.get(pk=link.person_id)
        way = way_of_codes(fresh)
        if way is None:
            raise Conflict("There is no way to send a code.", code="no_way", field="person")
        standing = standing_code(link, at)
        if standing is not None and standing.tries < MOST_TRIES and at - standing.asked_at < _AGAIN_AFTER:
            return standing
        asked = PageCode.objects.filter(link__person=fresh, asked_at__gt=at - _DAY)
        if asked.count() >= MOST_A_DAY:
            raise Conflict("There were too many codes today.", code="too_many_codes", field="person")
        PageCode.objects.filter(link=link, until__gt=at).update(until=at)
        code = f"{secrets.randbelow(10**6):06}"
        row = PageCode(clinic_id=link.clinic_id, link=link, asked_at=at, until=at + GOOD_FOR)
        row.code_hash = _hash(row, code)
        row.save()
        say(
            person=fresh,
            kind=CODE,
            key=str(row.pk),
            blanks={"code": code},
            actor=Actor.system("page"),
            at=at,
            not_after=row.until,
            route=way.route,
        )
    return row


def redeem(*, link: PageLink, typed: str, at: datetime) -> str | Refused:
    """The token of what the code opens, for a cookie; or why it opens nothing. A wrong try counts whatever else happens.

    Signs that are no digits are passed over: people type blanks. Within ten seconds the same code opens the same once more,
    and the token of before is void.
    """
    digits = "".join(sign for sign in typed[:40] if sign.isdecimal())
    with transaction.atomic():
        row = _latest(link, at)
        if row is None:
            return Refused.NONE
        if row.tries >= MOST_TRIES:
            return Refused.TRIES
        row.tries += 1
        if not constant_time_compare(_hash(row, f"{int(digits or 0):06}"), row.code_hash) or len(digits) != 6:
            row.save(update_fields=["tries"])
            return Refused.TRIES if row.tries >= MOST_TRIES else Refused.WRONG
        row.used_at = row.used_at or at
        row.save(update_fields=["tries", "used_at"])
        token = secrets.token_urlsafe(32)
        PageVisit.objects.update_or_create(
            code=row,
            defaults={"token_hash": hash_of(token)},
            create_defaults={
                "clinic_id": link.clinic_id,
                "link": link,
                "token_hash": hash_of(token),
                "began_at": at,
                "until": at + OPEN_FOR,
            },
        )
    return token


def close(*, visit: PageVisit, at: datetime) -> None:
    """What the code opened is closed from now on."""
    PageVisit.objects.filter(pk=visit.pk, until__gt=at).update(until=at)


def standing_code(link: PageLink, at: datetime) -> PageCode | None:
    """The code that was sent last, while it can be entered."""
    rows = PageCode.objects.filter(link=link, used_at=None, until__gt=at)
    return rows.order_by("-asked_at", "-pk").first()


def forget_codes(*, at: datetime) -> int:
    """Deletes codes and what they opened once no limit and no page asks for them any more; how many codes."""
    old = PageCode.objects.filter(asked_at__lte=at - _KEPT)
    with transaction.atomic():
        PageVisit.objects.filter(code__in=old).delete()
        return old.delete()[0]


def _latest(link: PageLink, at: datetime) -> PageCode | None:
    """The one code that counts, locked, so that guesses at the same time are counted one after another."""
    rows = PageCode.objects.select_for_update(no_key=True).filter(link=link, until__gt=at)
    last = rows.order_by("-asked_at", "-pk").first()
    if last is None or (last.used_at is not None and at - last.used_at > _TAKEN_FOR):
        return None
    return last


def _hash(row: PageCode, code: str) -> str:
    return salted_hmac("apps.portal.code", f"{row.pk}:{code}", algorithm="sha256").hexdigest()
