"""Publishing a protocol version: read, signed, saved once, never changed."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.errors import Conflict, Fault, Invalid
from apps.clinic.models import Clinic
from apps.treatments.loading import template_from
from apps.treatments.models import ProtocolVersion
from protocols import Template
from protocols.errors import Faults


def publish_protocol(
    *, clinic: Clinic, document: str, signed_by: str, actor: Actor, at: datetime
) -> ProtocolVersion:
    """Publishes a protocol document for the clinic, for good. Invalid with every fault of it, blanks
    included.

    `signed_by` is the doctor who answers for its numbers. Conflict if this name and version is published
    here.
    """
    require_clinic(actor, clinic.pk)
    require_role(actor, "doctor", "manager")
    if not signed_by.strip():
        raise Invalid(
            "Nobody has signed this protocol.", field="signed_by", remedy="Name the doctor who signs it."
        )
    template = _template(document)
    with acting(actor):
        version = ProtocolVersion(
            clinic=clinic,
            name=template.name,
            version=template.version,
            title=template.title,
            document=document,
            published_at=at,
            published_by=signed_by.strip()[:150],
        )
        _save_once(version)
        record_change(
            clinic_id=clinic.pk,
            kind="protocol.published",
            subject_type="protocolversion",
            subject_id=version.pk,
            actor=actor,
            at=at,
        )
    return version


def _template(document: str) -> Template:
    try:
        return template_from(document)
    except Faults as error:
        faults = [
            Fault(
                fault.field,
                f"Line {fault.line}: {fault.message}." if fault.line else fault.message,
                fault.remedy,
            )
            for fault in error.faults
        ]
        raise Invalid(code="protocol_faults", faults=faults) from error


def _save_once(version: ProtocolVersion) -> None:
    try:
        with transaction.atomic():
            version.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(
            f"{version.name} {version.version} is published here and never changes.",
            code="published",
            field="version",
            remedy="Give the document another version.",
        ) from error
