"""Settings of what goes out to people: the e-mail provider, if there is one, and where the others are."""

from __future__ import annotations

import re
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured


def of(env: environ.Env) -> dict[str, Any]:
    """What the environment says. `EMAIL_PROVIDER` takes the place of EMAIL_URL: a name that django-anymail knows, its own
    settings as JSON in `ANYMAIL`, and in `EMAIL_HOOK` the dotted name of its view that reads the reports."""
    esp: str = env.str("EMAIL_PROVIDER", default="")
    if esp and not re.fullmatch(r"[a-z0-9_]+", esp):
        raise ImproperlyConfigured(f"EMAIL_PROVIDER must be a name such as mailgun, not {esp!r}")
    back_end = {"EMAIL_BACKEND": f"anymail.backends.{esp}.EmailBackend"} if esp else {}
    return back_end | {
        "EMAIL_HOOK": env.str("EMAIL_HOOK", default=""),
        "ANYMAIL": env.json("ANYMAIL", default={}) | {"REQUESTS_TIMEOUT": (3, 15)},
        "MESSAGE_PROVIDERS": {
            "twilio": env.str("TWILIO_URL", default="https://api.twilio.com").rstrip("/"),
            "msg91": env.str("MSG91_URL", default="https://control.msg91.com").rstrip("/"),
            "whatsapp": env.str("WHATSAPP_URL", default="https://graph.facebook.com/v23.0").rstrip("/"),
        },
        # Seconds: to connect, to answer. Far below a lease.
        "MESSAGE_TIMEOUTS": (3, 15),
    }
