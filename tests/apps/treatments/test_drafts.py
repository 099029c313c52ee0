"""Drafts of protocols: any text is kept, nobody overwrites anybody, and only a doctor signs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import IntegrityError, ProgrammingError, connection, transaction

from apps.clinic.actors import Actor
from apps.clinic.errors import Conflict, Forbidden, Invalid, LitError, NotFound
from apps.clinic.models import Change, Clinic
from apps.treatments import drafts
from apps.treatments.models import ProtocolDraft, ProtocolVersion
from apps.treatments.publishing import publish_protocol
from protocols import library_text
from tests import rows

pytestmark = pytest.mark.django_db
AT = rows.AT
LATER = AT + timedelta(hours=1)
TEXT = library_text("lit-standard")
OURS = TEXT.replace('version: "1"', 'version: "ours-1"')
BLANK = OURS.replace("target: {at: P4W, source: S02, grade: A}", "target: {at: null, source: S02, grade: A}")


@pytest.fixture
def clinic() -> Clinic:
    return rows.a_clinic()


@pytest.fixture
def doctor(clinic: Clinic) -> Actor:
    return rows.staff(clinic, "doctor")


@pytest.fixture
def manager(clinic: Clinic) -> Actor:
    return rows.staff(clinic, "manager")


def a_draft(clinic: Clinic, actor: Actor, document: str = OURS) -> ProtocolDraft:
    return drafts.start_draft(clinic=clinic, document=document, actor=actor, at=AT)


# Any text


@pytest.mark.parametrize(
    "text", ["", "{", "name: x", "- 1", "[" * 3000, "name: 5\ntitle: [a]", "żółć\t\n", OURS, BLANK]
)
def test_any_text_is_kept_as_it_is_and_its_faults_are_shown(clinic: Clinic, doctor: Actor, text: str) -> None:
    draft = a_draft(clinic, doctor, text)
    draft.refresh_from_db()
    assert draft.document == text
    reading = drafts.read_draft(text)
    assert reading.can_publish == (text == OURS)
    assert bool(reading.faults) == (text not in (OURS, BLANK))
    assert all(fault.field and fault.message and fault.remedy for fault in (*reading.faults, *reading.blanks))


def test_a_blank_is_no_fault_and_still_refuses_the_signature(clinic: Clinic, doctor: Actor) -> None:
    reading = drafts.read_draft(BLANK)
    assert reading.template is not None
    assert not reading.faults
    assert [fault.field.startswith("steps.1.next.0.target") for fault in reading.blanks] == [True]
    draft = a_draft(clinic, doctor, BLANK)
    with pytest.raises(Invalid) as refused:
        drafts.publish_draft(draft=draft, revision=1, actor=doctor, at=AT)
    assert refused.value.code == "protocol_faults"
    assert ProtocolDraft.objects.count() == 1


def test_a_draft_is_called_what_its_text_last_called_itself(clinic: Clinic, doctor: Actor) -> None:
    draft = a_draft(clinic, doctor)
    assert (draft.name, draft.title) == ("lit-standard", "LIT, standard course")
    draft = drafts.save_draft(draft=draft, document="{", revision=1, actor=doctor, at=LATER)
    assert (draft.name, draft.title, draft.revision) == ("lit-standard", "LIT, standard course", 2)
    draft = drafts.save_draft(draft=draft, document="title: Ours", revision=2, actor=doctor, at=LATER)
    assert draft.title == "Ours"


@pytest.mark.parametrize("text", ["a\0b", "x" * (drafts.LONGEST_DOCUMENT + 1)])
def test_what_no_text_column_can_hold_is_refused(clinic: Clinic, doctor: Actor, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        a_draft(clinic, doctor, text)
    assert refused.value.field == "document"
    assert not ProtocolDraft.objects.exists()


# Two people


def test_two_people_never_overwrite_each_other(clinic: Clinic, doctor: Actor, manager: Actor) -> None:
    draft = a_draft(clinic, doctor)
    first = drafts.save_draft(draft=draft, document=OURS + "# mine\n", revision=1, actor=manager, at=LATER)
    assert (first.revision, first.changed_by, first.changed_at) == (2, manager.name, LATER)
    for act in (
        lambda: drafts.save_draft(draft=draft, document=OURS, revision=1, actor=doctor, at=LATER),
        lambda: drafts.discard_draft(draft=draft, revision=1, actor=doctor, at=LATER),
        lambda: drafts.publish_draft(draft=draft, revision=1, actor=doctor, at=LATER),
    ):
        with pytest.raises(Conflict) as refused:
            act()
        assert (refused.value.code, refused.value.field) == ("draft_changed", "revision")
        assert manager.name in refused.value.message
    draft.refresh_from_db()
    assert draft.document.endswith("# mine\n")
    assert not ProtocolVersion.objects.exists()


def test_saving_the_same_text_is_no_new_revision(clinic: Clinic, doctor: Actor) -> None:
    draft = a_draft(clinic, doctor)
    assert drafts.save_draft(draft=draft, document=OURS, revision=1, actor=doctor, at=LATER).revision == 1
    assert Change.objects.filter(kind="protocol.drafted").count() == 1


def test_a_draft_that_is_gone_is_not_found(clinic: Clinic, doctor: Actor) -> None:
    draft = a_draft(clinic, doctor)
    drafts.discard_draft(draft=draft, revision=1, actor=doctor, at=LATER)
    assert not ProtocolDraft.objects.exists()
    with pytest.raises(NotFound):
        drafts.save_draft(draft=draft, document="x", revision=1, actor=doctor, at=LATER)


# Who


def test_only_a_doctor_or_a_manager_writes_and_only_a_doctor_signs(
    clinic: Clinic, doctor: Actor, manager: Actor
) -> None:
    for role in ("nurse", "lab"):
        with pytest.raises(Forbidden):
            a_draft(clinic, rows.staff(clinic, role))
    draft = a_draft(clinic, manager)
    unverified = replace(doctor, verified=False)
    program = Actor.client(name="lab system", clinic_id=clinic.pk)
    for actor in (manager, unverified, program):
        with pytest.raises(Forbidden):
            drafts.publish_draft(draft=draft, revision=1, actor=actor, at=LATER)
    version = drafts.publish_draft(draft=draft, revision=1, actor=doctor, at=LATER)
    assert (version.published_by, version.signed_by_id, version.published_at) == (
        doctor.name,
        doctor.user_id,
        LATER,
    )
    assert version.document == OURS
    assert not ProtocolDraft.objects.exists()


def test_nobody_signs_for_somebody_else(clinic: Clinic, doctor: Actor) -> None:
    with pytest.raises(Forbidden) as refused:
        publish_protocol(clinic=clinic, document=OURS, signed_by="Dr Sen", actor=doctor, at=AT)
    assert refused.value.code == "wrong_signer"
    assert not ProtocolVersion.objects.exists()


def test_what_the_installation_enters_has_a_name_and_no_account(clinic: Clinic) -> None:
    version = publish_protocol(clinic=clinic, document=OURS, signed_by=" Dr Sen ", actor=rows.SYSTEM, at=AT)
    assert (version.published_by, version.signed_by_id) == ("Dr Sen", None)
    with pytest.raises(Invalid):
        publish_protocol(clinic=clinic, document=TEXT, actor=rows.SYSTEM, at=AT)


def test_a_version_that_is_taken_leaves_the_draft(clinic: Clinic, doctor: Actor) -> None:
    publish_protocol(clinic=clinic, document=OURS, actor=doctor, at=AT)
    draft = a_draft(clinic, doctor)
    with pytest.raises(Conflict) as refused:
        drafts.publish_draft(draft=draft, revision=1, actor=doctor, at=LATER)
    assert refused.value.code == "published"
    assert ProtocolDraft.objects.get() == draft


def test_another_clinics_drafts_do_not_exist(clinic: Clinic, doctor: Actor) -> None:
    draft = a_draft(clinic, doctor)
    other = rows.a_clinic(rows.LONDON)
    stranger = rows.staff(other, "doctor")
    assert list(drafts.drafts_of(other)) == []
    assert list(drafts.drafts_of(clinic)) == [draft]
    with pytest.raises(NotFound):
        drafts.draft_by_id(other, draft.pk)
    for act in (
        lambda: a_draft(clinic, stranger),
        lambda: drafts.save_draft(draft=draft, document="x", revision=1, actor=stranger, at=LATER),
        lambda: drafts.discard_draft(draft=draft, revision=1, actor=stranger, at=LATER),
        lambda: drafts.publish_draft(draft=draft, revision=1, actor=stranger, at=LATER),
    ):
        with pytest.raises(NotFound):
            act()
    assert drafts.draft_by_id(clinic, draft.pk).document == OURS


# What it is based on


def test_a_draft_begins_from_a_version_of_the_clinic_or_from_the_library(
    clinic: Clinic, doctor: Actor
) -> None:
    version = rows.a_protocol(clinic)
    ours = drafts.start_draft(clinic=clinic, document=OURS, based_on=version, actor=doctor, at=AT)
    shipped = drafts.start_draft(clinic=clinic, document=TEXT, library="lit-standard", actor=doctor, at=AT)
    assert (ours.based_on, shipped.based_on_library) == (version, "lit-standard")
    theirs = rows.a_protocol(rows.a_clinic(rows.LONDON))
    wrong: list[tuple[ProtocolVersion, str]] = [(theirs, ""), (version, "lit-standard")]
    for based_on, library in wrong:
        with pytest.raises(LitError) as refused:
            drafts.start_draft(
                clinic=clinic, document=OURS, based_on=based_on, library=library, actor=doctor, at=AT
            )
        assert refused.value.field == "based_on"
    assert ProtocolDraft.objects.count() == 2


def test_a_draft_cannot_be_based_on_another_clinics_version_even_by_sql(
    clinic: Clinic, doctor: Actor
) -> None:
    draft = a_draft(clinic, doctor)
    theirs = rows.a_protocol(rows.a_clinic(rows.LONDON))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute(
                "UPDATE treatments_protocoldraft SET based_on_id = %s WHERE id = %s", [theirs.pk, draft.pk]
            )


# What is known of it afterwards


def test_every_change_of_a_draft_is_known_for_ever_by_whom(
    clinic: Clinic, doctor: Actor, manager: Actor
) -> None:
    draft = a_draft(clinic, doctor)
    drafts.save_draft(draft=draft, document="{", revision=1, actor=manager, at=LATER)
    drafts.discard_draft(draft=draft, revision=2, actor=doctor, at=LATER)
    events = apps.get_model("treatments", "ProtocolDraftEvent").objects.order_by("pgh_id")
    said = [(event.pgh_label, event.pgh_context.metadata["actor"], event.document) for event in events]
    assert said == [
        ("insert", doctor.name, OURS),
        ("update", manager.name, "{"),
        ("delete", doctor.name, "{"),
    ]
    with pytest.raises(ProgrammingError), transaction.atomic():
        events.delete()
    kinds = list(Change.objects.filter(subject_id=draft.pk).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["protocol.drafted", "protocol.drafted", "protocol.draft_discarded"]
