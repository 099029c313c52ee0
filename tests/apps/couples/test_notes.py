"""Dated notes: append-only, pinned where they must be heard, never in another clinic."""

from datetime import date

import pytest
from django.db import Error, transaction

from apps.clinic.errors import Conflict, Forbidden, Invalid, NotFound
from apps.clinic.models import Change
from apps.couples.models import Couple, Note
from apps.couples.queries import note_by_id, notes_of, pinned_of
from apps.couples.services import withdraw_note, write_note
from tests.rows import AT, LONDON, SYSTEM, a_clinic, a_couple, staff

pytestmark = pytest.mark.django_db
LATER = AT.replace(hour=9)


def test_a_note_says_who_wrote_it_when_and_of_which_day() -> None:
    clinic = a_clinic()
    nurse = staff(clinic, "nurse")
    couple = a_couple(clinic)
    note = write_note(
        couple=couple, text=" She prefers mornings. ", actor=nurse, at=LATER, on=date(2026, 1, 2)
    )
    assert (note.text, note.on, note.recorded_at) == ("She prefers mornings.", date(2026, 1, 2), LATER)
    assert (note.by_name, note.by_role, note.by_user_id) == (nurse.name, "nurse", nurse.user_id)
    change = Change.objects.latest("id")
    assert (change.kind, change.detail) == ("couple.noted", {"note": str(note.pk), "kind": "note"})
    assert list(notes_of(couple)) == [note]


def test_a_note_is_of_today_on_the_clinics_own_calendar_unless_it_says_otherwise() -> None:
    couple = a_couple(a_clinic())
    late = AT.replace(hour=20)  # 01:30 of the next day in Hyderabad
    assert write_note(couple=couple, text="Called.", actor=SYSTEM, at=late).on == date(2026, 1, 6)


def test_every_fault_of_a_note_comes_back_at_once() -> None:
    couple = a_couple(a_clinic())
    with pytest.raises(Invalid) as refused:
        write_note(
            couple=couple, text=" ", kind="rumour", on=date(2026, 1, 6), severity="mild", actor=SYSTEM, at=AT
        )
    assert [fault.field for fault in refused.value.faults] == ["text", "kind", "on", "severity"]
    assert not Note.objects.exists()


def test_an_adverse_event_says_how_bad_it_was() -> None:
    couple = a_couple(a_clinic())
    with pytest.raises(Invalid) as refused:
        write_note(couple=couple, text="Blisters on the left arm.", kind="adverse_event", actor=SYSTEM, at=AT)
    assert refused.value.field == "severity"
    write_note(couple=couple, text="Blisters.", kind="adverse_event", severity="mild", actor=SYSTEM, at=AT)


def test_what_to_say_and_what_not_is_pinned_for_many_couples_in_one_query(
    django_assert_num_queries: pytest.FixtureRequest,
) -> None:
    clinic = a_clinic()
    one, two, three = a_couple(clinic), a_couple(clinic), a_couple(clinic)
    say = write_note(couple=one, text="Ask for her sister.", kind="say", actor=SYSTEM, at=AT)
    hush = write_note(couple=one, text="Not at his work.", kind="do_not_say", actor=SYSTEM, at=LATER)
    write_note(couple=two, text="A plain note.", actor=SYSTEM, at=AT)
    with django_assert_num_queries(1):  # type: ignore[operator]
        pinned = pinned_of([one, two, three])
    assert pinned == {one.pk: [say, hush]}


def test_a_replaced_or_withdrawn_note_is_not_pinned_and_stays_readable() -> None:
    couple = a_couple(a_clinic())
    first = write_note(couple=couple, text="Call in the evening.", kind="say", actor=SYSTEM, at=AT)
    second = write_note(
        couple=couple, text="Call at noon.", kind="say", replaces=first, actor=SYSTEM, at=LATER
    )
    assert pinned_of([couple]) == {couple.pk: [second]}
    withdraw_note(note=second, reason="She changed her job.", actor=SYSTEM, at=LATER)
    assert pinned_of([couple]) == {}
    assert {row.text for row in notes_of(couple)} >= {"Call in the evening.", "Call at noon."}


def test_a_note_is_replaced_only_once() -> None:
    couple = a_couple(a_clinic())
    note = write_note(couple=couple, text="Old.", actor=SYSTEM, at=AT)
    withdraw_note(note=note, reason="Wrong couple.", actor=SYSTEM, at=AT)
    with pytest.raises(Conflict):
        withdraw_note(note=note, reason="Again.", actor=SYSTEM, at=AT)
    with pytest.raises(Conflict):
        write_note(couple=couple, text="New.", replaces=note, actor=SYSTEM, at=AT)


def test_a_note_does_not_replace_another_couples_note() -> None:
    clinic = a_clinic()
    note = write_note(couple=a_couple(clinic), text="Theirs.", actor=SYSTEM, at=AT)
    with pytest.raises(NotFound):
        write_note(couple=a_couple(clinic), text="Mine.", replaces=note, actor=SYSTEM, at=AT)


def test_the_database_itself_refuses_to_change_or_delete_a_note() -> None:
    note = write_note(couple=a_couple(a_clinic()), text="It stands.", actor=SYSTEM, at=AT)
    with pytest.raises(Error), transaction.atomic():
        Note.objects.filter(pk=note.pk).update(text="It does not.")
    with pytest.raises(Error), transaction.atomic():
        Note.objects.filter(pk=note.pk).delete()


def test_the_laboratory_writes_no_notes_on_couples_and_no_other_clinic_sees_them() -> None:
    clinic, other = a_clinic(), a_clinic(LONDON)
    couple = a_couple(clinic)
    with pytest.raises(Forbidden):
        write_note(couple=couple, text="Hm.", actor=staff(clinic, "lab"), at=AT)
    with pytest.raises(NotFound):
        write_note(couple=couple, text="Hm.", actor=staff(other, "nurse"), at=AT)
    note = write_note(couple=couple, text="Ours.", actor=staff(clinic, "nurse"), at=AT)
    with pytest.raises(NotFound):
        note_by_id(other, note.pk)


def test_notes_of_a_couple_that_was_merged_away_are_read_and_pinned_where_everything_stands_now() -> None:
    clinic = a_clinic()
    kept, gone = a_couple(clinic), a_couple(clinic)
    hush = write_note(couple=gone, text="Not at his work.", kind="do_not_say", actor=SYSTEM, at=AT)
    Couple.objects.filter(pk=gone.pk).update(merged_into=kept)
    assert list(notes_of(kept)) == [hush]
    assert pinned_of([kept]) == {kept.pk: [hush]}
