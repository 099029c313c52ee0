"""From how many networks a calendar is asked for, without knowing from which. No address is kept anywhere."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest

_BITS = 16


def address_of_caller(request: HttpRequest) -> str:
    """Who asks: the last address that our own proxy has added, if there is one, for all before it is hearsay."""
    if settings.BEHIND_PROXY:
        return str(request.META.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """The /24 or /48 that an address lies in: one household, office or part of a mobile carrier. Empty if the
    text is no address."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is None:
            return str(ip_network((found, 48), strict=False))
        found = found.ipv4_mapped
    return str(ip_network((found, 24), strict=False))


def disguised(network: str, link_id: UUID, at: datetime) -> int:
    """16 bits that tell networks of one link on one day (UTC) apart, and nothing else.

    The key changes with link and day, so nobody can be followed. Whoever has SECRET_KEY and tries all networks
    finds hundreds behind each value.
    """
    day = at.astimezone(UTC).date().isoformat()
    key = hmac.digest(settings.SECRET_KEY.encode(), f"feed access {link_id} {day}".encode(), hashlib.sha256)
    return int.from_bytes(hmac.digest(key, network.encode(), hashlib.sha256)[: _BITS // 8])
