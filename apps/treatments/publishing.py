"""Publishing a protocol version: read, signed, saved once, never changed."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from django.db import IntegrityError, transaction

from apps.clinic.access import require_clinic, require_verified
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.errors import Conflict, Fault, Forbidden, Invalid
from apps.clinic.models import Clinic
from apps.treatments.models import ProtocolVersion
from protocols import Template
from protocols.errors import Faults
from protocols.loader import load_to_plan


def publish_protocol(
    *, clinic: Clinic, document: str, actor: Actor, at: datetime, signed_by: str = ""
) -> ProtocolVersion:
    """Publishes a protocol document for the clinic, for good, signed by the doctor who acts.

    Forbidden unless a doctor of the clinic signed in: nobody signs for somebody else. Only the installation itself (the
    system, for demo and shell) names a doctor in `signed_by`, and the version then has no account. Invalid with every
    fault of the document, blanks included. Conflict if this name and version is published here.
    """
    require_clinic(actor, clinic.pk)
    signer = _signer(actor, signed_by.strip())
    template = _template(document)
    with acting(actor):
        version = ProtocolVersion(
            clinic=clinic,
            name=template.name,
            version=template.version,
            title=template.title,
            document=document,
            published_at=at,
            published_by=signer[:150],
            signed_by_id=actor.user_id,
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


def faults_of(error: Faults) -> tuple[Fault, ...]:
    """The core's faults of a document as the product's own, the line said in words."""
    return tuple(
        Fault(
            fault.field, f"Line {fault.line}: {fault.message}." if fault.line else fault.message, fault.remedy
        )
        for fault in error.faults
    )


def _signer(actor: Actor, named: str) -> str:
    if not actor.is_system:
        require_verified(actor, "doctor")
        if named and named != actor.name:
            raise Forbidden(
                "Nobody signs for somebody else.",
                code="wrong_signer",
                field="signed_by",
                remedy="Let the doctor who answers for the numbers sign in and publish.",
            )
        return actor.name
    if not named:
        raise Invalid(
            "Nobody has signed this protocol.", field="signed_by", remedy="Name the doctor who signs it."
        )
    return named


@lru_cache(maxsize=16)
def _read(document: str) -> Template:
    """A text is read and checked once: clinics publish the same documents of the library."""
    return load_to_plan(document)


def _template(document: str) -> Template:
    try:
        return _read(document)
    except Faults as error:
        raise Invalid(code="protocol_faults", faults=faults_of(error)) from error


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
