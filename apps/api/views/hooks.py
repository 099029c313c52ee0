"""Where providers tell what became of messages, and bring what people write. Not for clients: each call is signed."""

from __future__ import annotations

import logging
from uuid import UUID

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseForbidden,
    HttpResponseNotFound,
)
from django.utils import timezone
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from apps.api.hooks import TextWord, Word, challenge_of, is_signed, uuid_of, words_of
from apps.reminders.channels.secrets import NoSecret
from apps.reminders.models import ChannelSetting, Provider, Receipt
from apps.reminders.services import receive_receipt, receive_text

_log = logging.getLogger(__name__)
_MOST = 256 * 1024
# What an e-mail provider's events are to us; what is not here says nothing of arrival.
_EMAIL_RECEIPTS = {
    "queued": "",
    "sent": "",
    "delivered": Receipt.DELIVERED,
    "opened": Receipt.READ,
    "bounced": Receipt.FAILED,
    "rejected": Receipt.FAILED,
    "failed": Receipt.FAILED,
}


@csrf_exempt
@require_http_methods(["GET", "POST"])
def hook(request: HttpRequest, setting_id: UUID) -> HttpResponse:
    """Receipts and texts of one clinic's provider. 404 for a setting that is none, 403 without its signature.

    A channel that was switched off is still listened to: what it sent is still reported on, and a STOP may answer it.
    """
    setting = ChannelSetting.objects.select_related("clinic").filter(pk=setting_id).first()
    if setting is None:
        return HttpResponseNotFound()
    try:
        if request.method == "GET":
            challenge = challenge_of(setting, request)
            plain = "text/plain"
            return HttpResponse(challenge, content_type=plain) if challenge else HttpResponseForbidden()
        if int(request.headers.get("Content-Length") or 0) > _MOST or not is_signed(setting, request):
            return HttpResponseForbidden()
        words = words_of(setting, request)
    except NoSecret:
        return HttpResponseForbidden()
    except ValueError:
        return HttpResponseBadRequest()
    # Each by itself: one that cannot be taken keeps no other from being heard; the provider repeats the call.
    taken = [_taken(setting, word) for word in words]
    if not all(taken):
        return HttpResponse(status=500)
    # Twilio reads its answer as instructions: none.
    if setting.provider == Provider.TWILIO:
        return HttpResponse("<Response/>", content_type="text/xml")
    return HttpResponse()


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def email_hook(request: HttpRequest) -> HttpResponse:
    """Reports of the e-mail provider of this server, read and checked by django-anymail. 404 without a provider."""
    if not settings.EMAIL_HOOK:
        return HttpResponseNotFound()
    view = import_string(settings.EMAIL_HOOK)()
    view.setup(request)
    if request.method == "HEAD":
        return HttpResponse()
    if view.warn_if_no_basic_auth and not view.basic_auth:
        return HttpResponseForbidden()  # anybody could write this
    try:
        view.run_validators(request)
    except SuspiciousOperation:
        return HttpResponseForbidden()
    for event in view.parse_events(request):
        if event.event_type in _EMAIL_RECEIPTS:
            receive_receipt(
                channel="email",
                receipt=_EMAIL_RECEIPTS[event.event_type],
                delivery_id=uuid_of(str((event.metadata or {}).get("delivery", ""))),
                provider_id=event.message_id or "",
                error=str(event.reject_reason or ""),
                at=timezone.now(),
            )
    return HttpResponse()


def _taken(setting: ChannelSetting, word: Word) -> bool:
    try:
        _receive(setting, word)
    except Exception as fault:
        _log.error("hook %s: a word cannot be taken: %s", setting.pk, type(fault).__name__)
        return False
    return True


def _receive(setting: ChannelSetting, word: Word) -> None:
    at = timezone.now()
    if isinstance(word, TextWord):
        receive_text(
            clinic=setting.clinic,
            channel=setting.channel,
            address=word.address,
            text=word.text.replace("\0", ""),
            provider_id=word.provider_id,
            at=at,
        )
    else:
        receive_receipt(
            clinic=setting.clinic,
            channel=setting.channel,
            receipt=word.receipt,
            delivery_id=word.delivery_id,
            provider_id=word.provider_id,
            error=word.error,
            bad_address=word.bad_address,
            at=at,
        )
