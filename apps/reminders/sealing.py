"""Seals what a manager types as a provider's secret, and what fills a secret message, so that the database alone, or a
copy of it, opens nothing.

The key follows from SECRET_KEY; SECRET_KEY_FALLBACKS open what older ones sealed. What none of them opens has to be typed
again.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_PURPOSE = b"lit-tracker provider secret 1"


class CannotOpen(ValueError):
    """Sealed with a key that is gone, or for another name."""


def seal(name: str, value: str) -> str:
    """What may be stored. Bound to `name`: put under another one it does not open."""
    return _keys().encrypt(f"{name}\n{value}".encode()).decode()


def unseal(name: str, sealed: str) -> str:
    """What was sealed under that name. Raises CannotOpen."""
    try:
        whole = _keys().decrypt(sealed.encode()).decode()
    except InvalidToken as fault:
        raise CannotOpen(name) from fault
    owner, _, value = whole.partition("\n")
    if owner != name:
        raise CannotOpen(name)
    return value


def _keys() -> MultiFernet:
    return MultiFernet([_key(one) for one in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str) -> Fernet:
    made = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(str(secret).encode())
    return Fernet(urlsafe_b64encode(made))
