"""What programs are promised: scopes, tokens, formats. The same on every machine; settings.py adds the rest."""

from typing import Any

from protocols.plan import State

OAUTH2_PROVIDER: dict[str, Any] = {
    "SCOPES": {
        "couples:read": "Read couples and their people",
        "couples:write": "Enrol couples",
        "contact:read": "Read how people are reached",
        "contact:write": "Change how people are reached, and say what they agreed to or refused",
        "treatments:read": "Read protocols, treatments, plans and records",
        "treatments:write": "Start treatments and record facts",
        "appointments:read": "Read appointments",
        "appointments:write": "Book, move and cancel appointments, and say what became of them",
        "donor-safety:read": "Read infection results of donors, for doctors, laboratories and their programs",
        "flags:read": "Read flags",
        "flags:decide": "Decide flags, as the member of staff who signs in",
    },
    # What a client gets that asks for nothing: all that a program can do by itself.
    "DEFAULT_SCOPES": [
        "couples:read",
        "couples:write",
        "contact:read",
        "contact:write",
        "treatments:read",
        "treatments:write",
        "appointments:read",
        "appointments:write",
        "flags:read",
    ],
    "PKCE_REQUIRED": True,
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "REFRESH_TOKEN_EXPIRE_SECONDS": 12 * 3600,
    "ROTATE_REFRESH_TOKEN": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    # RFC 9700, OAuth's best current practice: no implicit and no password grant, S256 alone, no token in an
    # address, the issuer named, tokens stored as digests.
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
}

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.api.callers.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.api.parsing.StrictJsonParser"],
    "DEFAULT_SCHEMA_CLASS": "apps.api.schema.Schema",
    "EXCEPTION_HANDLER": "apps.api.problems.handle",
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "LIT Tracker",
    "DESCRIPTION": "Treatments, plans, records, appointments and flags of one clinic.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "OAUTH2_FLOWS": ["clientCredentials", "authorizationCode"],
    "OAUTH2_TOKEN_URL": "/oauth/token/",
    "OAUTH2_AUTHORIZATION_URL": "/oauth/authorize/",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    # Two fields named alike with other choices: generated clients need a name for each set.
    "ENUM_NAME_OVERRIDES": {
        "RecordKind": "protocols.records.KINDS",
        "VerdictKind": ["timing", "response"],
        "VisitState": [state.value for state in State],
        "FlagState": ["open", "decided", "cleared"],
        "DayState": ["good", "outside", "closed", "away", "full", "refused"],
        "ActivityState": ["planned", "started", "done", "failed", "cancelled"],
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "apps.api.schema.add_what_all_share",
    ],
}
