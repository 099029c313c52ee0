"""The API's write path: the programs that may call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from oauth2_provider.models import AbstractApplication, Application

from apps.api.models import ApiClient
from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.errors import Fault, Invalid
from apps.clinic.models import Clinic


def create_client(*, clinic: Clinic, name: str, actor: Actor, at: datetime) -> tuple[str, str]:
    """A program with its own credentials, bound to the clinic: (client_id, client_secret).

    The secret is stored as a hash and is never shown again. Needs a manager or the system.
    """
    application = Application(
        name=_name(name),
        client_type=AbstractApplication.CLIENT_CONFIDENTIAL,
        authorization_grant_type=AbstractApplication.GRANT_CLIENT_CREDENTIALS,
    )
    secret: str = application.client_secret
    _register(application, clinic, actor, at)
    return application.client_id, secret


def create_staff_app(
    *, clinic: Clinic, name: str, redirect_uris: Sequence[str], actor: Actor, at: datetime
) -> str:
    """A program in which staff of the clinic sign in (authorization code with PKCE): its client_id.

    It is public and so has no secret; each redirect address is compared whole. Needs a manager or the system.
    """
    faults = [
        Fault(
            "redirect_uris",
            f"{uri} is no address to return to.",
            "Write https://host/path, without a fragment.",
        )
        for uri in redirect_uris
        if not _is_redirect(uri)
    ]
    if faults or not redirect_uris:
        raise Invalid(
            faults=faults or [Fault("redirect_uris", "There is no address to return to.", "Name one.")]
        )
    application = Application(
        name=_name(name),
        client_type=AbstractApplication.CLIENT_PUBLIC,
        authorization_grant_type=AbstractApplication.GRANT_AUTHORIZATION_CODE,
        redirect_uris=" ".join(redirect_uris),
    )
    _register(application, clinic, actor, at)
    client_id: str = application.client_id
    return client_id


def _register(application: AbstractApplication, clinic: Clinic, actor: Actor, at: datetime) -> None:
    require_clinic(actor, clinic.pk)
    require_role(actor, "manager")
    with acting(actor):
        application.save()
        client = ApiClient.objects.create(application=application, clinic=clinic, created_at=at)
        record_change(
            clinic_id=clinic.pk,
            kind="api.client_created",
            subject_type="api_client",
            subject_id=client.pk,
            actor=actor,
            at=at,
        )


def _name(name: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= 100:
        raise Invalid("A program needs a name.", field="name", remedy="Write 1 to 100 signs.")
    return name


def _is_redirect(uri: str) -> bool:
    parts = urlsplit(uri)
    loopback = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")
    whole = bool(parts.hostname) and not parts.fragment and not any(sign.isspace() for sign in uri)
    return whole and (parts.scheme == "https" or loopback)
