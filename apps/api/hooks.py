"""What providers call back with, read and checked: signatures first, then receipts and texts as plain values.

Nothing here trusts a body before its signature fits; whoever cannot sign is answered 403 and nothing is read.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from twilio.request_validator import RequestValidator

from apps.reminders.channels.secrets import secret_of
from apps.reminders.models import ChannelSetting, Provider, Receipt


@dataclass(frozen=True, slots=True)
class ReceiptWord:
    """One word on one message: ours by `delivery_id`, or theirs by `provider_id`."""

    receipt: str
    delivery_id: UUID | None = None
    provider_id: str = ""
    error: str = ""
    bad_address: bool = False


@dataclass(frozen=True, slots=True)
class TextWord:
    """One text that somebody wrote. `address` begins with +."""

    address: str
    text: str
    provider_id: str


Word = ReceiptWord | TextWord


def is_signed(setting: ChannelSetting, request: HttpRequest) -> bool:
    """Whether the provider of the setting wrote this. Raises NoSecret where the environment has nothing to check with."""
    secret = secret_of(setting.hook_secret or setting.secret)
    match setting.provider:
        case Provider.TWILIO:
            address = f"{settings.BASE_URL}{request.get_full_path()}"
            signature = request.headers.get("X-Twilio-Signature", "")
            return bool(RequestValidator(secret).validate(address, request.POST, signature))
        case Provider.WHATSAPP:
            made = hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()
            return constant_time_compare(request.headers.get("X-Hub-Signature-256", ""), f"sha256={made}")
        case Provider.MSG91:
            # Never in the address: that stands in every log on the way.
            return constant_time_compare(request.headers.get("X-Hook-Key", ""), secret)
    return False


def challenge_of(setting: ChannelSetting, request: HttpRequest) -> str | None:
    """What WhatsApp wants to hear when the hook is set up; None if it does not know our word. The word stands in the
    environment under the name of the hook's secret and `_VERIFY`."""
    if setting.provider != Provider.WHATSAPP or request.GET.get("hub.mode") != "subscribe":
        return None
    word = secret_of(f"{setting.hook_secret or setting.secret}_VERIFY")
    known = constant_time_compare(request.GET.get("hub.verify_token", ""), word)
    return request.GET.get("hub.challenge", "") if known else None


def words_of(setting: ChannelSetting, request: HttpRequest) -> list[Word]:
    """Everything that a signed call says. ValueError for a body that cannot be read."""
    match setting.provider:
        case Provider.TWILIO:
            ours = request.POST.get("AccountSid", setting.account) == setting.account
            return list(_of_twilio(request)) if ours else []
        case Provider.WHATSAPP:
            return list(_of_whatsapp(_json(request.body), setting.sender))
        case Provider.MSG91:
            return list(_of_msg91(request))
    return []


_TWILIO = {
    "queued": "", "accepted": "", "sending": "", "sent": "",
    "delivered": Receipt.DELIVERED, "read": Receipt.READ,
    "failed": Receipt.FAILED, "undelivered": Receipt.FAILED, "canceled": Receipt.FAILED,
}  # fmt: skip
_TWILIO_BAD = frozenset({"30004", "30005", "30006", "21610", "21614"})


def _of_twilio(request: HttpRequest) -> Iterator[Word]:
    told = request.POST
    status, code = told.get("MessageStatus", ""), told.get("ErrorCode", "")
    if status in _TWILIO:
        yield ReceiptWord(
            _TWILIO[status],
            delivery_id=uuid_of(request.GET.get("delivery", "")),
            provider_id=told.get("MessageSid", ""),
            error=code,
            bad_address=code in _TWILIO_BAD,
        )
    elif "From" in told and told.get("MessageSid"):
        yield TextWord(told["From"].removeprefix("whatsapp:"), told.get("Body", ""), told["MessageSid"])


_WHATSAPP = {
    "sent": "", "delivered": Receipt.DELIVERED, "read": Receipt.READ, "failed": Receipt.FAILED,
}  # fmt: skip
_WHATSAPP_BAD = frozenset({131021, 131026, 131030})


def _of_whatsapp(body: Any, sender: str) -> Iterator[Word]:
    for value in _values(body, sender):
        for one in _list(value.get("statuses")):
            codes = [error.get("code") for error in _list(one.get("errors"))]
            if one.get("status") in _WHATSAPP:
                yield ReceiptWord(
                    _WHATSAPP[one["status"]],
                    delivery_id=uuid_of(str(one.get("biz_opaque_callback_data", ""))),
                    provider_id=str(one.get("id", "")),
                    error=str(codes[0]) if codes else "",
                    bad_address=any(code in _WHATSAPP_BAD for code in codes),
                )
        for one in _list(value.get("messages")):
            if one.get("from") and one.get("id"):
                text = one.get("text")
                words = (
                    str(text.get("body", "")) if isinstance(text, dict) else f"[{one.get('type', 'message')}]"
                )
                yield TextWord(f"+{one['from']}", words, str(one["id"]))


def _values(body: Any, sender: str) -> Iterator[dict[str, Any]]:
    """What concerns our own number: one signed call may speak of every number of the same app, another clinic's too."""
    for entry in _list(body.get("entry") if isinstance(body, dict) else None):
        for change in _list(entry.get("changes")):
            value = change.get("value")
            about = value.get("metadata") if isinstance(value, dict) else None
            if isinstance(about, dict) and str(about.get("phone_number_id", "")) == sender:
                yield change["value"]


# MSG91's numbers for what became of a message.
_MSG91 = {
    "1": Receipt.DELIVERED,
    "2": Receipt.FAILED, "9": Receipt.FAILED, "16": Receipt.FAILED, "17": Receipt.FAILED, "25": Receipt.FAILED,
}  # fmt: skip


def _of_msg91(request: HttpRequest) -> Iterator[Word]:
    """Version 3 is one object, version 2 a form whose `data` lists requests with their reports."""
    told = _json(request.POST["data"]) if "data" in request.POST else _json(request.body)
    for one in _list(told if isinstance(told, list) else [told]):
        for report in _list(one.get("report")) or [one]:
            status = str(report.get("status", ""))
            if status in _MSG91:
                yield ReceiptWord(
                    _MSG91[status],
                    delivery_id=uuid_of(str(report.get("CRQID", ""))),
                    provider_id=str(report.get("requestId") or one.get("requestId") or ""),
                    error="" if status == "1" else f"msg91 {status}",
                )


def _json(body: bytes | str) -> Any:
    try:
        return json.loads(body)
    except (UnicodeDecodeError, RecursionError) as fault:
        raise ValueError("not JSON") from fault


def _list(found: Any) -> list[dict[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def uuid_of(text: str) -> UUID | None:
    """Our own id, if that is what it is."""
    try:
        return UUID(text)
    except ValueError:
        return None
