"""What lies beside the courses of the demo: allergies, notes, what to say and what not, a laboratory's sheet."""

from __future__ import annotations

from dataclasses import replace

from apps.couples.models import Couple, Language, NoteKind, Severity
from apps.couples.services import PersonInput, update_person, write_note
from apps.desk.demo.builder import Place
from apps.treatments.files import attach_file
from apps.treatments.models import Treatment

_SHEET = b"Crossmatch unit\nTitre read twice by two people.\nThe sample was fresh, not haemolysed.\n"
_FOR_THEM = (
    "Both of you did everything right, and the samples were good.\n"
    "What nobody knows yet: whether the course helps in your case; studies disagree.\n"
    "Next we look at the test together. Please wait with trying until then."
)


def leave_papers(place: Place, n: int, couple: Couple, treatment: Treatment | None) -> None:
    """By the verbs that staff use, on every few couples: number `n` says which have what."""
    nurse, at = place.staff["nurse"], place.now
    if n % 8 == 1:
        given = replace(PersonInput.of(couple.recipient), allergies="egg" if n % 16 == 1 else "penicillin")
        update_person(person=couple.recipient, given=given, actor=nurse, at=at)
    if n % 6 == 2:
        write_note(
            couple=couple, text="Ask for her sister, who translates.", kind=NoteKind.SAY, actor=nurse, at=at
        )
    if n % 9 == 4:
        write_note(
            couple=couple, text="Nothing to his workplace.", kind=NoteKind.DO_NOT_SAY, actor=nurse, at=at
        )
    if n % 12 == 5:
        first = write_note(couple=couple, text="Prefers mornings.", actor=nurse, at=at)
        write_note(couple=couple, text="Prefers the first slot.", replaces=first, actor=nurse, at=at)
    if treatment is None:
        return
    if couple.recipient.language == Language.ENGLISH:
        doctor = place.staff["doctor"]
        write_note(couple=couple, text=_FOR_THEM, kind=NoteKind.FOR_THEM, actor=doctor, at=at)
    if n % 10 == 3:
        write_note(
            couple=couple,
            text="Itching at both sites for a week, no fever.",
            kind=NoteKind.ADVERSE_EVENT,
            severity=Severity.MILD,
            actor=place.staff["doctor"],
            at=at,
        )
    result = treatment.records.filter(kind="result").order_by("recorded_at").last()
    if result is not None and n % 5 == 0:
        attach_file(record=result, name="crossmatch.txt", content=_SHEET, actor=place.staff["lab"], at=at)
