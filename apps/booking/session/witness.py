"""The second person at an identity check: another member of staff of the clinic, who gives their own credentials."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password

from apps.booking.models import WitnessAttempt
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.errors import Conflict, Forbidden, NotFound
from apps.clinic.models import Clinic, User
from apps.clinic.queries import actor_for

# After so many wrong tries within the time nobody is asked any more, whatever they type.
TRIES = 5
WITHIN = timedelta(minutes=15)
_MAY = ("nurse", "doctor", "lab")


def second_person(*, clinic: Clinic, username: str, password: str, first: Actor, at: datetime) -> Actor:
    """The member of staff whose sign-on name and password these are, as a verified actor of the clinic.

    Every try is kept, in a transaction of its own, before this answers: call it outside the act that it belongs to.
    Forbidden for wrong credentials, in the same words for every cause, and for the first person themselves; Conflict
    (`too_many_tries`) after five wrong tries in a quarter of an hour by the same first person or of the same name.
    """
    username = username.strip()[:150]
    _refuse_too_many(clinic, username, first, at)
    found = _signed(clinic, username, password)
    with acting(first):
        WitnessAttempt.objects.create(
            clinic=clinic,
            asked_by_id=_user_of(first),
            username=username,
            succeeded=found is not None,
            at=at,
        )
    if found is None:
        raise Forbidden(
            "This is no sign-on name and password of somebody who works here.",
            code="no_second_person",
            field="second_password",
            remedy="The second person types their own.",
        )
    if found.user_id == first.user_id:
        raise Forbidden(
            "The second person must be somebody else.",
            code="same_person",
            field="second_name",
            remedy="Ask a colleague to read the label and sign.",
        )
    return found


def _refuse_too_many(clinic: Clinic, username: str, first: Actor, at: datetime) -> None:
    tries = WitnessAttempt.objects.filter(clinic=clinic, succeeded=False, at__gt=at - WITHIN)
    if any(
        tries.filter(**one).count() >= TRIES for one in ({"asked_by": first.user_id}, {"username": username})
    ):
        raise Conflict(
            "Too many wrong tries.",
            code="too_many_tries",
            field="second_name",
            remedy="Wait a quarter of an hour, or ask another second person.",
        )


def _user_of(actor: Actor) -> int:
    if actor.user_id is None:
        raise Forbidden(
            "This must be done by a member of staff who signed in themselves.",
            code="not_verified",
            remedy="Sign in as yourself and do it again.",
        )
    return actor.user_id


def _signed(clinic: Clinic, username: str, password: str) -> Actor | None:
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        make_password(
            password
        )  # takes as long as a wrong password does, so that names cannot be told by the clock
        return None
    if not user.check_password(password):
        return None
    try:
        actor = actor_for(user, clinic, "admin", signed_in=True)
    except NotFound:
        return None
    return actor if actor.role in _MAY else None
