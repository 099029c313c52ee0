"""A trial of a channel, to somebody of the clinic: the outcome is told at once. Never to anybody who is treated.

    begin_trial   checked, worded, written; then commit
    send_trial    handed over outside every transaction, then settled

A crash in between leaves `begun`: it may have left the house, and is never sent again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q

from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.day_changes import locked_clinic
from apps.clinic.errors import Conflict, Fault, Invalid
from apps.clinic.inputs import is_phone, plain_phone
from apps.clinic.models import Clinic
from apps.clinic.queries import brake_of
from apps.couples.models import NUMBERED, WRITTEN, Language, RouteChannel
from apps.couples.route_queries import is_somebodys
from apps.reminders.channels import Channel, Letter, Outcome, Verdict
from apps.reminders.messages import plain, render
from apps.reminders.models import REPLIES, ChannelSetting, Receipt, Trial, TrialState
from apps.reminders.registered import NotRegistered, filled
from apps.reminders.texts import TRIAL
from apps.reminders.wording import body_for
from apps.reminders.words import ClinicalWord

# More than this is no trial.
AN_HOUR = timedelta(hours=1)
MOST_AN_HOUR = 12
_STATES = {
    Verdict.ACCEPTED: TrialState.SENT,
    Verdict.LATER: TrialState.REFUSED,
    Verdict.REFUSED: TrialState.REFUSED,
    Verdict.UNKNOWN: TrialState.UNKNOWN,
}
_RANK = {"": 0, Receipt.DELIVERED: 1, Receipt.READ: 2, Receipt.FAILED: 3}


def begin_trial(
    *, clinic: Clinic, channel: str, address: str, language: str, actor: Actor, at: datetime
) -> Trial:
    """Writes the trial down, with its exact text; `send_trial` sends it. A manager's.

    Invalid for an address or language that is none; Conflict for an address of somebody who is treated here
    (`somebodys`), under the brake (`braked`), in a test clinic (`test_clinic`), where the channel has no provider
    (`no_provider`), where the provider needs a registered wording and has none (`not_registered`), and after a dozen
    within an hour (`too_many`).
    """
    to = plain_phone(address) if channel in NUMBERED else address.strip()
    faults = [*_faults(channel, to, language)]
    if faults:
        raise Invalid(faults=faults)
    with acting(actor):
        fresh = locked_clinic(clinic, actor, "manager")
        _require_quiet_allows(fresh, at)
        if is_somebodys(fresh, channel, to):
            raise Conflict(
                "This belongs to somebody who is treated here.",
                code="somebodys",
                field="address",
                remedy="Give an address of your own staff: a trial never goes to a couple.",
            )
        trial = Trial(
            clinic=fresh,
            channel=channel,
            address=to,
            language=language,
            asked_by=actor.name,
            asked_at=at,
        )
        letter = _letter(trial)
        trial.subject, trial.body, trial.language = letter.subject, letter.body, letter.language
        trial.save()
        record_change(
            clinic_id=fresh.pk,
            kind="message.trial",
            subject_type="trial",
            subject_id=trial.pk,
            actor=actor,
            at=at,
            detail={"channel": channel},
        )
    return trial


def send_trial(*, trial: Trial, carrier: Channel, at: datetime) -> Trial:
    """Hands it over, outside any transaction, and writes down what became of it. Once only: a trial that is settled, or
    that another call has taken, stays as it is."""
    claimed = Trial.objects.filter(pk=trial.pk, state=TrialState.BEGUN, settled_at=None).update(settled_at=at)
    if claimed:
        try:
            outcome = carrier.send(_letter(trial))
        except Exception as fault:
            outcome = Outcome(Verdict.UNKNOWN, type(fault).__name__)
        _settle(trial.pk, outcome)
    trial.refresh_from_db()
    return trial


def _settle(trial_id: UUID, outcome: Outcome) -> None:
    with transaction.atomic():
        row = Trial.objects.select_for_update().get(pk=trial_id)
        row.provider_id = outcome.provider_id[:120] or row.provider_id
        # A receipt that was quicker than the answer knows better.
        if not row.receipt:
            row.state, row.error = _STATES[outcome.verdict], outcome.error[:80]
        row.save(update_fields=["state", "error", "provider_id"])


def receive_trial_receipt(
    *,
    channel: str,
    receipt: str,
    at: datetime,
    clinic: Clinic | None,
    trial_id: UUID | None,
    provider_id: str,
    error: str,
) -> bool:
    """A provider's word on a trial; False if it is none of ours. What arrived stays arrived."""
    named = Q(pk=trial_id) if trial_id else Q(provider_id=provider_id) & ~Q(provider_id="")
    if clinic is not None:
        named &= Q(clinic=clinic)
    with transaction.atomic():
        row = Trial.objects.select_for_update().filter(named, channel=channel).first()
        if row is None:
            return False
        arrived = row.receipt in (Receipt.DELIVERED, Receipt.READ)
        if _RANK.get(receipt, 0) > _RANK.get(row.receipt, 0) and not (arrived and receipt == Receipt.FAILED):
            row.receipt, row.receipt_at = receipt, at
            row.error = error[:80] if receipt == Receipt.FAILED else ""
        row.state, row.provider_id = TrialState.SENT, row.provider_id or provider_id[:120]
        row.save(update_fields=["receipt", "receipt_at", "error", "state", "provider_id"])
    return True


