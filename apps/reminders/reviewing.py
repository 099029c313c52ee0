"""Which of our texts somebody who speaks the language has read, and which not yet: asked and marked for one clinic.

A language that left `messages.UNREVIEWED` was read for everybody. Of any other a clinic may have its own reader go through
the texts, one by one; a wording that changes afterwards is unread again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.utils import translation
from django.utils.translation import gettext

from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.errors import Conflict, Fault, Invalid
from apps.clinic.models import Clinic
from apps.reminders.messages import SPOKEN, UNREVIEWED
from apps.reminders.models import ReviewedText
from apps.reminders.texts import ASK, END_BY_CALL, END_BY_REPLY, TEXTS


@dataclass(frozen=True, slots=True)
class Reading:
    """One text in one language: whether it was read, and by whom if the clinic had it read."""

    name: str
    digest: str
    is_reviewed: bool
    review: ReviewedText | None = None


def readings(clinic: Clinic, language: str) -> list[Reading]:
    """Every text of ours in that language, in the order of `texts.TEXTS`. One query."""
    marked = {row.name: row for row in ReviewedText.objects.filter(clinic=clinic, language=language)}
    found = []
    for name in TEXTS:
        digest, row = digest_of(name, language), marked.get(name)
        mine = row if row is not None and row.digest == digest else None
        found.append(Reading(name, digest, language not in UNREVIEWED or mine is not None, mine))
    return found


def reviewed_languages(clinic: Clinic) -> frozenset[str]:
    """The languages all of whose texts were read by somebody who speaks them. One query."""
    marked = {
        (row.language, row.name, row.digest)
        for row in ReviewedText.objects.filter(clinic=clinic, language__in=UNREVIEWED)
    }
    done = (
        {
            language
            for language in UNREVIEWED
            if all((language, name, digest_of(name, language)) in marked for name in TEXTS)
        }
        if marked
        else set()
    )
    return frozenset(SPOKEN) - UNREVIEWED | done


def is_reviewed(clinic: Clinic, name: str, language: str) -> bool:
    """Whether this one text was read in the language in which somebody would get it."""
    if language not in UNREVIEWED:
        return True
    digest = digest_of(name, language)
    return ReviewedText.objects.filter(clinic=clinic, language=language, name=name, digest=digest).exists()


def mark_reviewed(
    *, clinic: Clinic, name: str, language: str, digest: str, reader: str, actor: Actor, at: datetime
) -> ReviewedText:
    """`reader`, who speaks the language, has read the wording of that digest. Conflict if it reads otherwise by now."""
    _require(clinic, actor)
    who = " ".join(reader.split())
    faults = list(_faults(name, language, who))
    if faults:
        raise Invalid(faults=faults)
    if digest != digest_of(name, language):
        raise Conflict(
            "The wording has changed since it was shown.", code="wording_changed", remedy="Read it again."
        )
    with acting(actor):
        row, _ = ReviewedText.objects.update_or_create(
            clinic=clinic,
            language=language,
            name=name,
            defaults={"digest": digest, "reader": who, "marked_by": actor.name, "marked_at": at},
        )
        _tell(clinic, name, language, actor, at)
    return row


def unmark_reviewed(*, clinic: Clinic, name: str, language: str, actor: Actor, at: datetime) -> None:
    """It is to be read again. Harmless if nobody had read it."""
    _require(clinic, actor)
    with acting(actor):
        gone, _ = ReviewedText.objects.filter(clinic=clinic, language=language, name=name).delete()
        if gone:
            _tell(clinic, name, language, actor, at)


def digest_of(name: str, language: str) -> str:
    """What tells one wording of a text from another: of the blanks too, not of what fills them."""
    words = TEXTS[name]
    asking = (words.asking, ASK) if words.asking else ()
    parts = (words.subject, *words.parts, words.short, END_BY_REPLY, END_BY_CALL, *asking)
    with translation.override(language):
        whole = "\n".join(gettext(part) for part in parts)
    return sha256(whole.encode()).hexdigest()


def _faults(name: str, language: str, who: str) -> Iterator[Fault]:
    if name not in TEXTS:
        yield Fault("name", "There is no such text.", f"One of {', '.join(TEXTS)}.")
    if language not in UNREVIEWED:
        yield Fault("language", "Its texts need no reader.", f"One of {', '.join(sorted(UNREVIEWED))}.")
    if not 0 < len(who) <= 100:
        yield Fault("reader", "Say who read it.", "The name of somebody who grew up with the language.")


def _require(clinic: Clinic, actor: Actor) -> None:
    require_clinic(actor, clinic.pk)
    require_role(actor, "nurse", "doctor", "manager")


def _tell(clinic: Clinic, name: str, language: str, actor: Actor, at: datetime) -> None:
    record_change(
        clinic_id=clinic.pk,
        kind="clinic.messages",
        subject_type="clinic",
        subject_id=clinic.pk,
        actor=actor,
        at=at,
        detail={"text": name, "language": language},
    )
