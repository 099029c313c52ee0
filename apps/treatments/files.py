"""Attaching files to records, fetching them, withdrawing them. Part of the treatments' write path."""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import datetime
from pathlib import PurePosixPath
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor, ActorRole
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.errors import Conflict, Forbidden, Invalid, NotFound
from apps.clinic.models import Clinic
from apps.treatments.file_models import LARGEST
from apps.treatments.models import (
    Attachment,
    AttachmentReading,
    AttachmentWithdrawal,
    FileType,
    Record,
    Treatment,
)
from apps.treatments.sensitivity import is_donor_infection

# What the laboratory measured itself; everything else is the couple's business and their clinicians'.
OF_THE_LABORATORY = ("result", "screening")
_SIGNS: tuple[tuple[FileType, int, bytes], ...] = (
    (FileType.PDF, 0, b"%PDF-"),
    (FileType.PNG, 0, b"\x89PNG\r\n\x1a\n"),
    (FileType.JPEG, 0, b"\xff\xd8\xff"),
    (FileType.DICOM, 128, b"DICM"),
)
_PRINTED = frozenset("\t\n\r\f")


def sniffed(content: bytes) -> FileType | None:
    """What the file is by its own bytes, whatever its name or its sender say; None for anything else."""
    for kind, at, sign in _SIGNS:
        if content[at : at + len(sign)] == sign:
            return kind
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    plain = all(sign in _PRINTED or unicodedata.category(sign) != "Cc" for sign in text)
    return FileType.TEXT if plain and content else None


def attach_file(*, record: Record, name: str, content: bytes, actor: Actor, at: datetime) -> Attachment:
    """Keeps a file beside a record, in force or not. The same bytes twice on one record are one file.

    Invalid (codes `file_empty`, `file_too_large`, `file_type`) and nothing is kept; Forbidden for the laboratory on
    anything but results and screenings.
    """
    require_clinic(actor, record.clinic_id)
    _require_may_touch(record, actor, "nurse", "doctor", "lab")
    kind = _required_type(content)
    digest = hashlib.sha256(content).hexdigest()
    with acting(actor):
        # Two who attach the same file at once wait for each other here.
        Treatment.objects.select_for_update(no_key=True).get(pk=record.treatment_id)
        known = Attachment.objects.filter(record=record, sha256=digest).defer("content").first()
        if known is not None:
            if AttachmentWithdrawal.objects.filter(attachment=known).exists():
                raise Conflict(
                    _("This very file was withdrawn from this record."),
                    code="file_withdrawn",
                    field="file",
                    remedy=_("Attach it to the record that it belongs to."),
                )
            return known
        row = Attachment.objects.create(
            clinic_id=record.clinic_id,
            treatment_id=record.treatment_id,
            record=record,
            name=plain_name(name, kind),
            content_type=kind,
            size=len(content),
            sha256=digest,
            content=content,
            at=at,
            by_name=actor.name[:150],
            by_role=actor.role,
            by_user_id=actor.user_id,
        )
        _tell(row, "file.attached", actor=actor, at=at)
    return row


def fetch_file(*, attachment: Attachment, actor: Actor, at: datetime) -> bytes:
    """The bytes; who asked for them is written down first. NotFound for a withdrawn file."""
    require_clinic(actor, attachment.clinic_id)
    _require_may_touch(attachment.record, actor, "nurse", "doctor", "manager", "lab")
    if is_donor_infection(attachment.record.kind, attachment.record.data):
        require_role(actor, "doctor", "lab")
    with acting(actor):
        _require_shown(attachment)
        AttachmentReading.objects.create(
            clinic_id=attachment.clinic_id,
            attachment=attachment,
            at=at,
            by_name=actor.name[:150],
            by_role=actor.role,
            by_user_id=actor.user_id,
        )
        return bytes(Attachment.objects.values_list("content", flat=True).get(pk=attachment.pk))


