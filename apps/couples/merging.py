"""Two persons who are one human: what a merge would move, the merge, and taking it back. Part of the write path.

Whoever points to the duplicate points to the survivor afterwards: couples, numbers, visits, places taken, messages,
calendar links, whatever a later part adds. Nothing below knows those tables by name; they are found as foreign keys are.
Nothing is deleted: the duplicate stays as a row that says who it became, and every moved id is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from apps.clinic.access import require_clinic, require_role, require_verified
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.errors import Conflict, Invalid, NotFound
from apps.couples.changes import tell_of_couple, tell_of_person
from apps.couples.models import Couple, Person, PersonMerge, SilenceReason
from apps.couples.pointers import pointers_to, put, repoint

# What the duplicate knows and the survivor does not is taken over; where both know something the survivor's stays.
_FILLED = (
    "family_name", "birth_on", "email", "phone", "blood_group", "contact_consent_at", "alternative_email",
    "hard_news_note", "allergies",
)  # fmt: skip
_STRENGTH = {reason: strength for strength, reason in enumerate(["", *SilenceReason.values])}
_SILENCE = (
    "silent_since",
    "silent_reason",
    "silent_reason_since",
    "silent_by",
    "own_wish_since",
    "parted_since",
    "unreleased_since",
)


@dataclass(frozen=True, slots=True)
class MergePreview:
    """What a merge would do. `moves` are (what, how many), `conflicts` (field, the survivor's, the duplicate's)."""

    kept: Person
    other: Person
    moves: tuple[tuple[str, int], ...]
    filled: tuple[str, ...]
    conflicts: tuple[tuple[str, object, object], ...]
    twins: tuple[tuple[Couple, Couple], ...]
    refused: str


def preview_merge(*, kept: Person, other: Person, actor: Actor) -> MergePreview:
    """What `merge_people` would do with these two now. Writes nothing. NotFound if one is of another clinic."""
    _may(actor, kept, other)
    moves = [
        (str(model._meta.verbose_name_plural), count)
        for model, field in pointers_to(Person)
        if (count := model._base_manager.filter(**{field: other.pk}).count())
    ]
    both = [
        (field, getattr(kept, field), getattr(other, field))
        for field in ("given_name", *_FILLED)
        if getattr(kept, field) and getattr(other, field) and getattr(kept, field) != getattr(other, field)
    ]
    return MergePreview(
        kept=kept,
        other=other,
        moves=tuple(moves),
        filled=tuple(_to_fill(kept, other)),
        conflicts=tuple(both),
        twins=tuple(_twins(kept, other)),
        refused=_refusal(kept, other),
    )


def merge_people(*, kept: Person, other: Person, same_human: bool, actor: Actor, at: datetime) -> PersonMerge:
    """`other` becomes `kept`, with everything that points to it, in one transaction.

    `same_human` is the word of who merges that the two are one human being: her calendar links and messages go on
    under the survivor. Couples that are the same two people then are one couple, the older code; the stronger silence
    holds. Invalid without that word; Conflict if they stand in one couple, were merged before, or come at one time.
    """
    _may(actor, kept, other)
    require_verified(actor, "nurse", "doctor", "manager")
    if not same_human:
        raise Invalid(
            "Nobody has said that the two are one human being.",
            field="same_human",
            remedy="Compare dates of birth and papers, then tick it.",
        )
    with acting(actor), _in_two_places():
        locked = Person.objects.select_for_update(no_key=True).filter(pk__in=[kept.pk, other.pk])
        fresh = {person.pk: person for person in locked.order_by("pk")}
        kept, other = fresh[kept.pk], fresh[other.pk]
        if reason := _refusal(kept, other):
            raise Conflict(reason, code="cannot_merge", field="person", remedy=_("Look at both once more."))
        twins = list(_twins(kept, other))
        merge = PersonMerge(
            clinic_id=kept.clinic_id, kept=kept, other=other, merged_at=at, merged_by=actor.name[:150]
        )
        merge.merged_by_user_id = actor.user_id
        merge.moved = repoint(Person, other.pk, kept.pk)
        for stays, goes in twins:
            merge.moved += _join_couples(stays, goes, merge, actor, at)
        _fill(kept, other, merge, at)
        other.merged_into, other.changed_at = kept, at
        other.save(update_fields=["merged_into", "changed_at"])
        merge.save()
        _tell_all("person.merged", kept, other, actor, at)
    return merge


def unmerge_people(*, merge: PersonMerge, actor: Actor, at: datetime) -> PersonMerge:
    """Takes a merge back: what it moved and still stands where it moved it returns; what was added since stays.

    Conflict if it was undone before, or one of the two was merged further meanwhile.
    """
    _may(actor, merge.kept, merge.other)
    require_verified(actor, "nurse", "doctor", "manager")
    with acting(actor), _in_two_places():
        fresh = PersonMerge.objects.select_for_update(of=("self",), no_key=True).get(pk=merge.pk)
        locked = Person.objects.select_for_update(no_key=True).filter(pk__in=[fresh.kept_id, fresh.other_id])
        people = {person.pk: person for person in locked.order_by("pk")}
        kept, other = people[fresh.kept_id], people[fresh.other_id]
        if fresh.undone_at is not None or other.merged_into_id != kept.pk or kept.merged_into_id is not None:
            raise Conflict(
                "This merge cannot be undone any more.",
                code="not_merged",
                field="merge",
                remedy="Look at both people as they are now; undo a later merge first.",
            )
        _return_couples(fresh, at)
        for entry in reversed(fresh.moved):
            put(entry, entry["to"], entry["from"])
        _empty(kept, fresh, at)
        other.merged_into, other.changed_at = None, at
        other.save(update_fields=["merged_into", "changed_at"])
        fresh.undone_at, fresh.undone_by = at, actor.name[:150]
        fresh.save(update_fields=["undone_at", "undone_by"])
        _tell_all("person.unmerged", kept, other, actor, at)
    return fresh


def _may(actor: Actor, kept: Person, other: Person) -> None:
    require_clinic(actor, kept.clinic_id)
    require_clinic(actor, other.clinic_id)
    require_role(actor, "nurse", "doctor", "manager")
    if kept.clinic_id != other.clinic_id:
        raise NotFound("There is no such person.", field="person")


def _refusal(kept: Person, other: Person) -> str:
    if kept.pk == other.pk:
        return _("These are one and the same entry.")
    if kept.merged_into_id is not None or other.merged_into_id is not None:
        return _("One of the two was merged before.")
    both = [kept.pk, other.pk]
    if Couple.objects.filter(recipient__in=both, partner__in=both).exists():
        return _("The two are a couple here, so they are two human beings.")
    return ""


def _twins(kept: Person, other: Person) -> Iterator[tuple[Couple, Couple]]:
    """Couples that would be the same two people afterwards: the one that stays, by the older code, and the other."""
    for role, second in (("recipient", "partner"), ("partner", "recipient")):
        mine = Couple.objects.filter(**{role: kept.pk}, merged_into=None).order_by("code")
        theirs = {
            getattr(couple, f"{second}_id"): couple
            for couple in Couple.objects.filter(**{role: other.pk}, merged_into=None).order_by("-code")
        }
        for couple in mine:
            if twin := theirs.pop(getattr(couple, f"{second}_id"), None):
                yield (couple, twin) if couple.code < twin.code else (twin, couple)


def _join_couples(
    stays: Couple, goes: Couple, merge: PersonMerge, actor: Actor, at: datetime
) -> Sequence[dict[str, Any]]:
    locked = Couple.objects.select_for_update(no_key=True).filter(pk__in=[stays.pk, goes.pk]).order_by("pk")
    fresh = {couple.pk: couple for couple in locked}
    stays, goes = fresh[stays.pk], fresh[goes.pk]
    merge.filled.setdefault("couples", []).append(
        {
            "stays": str(stays.pk),
            "goes": str(goes.pk),
            "silence": {name: _plain(getattr(stays, name)) for name in _SILENCE},
        }
    )
    if _STRENGTH[goes.silent_reason] > _STRENGTH[stays.silent_reason]:
        for name in ("silent_since", "silent_reason", "silent_reason_since", "silent_by"):
            setattr(stays, name, getattr(goes, name))
    stays.own_wish_since = stays.own_wish_since or goes.own_wish_since
    stays.parted_since = stays.parted_since or goes.parted_since
    stays.unreleased_since = stays.unreleased_since or goes.unreleased_since
    stays.changed_at = goes.changed_at = at
    goes.merged_into = stays
    stays.save()
    goes.save()
    for couple in (stays, goes):
        tell_of_couple(couple, "couple.merged", actor=actor, at=at)
    return repoint(Couple, goes.pk, stays.pk)


def _return_couples(merge: PersonMerge, at: datetime) -> None:
    for entry in merge.filled.get("couples", []):
        both = Couple.objects.select_for_update(no_key=True).in_bulk(
            [UUID(entry["stays"]), UUID(entry["goes"])]
        )
        stays, goes = both[UUID(entry["stays"])], both[UUID(entry["goes"])]
        before = {name: _read(stays, name, value) for name, value in entry["silence"].items()}
        before.setdefault("silent_reason_since", before["silent_since"])  # merged before it was kept
        # A silence only ever loosens by what the merge itself had added to it. One after a loss does not: another loss may
        # have been told of the survivor meanwhile, and two people end it.
        if stays.silent_reason == goes.silent_reason != SilenceReason.CONFIRMED_LOSS:
            for name, value in before.items():
                setattr(stays, name, value)
        goes.merged_into = None
        stays.changed_at = goes.changed_at = at
        stays.save()
        goes.save()


def _to_fill(kept: Person, other: Person) -> list[str]:
    return [name for name in _FILLED if not getattr(kept, name) and getattr(other, name)]


def _fill(kept: Person, other: Person, merge: PersonMerge, at: datetime) -> None:
    merge.filled["fields"] = {name: _plain(getattr(other, name)) for name in _to_fill(kept, other)}
    for name in merge.filled["fields"]:
        setattr(kept, name, getattr(other, name))
    if kept.wants_email and not other.wants_email:
        # Whoever said no under either entry has said no.
        merge.filled["opted_out"] = True
        kept.wants_email = False
    kept.changed_at = at
    kept.save()


def _empty(kept: Person, merge: PersonMerge, at: datetime) -> None:
    for name, value in merge.filled.get("fields", {}).items():
        if _plain(getattr(kept, name)) == value:
            setattr(kept, name, _column(kept, name).get_default())
    if merge.filled.get("opted_out"):
        kept.wants_email = True
    kept.changed_at = at
    kept.save()


def _plain(value: object) -> object:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _read(row: models.Model, name: str, value: object) -> Any:
    return _column(row, name).to_python(value)


def _column(row: models.Model, name: str) -> models.Field[Any, Any]:
    column = row._meta.get_field(name)
    assert isinstance(column, models.Field)  # named here or by a merge itself
    return column


def _tell_all(kind: str, kept: Person, other: Person, actor: Actor, at: datetime) -> None:
    for person in (kept, other):
        tell_of_person(person, kind, actor=actor, at=at)
    theirs = (
        models.Q(recipient=kept)
        | models.Q(partner=kept)
        | models.Q(recipient=other)
        | models.Q(partner=other)
    )
    for couple in Couple.objects.filter(theirs):
        tell_of_couple(couple, f"couple.{kind.partition('.')[2]}", actor=actor, at=at)


@contextmanager
def _in_two_places() -> Iterator[None]:
    """Two visits at one moment were possible while she was two people, and are not for one."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise Conflict(
            "Both have something at the same time, or the same entry twice.",
            code="two_places",
            field="person",
            remedy="Move or cancel one of the two visits first.",
        ) from error