def _faults(channel: str, to: str, language: str) -> list[Fault]:
    found = []
    if channel not in WRITTEN:
        found.append(Fault("channel", "Nothing is written so.", f"One of {', '.join(WRITTEN)}."))
    elif channel in NUMBERED and not (is_phone(to) and to.startswith("+")):
        found.append(Fault("address", "This is not a full number.", "Begin with + and the country code."))
    elif channel == RouteChannel.EMAIL and not _is_email(to):
        found.append(Fault("address", "This is not an e-mail address.", "Write it like name@host.org."))
    if language not in Language.values:
        found.append(Fault("language", "Not one of our languages.", f"One of {', '.join(Language.values)}."))
    return found


def _require_quiet_allows(clinic: Clinic, at: datetime) -> None:
    if clinic.is_test:
        raise Conflict(
            "A test clinic sends nothing.", code="test_clinic", remedy="Try it in your own clinic."
        )
    if brake_of(clinic) is not None:
        raise Conflict(
            "The clinic's messages are stopped by the brake.",
            code="braked",
            remedy="Release the brake on the first page, then try again.",
        )
    if Trial.objects.filter(clinic=clinic, asked_at__gt=at - AN_HOUR).count() >= MOST_AN_HOUR:
        raise Conflict("There were a dozen trials within an hour.", code="too_many", remedy="Wait an hour.")


def _letter(trial: Trial) -> Letter:
    """The finished letter; sets the trial's provider. Raises Conflict where it cannot be worded or carried."""
    setting = ChannelSetting.objects.filter(clinic=trial.clinic, channel=trial.channel, is_on=True).first()
    if setting is None and trial.channel != RouteChannel.EMAIL:
        raise Conflict(
            "The clinic has no provider for this channel.",
            code="no_provider",
            field="channel",
            remedy="Set one up first.",
        )
    letter = _worded(trial, can_reply=setting is not None and setting.provider in REPLIES)
    trial.provider = "" if setting is None else setting.provider
    try:
        return letter if setting is None else filled(letter, setting)
    except NotRegistered as fault:
        raise Conflict(
            "The provider takes registered wordings only, and this text fits none.",
            code="not_registered",
            field="language",
            remedy=f"Register the text “{TRIAL}” in this language: {letter.body}",
        ) from fault


def _worded(trial: Trial, *, can_reply: bool) -> Letter:
    clinic = trial.clinic
    try:
        text = render(TRIAL, clinic=clinic, language=trial.language, can_reply=can_reply)
    except ClinicalWord as found:
        raise Conflict(
            "The clinic's discreet name, place or number holds a word that may not leave the house.",
            code="clinical_word",
            remedy="Change the wording of the clinic first.",
        ) from found
    return Letter(
        delivery_id=trial.pk,
        to=trial.address,
        sender=plain(clinic.discreet_name),
        subject=text.subject,
        body=body_for(trial.channel, text),
        channel=trial.channel,
        clinic_id=clinic.pk,
        text=TRIAL,
        language=text.language,
        began_at=trial.asked_at,
    )


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
