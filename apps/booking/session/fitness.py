"""The fitness check that opens a session: both are asked before the draw, and one failure stops the chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from apps.booking.models import DonorUnit, FitnessCheck, FitnessSetting
from apps.booking.session.chain import OPEN, end, fit_on, opened, tell_of, true_time
from apps.booking.session.fitness_questions import BOTH, Who, read_answers, stopping
from apps.booking.session.running import stop_chain
from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.clock import local_date
from apps.clinic.errors import Invalid
from apps.clinic.models import Clinic
from apps.treatments.models import Appointment
from apps.treatments.reconciling import load, settle
from protocols import Plan, State

_DAYS = "days_since_draw"


@dataclass(frozen=True, slots=True)
class LastDraw:
    """How long ago the donor of a visit last gave blood. `least` is the clinic's own number, if it has set any."""

    days: int | None
    least: int | None

    @property
    def judged(self) -> bool:
        """Whether a person has to say that it is long enough: there was a draw, and the clinic has set no number."""
        return self.days is not None and self.least is None

    @property
    def long_enough(self) -> bool:
        return self.days is None or self.least is None or self.days >= self.least


def check_fitness(
    *,
    appointment: Appointment,
    answers: Mapping[Who, Mapping[str, Any]],
    actor: Actor,
    at: datetime,
    happened_at: datetime | None = None,
) -> tuple[FitnessCheck, ...]:
    """What one or both answered, as a row each; see `fitness_questions.read_answers` for the shape of an answer.

    One failure stops the chain at once, with the booking and everything after freed; when all who come are fit the
    fitness activity of the chain is done. The days since the donor's last draw are counted here; they are answered
    only where the clinic has set no least number. Invalid with every fault, and nothing changed.
    """
    require_clinic(actor, appointment.clinic_id)
    require_role(actor, "nurse", "doctor", "client")
    with acting(actor):
        gathered, row, chain = opened(appointment, at=at)
        moment = true_time(row, happened_at, at=at)
        last = _last_draw(gathered.plan(), row, local_date(row.zone, moment))
        _require_known(answers)
        made = [
            _row(row, who, said, last, actor=actor, at=at, moment=moment) for who, said in answers.items()
        ]
        FitnessCheck.objects.bulk_create(made)
        if not all(check.fit for check in made):
            stop_chain(row, "not_fit", "fitness", actor=actor, at=at, moment=moment)
            return tuple(made)
        everybody = fit_on(row, moment)
        for one in (one for one in chain if one.kind == "fitness" and one.state in OPEN):
            if all(everybody.get(who) for who in one.attends):
                end(one, moment, actor)
                tell_of(gathered, row, one)
        settle(gathered, actor=actor, at=at)
    return tuple(made)


def last_draw(appointment: Appointment, *, at: datetime) -> LastDraw:
    """What is known of the donor's last draw before the day of `at`; reads only."""
    gathered = load(appointment.treatment, at=at)
    return _last_draw(gathered.plan(), appointment, gathered.today)


def set_days_between_draws(*, clinic: Clinic, days: int | None, actor: Actor, at: datetime) -> FitnessSetting:
    """The least days between two draws of one donor, as the clinic's doctor sets them; None leaves it to the nurse."""
    require_clinic(actor, clinic.pk)
    require_role(actor, "doctor")
    if days is not None and not 0 <= days <= 365:
        raise Invalid("This is no number of days.", field="days", remedy="Give 0 to 365, or leave it empty.")
    with acting(actor):
        row, _ = FitnessSetting.objects.update_or_create(
            clinic=clinic, defaults={"days_between_draws": days, "changed_at": at}
        )
    return row


def days_between_draws(clinic_id: UUID) -> int | None:
    row = FitnessSetting.objects.filter(pk=clinic_id).first()
    return row.days_between_draws if row is not None else None


def _require_known(answers: Mapping[Who, Mapping[str, Any]]) -> None:
    if not answers or set(answers) - set(BOTH):
        raise Invalid(
            "Say whose answers these are.", field="answers", remedy="Give them by recipient and donor."
        )


def _row(
    row: Appointment,
    who: Who,
    said: Mapping[str, Any],
    last: LastDraw,
    *,
    actor: Actor,
    at: datetime,
    moment: datetime,
) -> FitnessCheck:
    given = dict(said)
    if who == "donor" and not last.judged:
        given[_DAYS] = "yes" if last.long_enough else "stop"
    try:
        answers = read_answers(who, given)
    except Invalid as error:
        raise Invalid(faults=[_under(fault, who) for fault in error.faults]) from error
    return FitnessCheck(
        clinic_id=row.clinic_id,
        appointment=row,
        who=who,
        answers=answers,
        days_since_draw=last.days if who == "donor" else None,
        fit=not stopping(who, answers),
        by_name=actor.name[:150],
        by_user_id=actor.user_id,
        at=moment,
        entered_at=at,
    )


def _under(fault: Any, who: str) -> Any:
    return type(fault)(fault.field.replace("answers.", f"answers.{who}."), fault.message, fault.remedy)


def _last_draw(planned: Plan, row: Appointment, on: date) -> LastDraw:
    """From units, from this treatment's own doses, and from visits of other treatments of the same partner."""
    visit = planned.visit(row.step, row.occurrence)
    donor = visit.donor if visit is not None and visit.donor else "partner"
    days = [
        done.on
        for done in planned.visits
        if done.state is State.FULFILLED and done.on and done.donor and set(done.donor.split("+")) & set(donor.split("+"))
    ]  # fmt: skip
    partner_id = row.treatment.couple.partner_id if "partner" in donor.split("+") else None
    if partner_id is not None:
        days += DonorUnit.objects.filter(donor_person_id=partner_id).values_list("drawn_on", flat=True)
        theirs = Appointment.objects.filter(
            partner_id=partner_id, status="fulfilled", attends__contains=["donor"], starts_at__isnull=False
        )
        days += [
            local_date(zone, starts_at)
            for zone, starts_at in theirs.values_list("zone", "starts_at")
            if starts_at
        ]
    before = [day for day in days if day < on]
    return LastDraw((on - max(before)).days if before else None, days_between_draws(row.clinic_id))
