"""Who calls: from an OAuth token to a clinic and an actor.

A program's own token (client credentials) acts for the program's clinic and is never verified. A token that a
member of staff gave out (authorization code with PKCE) acts as that person, in the role of their membership.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from oauth2_provider.contrib.rest_framework import OAuth2Authentication
from oauth2_provider.models import AbstractApplication
from oauth2_provider.oauth2_backends import OAuthLibCore
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from apps.api.models import ApiClient
from apps.clinic.actors import Actor
from apps.clinic.errors import Forbidden, Invalid, NotFound
from apps.clinic.models import Clinic, User
from apps.clinic.queries import actor_for, clinics_for

CLINIC_HEADER = "X-Clinic"
CLINIC_PARAMETER = "clinic"


@dataclass(frozen=True, slots=True)
class Bearer:
    """What `request.user` is: the holder of a valid token. `pk` names the program and the person."""

    application_id: int
    application_name: str
    grant: str
    user: User | None
    is_authenticated: bool = True

    @property
    def pk(self) -> str:
        return f"{self.application_id}:{self.user.pk if self.user else ''}"

    @property
    def is_program(self) -> bool:
        return self.user is None and self.grant == AbstractApplication.GRANT_CLIENT_CREDENTIALS

    @property
    def is_staff(self) -> bool:
        return self.user is not None and self.grant == AbstractApplication.GRANT_AUTHORIZATION_CODE


@dataclass(frozen=True, slots=True)
class Caller:
    """The clinic that a request is about and the actor that it acts as."""

    clinic: Clinic
    actor: Actor
    key: str


class _HeaderOnly(OAuthLibCore):  # type: ignore[misc]  # ships no types
    """Looks for the token in the header alone, so that no body is read of a caller who is not known yet."""

    def extract_body(self, request: Request) -> Sequence[tuple[str, str]]:
        return ()


@cache
def _core() -> _HeaderOnly:
    return _HeaderOnly()


class TokenAuthentication(OAuth2Authentication):  # type: ignore[misc]  # ships no types
    """OAuth2 bearer tokens. A program's token has no user, so the holder of the token stands in its place."""

    def authenticate(self, request: Request) -> tuple[Bearer, Any] | None:
        try:
            valid, found = _core().verify_request(request, scopes=[])
        except ValueError:  # an address that oauthlib cannot read
            raise ParseError("The query of this address is not well encoded.") from None
        if not valid or found.access_token.application is None:
            told: Any = request  # where `authenticate_header` looks for the reason
            told.oauth2_error = getattr(found, "oauth2_error", {})
            return None
        token = found.access_token
        application = token.application
        bearer = Bearer(application.pk, application.name, application.authorization_grant_type, found.user)
        return bearer, token


def bearer_of(request: Request) -> Bearer | None:
    """Who holds the request's token; None without a valid one."""
    user: object = request.user
    return user if isinstance(user, Bearer) else None


def caller_of(request: Request) -> Caller:
    """The caller of an authenticated request.

    NotFound if the request names a clinic that the token does not reach, Forbidden if it reaches none,
    Invalid if it reaches several and the request names none.
    """
    bearer = bearer_of(request)
    assert bearer is not None, "permissions come first"
    bound = ApiClient.objects.select_related("clinic").filter(application_id=bearer.application_id).first()
    wanted = request.headers.get(CLINIC_HEADER) or request.query_params.get(CLINIC_PARAMETER)
    if bearer.is_program and bound is not None:
        clinic = _named([bound.clinic], wanted)
        actor = Actor.client(name=bearer.application_name or "client", clinic_id=clinic.pk)
        return Caller(clinic, actor, bearer.pk)
    if bearer.is_staff and bearer.user is not None:
        return _staff(bearer, bearer.user, bound, wanted)
    raise Forbidden("This token belongs to no clinic.", code="no_clinic", remedy="Ask the clinic's manager.")


def _staff(bearer: Bearer, user: User, bound: ApiClient | None, wanted: str | None) -> Caller:
    clinics = [clinic for clinic in clinics_for(user) if bound is None or clinic.pk == bound.clinic_id]
    if not clinics:
        raise Forbidden(
            "You do not work in a clinic that this program serves.",
            code="no_clinic",
            remedy="Ask the clinic's manager.",
        )
    clinic = _named(clinics, wanted)
    return Caller(clinic, actor_for(user, clinic, "api", signed_in=True), bearer.pk)


def _named(clinics: list[Clinic], wanted: str | None) -> Clinic:
    if wanted is None:
        if len(clinics) == 1:
            return clinics[0]
        raise Invalid(
            "This token reaches several clinics.",
            code="clinic_needed",
            field=CLINIC_PARAMETER,
            remedy=f"Name one in the header {CLINIC_HEADER}: {', '.join(sorted(c.slug for c in clinics))}.",
        )
    for clinic in clinics:
        if clinic.slug == wanted or _is(clinic.pk, wanted):
            return clinic
    raise NotFound("There is no such clinic.", field=CLINIC_PARAMETER)


def _is(clinic_id: UUID, text: str) -> bool:
    return str(clinic_id) == text.lower()
