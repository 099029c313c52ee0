"""Drafts of protocols: kept, changed, thrown away, and published with a doctor's signature.

    draft = start_draft(clinic=clinic, document=library_text("lit-standard"), library="lit-standard", actor=..., at=...)
    draft = save_draft(draft=draft, document=text, revision=draft.revision, actor=..., at=...)
    reading = read_draft(draft.document)            # faults and blanks to show beside the text; none refuses a save
    version = publish_draft(draft=draft, revision=draft.revision, actor=doctor, at=...)

A doctor or a manager of the clinic writes drafts; only a doctor publishes. `revision` is the one that the caller was shown:
Conflict (code `draft_changed`) if somebody has saved, discarded or published meanwhile, and nothing is overwritten.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.errors import Conflict, Fault, Invalid, NotFound
from apps.clinic.models import Clinic
from apps.treatments.models import ProtocolDraft, ProtocolVersion
from apps.treatments.publishing import faults_of, publish_protocol
from protocols import Faults, Template, load
from protocols.loader import open_questions, read_yaml

LONGEST_DOCUMENT = 200_000


@dataclass(frozen=True, slots=True)
class DraftReading:
    """What a text is as a protocol: the template if it can be read, every fault, and the blanks to fill before publishing.

    `can_publish` says that a doctor may sign it as it is, but for a name and version that are taken.
    """

    template: Template | None
    faults: tuple[Fault, ...] = ()
    blanks: tuple[Fault, ...] = ()

    @property
    def can_publish(self) -> bool:
        return self.template is not None and not self.faults and not self.blanks


def read_draft(document: str) -> DraftReading:
    """Reads any text; raises nothing. Faults name the field, the line in words, and the remedy."""
    try:
        template = load(document)
    except Faults as error:
        return DraftReading(None, faults=faults_of(error))
    return DraftReading(template, blanks=faults_of(Faults(open_questions(document, template))))


def drafts_of(clinic: Clinic) -> QuerySet[ProtocolDraft]:
    """The clinic's drafts with what they are based on, the one changed last first."""
    return (
        ProtocolDraft.objects.filter(clinic=clinic).select_related("based_on").order_by("-changed_at", "id")
    )


def draft_by_id(clinic: Clinic, draft_id: UUID) -> ProtocolDraft:
    found = drafts_of(clinic).filter(pk=draft_id).first()
    if found is None:
        raise NotFound("There is no such draft.", field="draft")
    return found


def start_draft(
    *,
    clinic: Clinic,
    document: str,
    actor: Actor,
    at: datetime,
    based_on: ProtocolVersion | None = None,
    library: str = "",
) -> ProtocolDraft:
    """A new draft with any text. `based_on` is a version of the same clinic, or `library` the name of one that ships."""
    _require_writer(actor, clinic.pk)
    if based_on is not None and based_on.clinic_id != clinic.pk:
        raise NotFound("There is no such protocol.", field="based_on")
    if based_on is not None and library:
        raise Invalid(
            "A draft is based on one document.",
            field="based_on",
            remedy="Name a version or the library, not both.",
        )
    draft = ProtocolDraft(
        clinic=clinic, based_on=based_on, based_on_library=library[:80], created_at=at, revision=1
    )
    _write(draft, document, actor=actor, at=at)
    with acting(actor):
        draft.save(force_insert=True)
        _tell("protocol.drafted", draft, actor=actor, at=at)
    return draft


def save_draft(
    *, draft: ProtocolDraft, document: str, revision: int, actor: Actor, at: datetime
) -> ProtocolDraft:
    """Saves any text as the next revision and returns the draft as it is now. The same text saves nothing."""
    _require_writer(actor, draft.clinic_id)
    with acting(actor):
        fresh = _locked(draft, revision)
        if fresh.document == document:
            return fresh
        _write(fresh, document, actor=actor, at=at)
        fresh.revision += 1
        fresh.save()
        _tell("protocol.drafted", fresh, actor=actor, at=at)
    return fresh


def discard_draft(*, draft: ProtocolDraft, revision: int, actor: Actor, at: datetime) -> None:
    """Deletes the draft. Its history stays."""
    _require_writer(actor, draft.clinic_id)
    with acting(actor):
        fresh = _locked(draft, revision)
        _tell("protocol.draft_discarded", fresh, actor=actor, at=at)
        fresh.delete()


def publish_draft(*, draft: ProtocolDraft, revision: int, actor: Actor, at: datetime) -> ProtocolVersion:
    """Publishes the saved text of the draft, signed by the doctor who acts, and removes the draft.

    Raises what `publish_protocol` raises: Forbidden for anybody but a doctor who signed in, Invalid with every fault and
    blank, Conflict for a name and version that are taken; the draft stays as it was.
    """
    require_clinic(actor, draft.clinic_id)
    with acting(actor):
        fresh = _locked(draft, revision)
        version = publish_protocol(clinic=fresh.clinic, document=fresh.document, actor=actor, at=at)
        fresh.delete()
    return version


def _require_writer(actor: Actor, clinic_id: UUID) -> None:
    require_clinic(actor, clinic_id)
    require_role(actor, "doctor", "manager")


def _locked(draft: ProtocolDraft, revision: int) -> ProtocolDraft:
    fresh = (
        ProtocolDraft.objects.select_for_update(of=("self",))
        .select_related("clinic")
        .filter(pk=draft.pk)
        .first()
    )
    if fresh is None:
        raise NotFound("There is no such draft.", field="draft")
    if fresh.revision != revision:
        raise Conflict(
            f"{fresh.changed_by} has saved this draft meanwhile.",
            code="draft_changed",
            field="revision",
            remedy="Keep your text aside, open the draft as it is now, and put your changes in again.",
        )
    return fresh


def _write(draft: ProtocolDraft, document: str, *, actor: Actor, at: datetime) -> None:
    if len(document) > LONGEST_DOCUMENT or "\0" in document:
        raise Invalid(
            f"This is no text of at most {LONGEST_DOCUMENT} characters.",
            field="document",
            remedy="Shorten it, and remove characters that cannot be seen.",
        )
    said = _calls_itself(document)
    draft.document = document
    draft.name, draft.title = said.get("name", draft.name), said.get("title", draft.title)
    draft.changed_at, draft.changed_by = at, actor.name[:150]


def _calls_itself(document: str) -> dict[str, str]:
    """Name and title as far as the text says them; a text that is no YAML keeps what it was called before."""
    try:
        data, _ = read_yaml(document)
    except Faults:
        return {}
    if not isinstance(data, dict):
        return {}
    given = {"name": data.get("name"), "title": data.get("title")}
    longest = {"name": 80, "title": 200}
    return {field: value[: longest[field]] for field, value in given.items() if isinstance(value, str)}


def _tell(kind: str, draft: ProtocolDraft, *, actor: Actor, at: datetime) -> None:
    record_change(
        clinic_id=draft.clinic_id,
        kind=kind,
        subject_type="protocoldraft",
        subject_id=draft.pk,
        actor=actor,
        at=at,
        detail={"revision": draft.revision},
    )