def withdraw_file(*, attachment: Attachment, reason: str, actor: Actor, at: datetime) -> AttachmentWithdrawal:
    """The file is shown no more; its bytes stay. Invalid without a reason, NotFound if it is withdrawn already."""
    require_clinic(actor, attachment.clinic_id)
    _require_may_touch(attachment.record, actor, "nurse", "doctor")
    if not reason.strip():
        raise Invalid(
            _("The reason is empty."), field="reason", remedy=_("Say why the file does not belong here.")
        )
    with acting(actor):
        Treatment.objects.select_for_update(no_key=True).get(pk=attachment.treatment_id)
        _require_shown(attachment)
        row = AttachmentWithdrawal.objects.create(
            attachment=attachment,
            clinic_id=attachment.clinic_id,
            reason=reason.strip()[:300],
            at=at,
            by_name=actor.name[:150],
            by_user_id=actor.user_id,
        )
        _tell(attachment, "file.withdrawn", actor=actor, at=at)
    return row


def files_of(treatment: Treatment) -> QuerySet[Attachment]:
    """The files of a treatment's records that are not withdrawn, without their bytes, oldest first."""
    return Attachment.objects.filter(treatment=treatment, withdrawal__isnull=True).defer("content")


def file_by_id(clinic: Clinic, attachment_id: UUID) -> Attachment:
    """One file without its bytes. NotFound for another clinic's and for a withdrawn one, as for one that does not
    exist.
    """
    rows = Attachment.objects.filter(clinic=clinic, pk=attachment_id, withdrawal__isnull=True)
    found = rows.defer("content").select_related("record__treatment__clinic").first()
    if found is None:
        raise NotFound(_("There is no such file."), field="file")
    return found


def may_read(kind: str, role: str) -> bool:
    """Whether a role sees files of records of that kind: the laboratory sees those of its own work only."""
    return role in ("nurse", "doctor", "manager") or (role == "lab" and kind in OF_THE_LABORATORY)


def plain_name(name: str, kind: FileType) -> str:
    """The last part of a path, without control signs and signs that turn the direction of reading."""
    base = PurePosixPath(name.replace("\\", "/")).name
    shown = "".join(
        sign for sign in base if unicodedata.category(sign) not in ("Cc", "Cf", "Co", "Cs")
    ).strip()
    return shown[-150:] or f"file ({kind.label})"


def _required_type(content: bytes) -> FileType:
    if not content:
        raise Invalid(_("The file is empty."), code="file_empty", field="file", remedy=_("Choose another."))
    if len(content) > LARGEST:
        raise Invalid(
            _("The file is larger than %(size)d MB.") % {"size": LARGEST // 1024 // 1024},
            code="file_too_large",
            field="file",
            remedy=_("Make it smaller, or attach the pages that matter."),
        )
    kind = sniffed(content)
    if kind is None:
        raise Invalid(
            _("This is none of the kinds of file that are kept."),
            code="file_type",
            field="file",
            remedy=_("Save it as PDF, PNG, JPEG, plain text or DICOM."),
        )
    return kind


def _require_may_touch(record: Record, actor: Actor, *roles: ActorRole) -> None:
    require_role(actor, *roles)
    if actor.role == "lab" and record.kind not in OF_THE_LABORATORY:
        raise Forbidden(
            _("The laboratory sees files of results and screenings only."),
            code="wrong_role",
            field="file",
            remedy=_("Ask a nurse of the clinic."),
        )


def _require_shown(attachment: Attachment) -> None:
    if AttachmentWithdrawal.objects.filter(attachment=attachment).exists():
        raise NotFound(_("There is no such file."), field="file")


def _tell(row: Attachment, kind: str, *, actor: Actor, at: datetime) -> None:
    record_change(
        clinic_id=row.clinic_id,
        kind=kind,
        subject_type="attachment",
        subject_id=row.pk,
        treatment_id=row.treatment_id,
        couple_id=row.record.treatment.couple_id,
        actor=actor,
        at=at,
        detail={"record": str(row.record_id)},
    )
