"""What a dose would come to as it is typed: asked of the core, nothing saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apps.booking.models import DonorUnit
from apps.booking.session.dosing import times_of
from apps.clinic.errors import LitError
from apps.desk.access import Desk
from apps.desk.forms.base import in_one_line
from apps.desk.forms.dose_record import DoseRecordForm
from apps.treatments.gates import require_performable
from apps.treatments.models import Appointment
from apps.treatments.reconciling import load
from apps.treatments.saying import read
from apps.treatments.services import preview
from protocols.plan import DoseVerdict
from protocols.records import Fulfilled


@dataclass(frozen=True, slots=True)
class Verdict:
    """`match` is match, mismatch or empty while nothing was read; `counts` None where the core cannot say yet."""

    match: str
    units: int
    counts: bool | None
    text: str
    refused: bool = False
    flags: tuple[str, ...] = ()


def verdict_on(
    desk: Desk, visit: Appointment, form: DoseRecordForm, units: Sequence[DonorUnit], matched: str
) -> Verdict:
    """The verdict of the core on the dose as typed so far. Raises LitError for times that contradict each other."""
    data = _as_record(visit, form, units)
    if data is None:
        return Verdict(matched, len(units), None, "")
    planned, _ = preview(
        treatment=visit.treatment, records=[data], at=desk.at, actor=desk.actor(visit.clinic)
    )
    key = (visit.step, visit.occurrence)
    said = [
        one for one in planned.verdicts if isinstance(one, DoseVerdict) and (one.step, one.occurrence) == key
    ]
    flags = tuple(
        flag.text
        for flag in planned.flags
        if (flag.step, flag.occurrence) == key and flag.code in ("dose_inadequate", "given_too_early")
    )
    refusal = _refusal(desk, visit, form, data)
    if not said:
        return Verdict(matched, len(units), None, refusal, refused=bool(refusal), flags=flags)
    # Below the least content it counts only once a doctor has said so.
    counts = said[0].counts and said[0].content != "inadequate"
    return Verdict(matched, len(units), counts, refusal or said[0].text, bool(refusal), flags)


def _as_record(visit: Appointment, form: DoseRecordForm, units: Sequence[DonorUnit]) -> dict[str, Any] | None:
    injected = form.injected_at()
    if injected is None:
        return None
    given = form.content() | times_of(units) | {"injected_at": injected}
    return {
        "kind": "fulfilled",
        "step": visit.step,
        "occurrence": visit.occurrence,
        "on": form.cleaned_data["on"],
        "given": given,
    }


def _refusal(desk: Desk, visit: Appointment, form: DoseRecordForm, data: dict[str, Any]) -> str:
    """Why this dose could not be recorded at all; empty where it could. The test that this form asks counts as done."""
    actor = desk.actor(visit.clinic)
    act = read(data, actor=actor, at=desk.at)
    further = []
    if form.cleaned_data.get("pregnancy_test") == "clear":
        test = {"kind": "screening", "person": "recipient", "test": "pregnancy-test", "outcome": "clear"}
        further = [read({**test, "sampled_on": form.cleaned_data["on"]}, actor=actor, at=desk.at)]
    try:
        if isinstance(act, Fulfilled):
            require_performable(load(visit.treatment, at=desk.at), act, *further)
    except LitError as error:
        return in_one_line(error)
    return ""
