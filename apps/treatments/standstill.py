"""One act that stops a couple's care from going on by itself: a pause, a bereavement, or that one of the two has ended it.

A loss is a record of its own and stops more (`record`). Whatever stops here is silent for both from the same commit on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.errors import Invalid
from apps.couples.models import Couple, Person, SilenceReason
from apps.couples.services import silence_couple
from apps.treatments.acts import cancel_ahead
from apps.treatments.gathered import Gathered
from apps.treatments.models import Treatment
from apps.treatments.reconciling import locked
from apps.treatments.recording import add, finish
from apps.treatments.saying import read
from protocols.records import Consent, Pause
from protocols.working import pauses

PAUSES = (SilenceReason.PAUSED, SilenceReason.BEREAVED)
# What a treatment says of its end, to whoever may see it: not who, and not why.
ENDED = "Ended"


def pause_couple(*, couple: Couple, reason: str, actor: Actor, at: datetime) -> Couple:
    """Holds every open treatment of the couple and silences both, at their wish or after a death in the family.

    Bookings keep their places, held, until somebody has called. Nothing goes on again without a `resume` record. Anyone
    of the clinic may do it, a client included; Invalid for another reason than `paused` and `bereaved`.
    """
    require_clinic(actor, couple.clinic_id)
    require_role(actor, "nurse", "doctor", "manager", "client")
    if reason not in PAUSES:
        raise Invalid("This is no reason for a pause.", field="reason", remedy=f"One of {', '.join(PAUSES)}.")
    with acting(actor):
        for gathered in _open(couple, at):
            before = gathered.facts()
            stops = pauses(before)
            if not (stops and isinstance(stops[-1].record, Pause)):
                _say(gathered, {"kind": "pause", "on": gathered.today, "reason": reason}, actor, at)
                finish(gathered, before, actor=actor, at=at)
        return silence_couple(couple=couple, reason=reason, actor=actor, at=at)


def end_by_one(*, couple: Couple, person: Person, actor: Actor, at: datetime) -> Couple:
    """One of the two ends it: every open treatment is closed, everything ahead is cancelled, that person's consents and
    the donor's are withdrawn, and both hear nothing more.

    Blood that was agreed to for this couple is given for it no longer, whoever ended it and whoever the donor is. Places
    that come free stay kept as after a loss. A nurse or doctor; Invalid for somebody who is not of the couple.
    """
    require_clinic(actor, couple.clinic_id)
    require_role(actor, "nurse", "doctor")
    roles = {couple.recipient_id: "recipient", couple.partner_id: "partner"}
    if person.pk not in roles:
        raise Invalid("This person is not of the couple.", field="person", remedy="Choose one of the two.")
    with acting(actor):
        for gathered in _open(couple, at):
            before = gathered.facts()
            for whose in _withdrawn(gathered, roles[person.pk]):
                withdrawn = {"kind": "consent", "person": whose, "on": gathered.today, "given": False}
                _say(gathered, withdrawn, actor, at)
            _say(gathered, {"kind": "close", "on": gathered.today, "reason": ENDED}, actor, at)
            cancel_ahead(gathered, at)
            finish(gathered, before, actor=actor, at=at)
        return silence_couple(couple=couple, reason=SilenceReason.SEPARATED, actor=actor, at=at)


def _withdrawn(gathered: Gathered, ended_by: str) -> list[str]:
    """Whose consent ends: that of whoever ends it, and of every donor who had given one."""
    given = (entry.record for entry in gathered.facts().all_of(Consent))
    donors = (one.person for one in given if one.given and one.person != "recipient")
    return list(dict.fromkeys((ended_by, *donors)))


def _open(couple: Couple, at: datetime) -> list[Gathered]:
    """The couple's treatments that are not closed, locked after the couple and in the order of their ids."""
    Couple.objects.select_for_update(no_key=True).get(pk=couple.pk)
    found = Treatment.objects.filter(couple=couple, closed_reason="").order_by("pk")
    return [locked(treatment_id=pk, at=at) for pk in found.values_list("pk", flat=True)]


def _say(gathered: Gathered, data: Mapping[str, Any], actor: Actor, at: datetime) -> None:
    add(gathered, read(data, actor=actor, at=at), actor=actor, at=at)
