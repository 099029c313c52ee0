"""Writing down something about a couple. Part of the couples' write path."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from apps.clinic.access import require_clinic, require_role, require_verified
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.clock import local_date
from apps.clinic.errors import Conflict, Fault, Invalid, NotFound
from apps.couples.changes import tell_of_couple
from apps.couples.models import Couple, Note, NoteKind, Severity

_LONGEST = 2000


def write_note(
    *,
    couple: Couple,
    text: str,
    actor: Actor,
    at: datetime,
    kind: str = NoteKind.NOTE,
    on: date | None = None,
    severity: str = "",
    replaces: Note | None = None,
) -> Note:
    """A dated note; `on` is the clinic's day that it speaks of, today if left out. `replaces` takes an earlier note
    out of force, which stays readable. What to say and what not to say is pinned to the couple's calls.

    What both of them are to read at their own page a doctor writes, who signed in.

    Invalid with every fault; Conflict if the note to be replaced is out of force already.
    """
    require_clinic(actor, couple.clinic_id)
    _require_writer(actor, kind if replaces is None else replaces.kind, kind)
    with acting(actor):
        fresh = _locked(couple)
        today = local_date(fresh.clinic.zone, at)
        spoken_of = on or today
        said = text.strip()
        faults = list(_faults(said, kind, spoken_of, severity, today))
        if faults:
            raise Invalid(faults=faults)
        if replaces is not None:
            _require_in_force(fresh, replaces)
        note = Note.objects.create(
            clinic=fresh.clinic,
            couple=fresh,
            kind=kind,
            on=spoken_of,
            text=said,
            severity=severity,
            replaces=replaces,
            **_signed(actor, at),
        )
        tell_of_couple(fresh, "couple.noted", actor=actor, at=at, detail={"note": str(note.pk), "kind": kind})
    return note


def withdraw_note(*, note: Note, reason: str, actor: Actor, at: datetime) -> Note:
    """Takes a note out of force; it stays readable with the reason. Returns the withdrawal.

    Conflict if it is out of force already.
    """
    require_clinic(actor, note.clinic_id)
    _require_writer(actor, note.kind)
    if not reason.strip():
        raise Invalid("The reason is empty.", field="reason", remedy="Say why the note no longer holds.")
    with acting(actor):
        couple = _locked(note.couple)
        _require_in_force(couple, note)
        taken = Note.objects.create(
            clinic=couple.clinic,
            couple=couple,
            kind=note.kind,
            on=local_date(couple.clinic.zone, at),
            text=reason.strip()[:_LONGEST],
            replaces=note,
            is_withdrawal=True,
            **_signed(actor, at),
        )
        detail = {"note": str(note.pk), "kind": note.kind}
        tell_of_couple(couple, "couple.note_withdrawn", actor=actor, at=at, detail=detail)
    return taken


def _require_writer(actor: Actor, *kinds: str) -> None:
    if NoteKind.FOR_THEM in kinds:
        require_verified(actor, "doctor")
    else:
        require_role(actor, "nurse", "doctor", "manager")


def _faults(text: str, kind: str, on: date, severity: str, today: date) -> Iterator[Fault]:
    if not text:
        yield Fault("text", "The note is empty.", "Write what the next reader must know.")
    if len(text) > _LONGEST:
        yield Fault("text", "This is too long.", f"At most {_LONGEST} signs.")
    if kind not in NoteKind.values:
        yield Fault("kind", "There is no such kind of note.", f"One of {', '.join(NoteKind.values)}.")
    if on > today:
        yield Fault("on", "This day has not come yet.", "Give the day that the note speaks of.")
    is_event = kind == NoteKind.ADVERSE_EVENT
    if is_event and severity not in Severity.values:
        yield Fault("severity", "Say how bad it was.", f"One of {', '.join(Severity.values)}.")
    if severity and not is_event:
        yield Fault("severity", "Only an adverse event has a severity.", "Leave it empty.")


def _signed(actor: Actor, at: datetime) -> dict[str, object]:
    return {
        "recorded_at": at,
        "by_name": actor.name[:150],
        "by_role": actor.role,
        "by_user_id": actor.user_id,
    }


def _require_in_force(couple: Couple, note: Note) -> None:
    """Holds under the couple's lock: of two who replace one note, the second is told."""
    if couple.pk not in (note.couple_id, note.couple.merged_into_id):
        raise NotFound("There is no such note of this couple.", field="replaces")
    if note.is_withdrawal or Note.objects.filter(replaces=note).exists():
        raise Conflict(
            "This note is out of force already.",
            code="not_in_force",
            field="replaces",
            remedy="Look at what took its place.",
        )


def _locked(couple: Couple) -> Couple:
    rows = Couple.objects.select_related("clinic").select_for_update(of=("self",), no_key=True)
    found = rows.filter(pk=couple.pk, clinic_id=couple.clinic_id).first()
    if found is None:
        raise NotFound("There is no such couple.", field="couple")
    return found
