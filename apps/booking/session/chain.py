"""The chain of a session on its day: opening it under the lock, true times, and what an activity waits for."""

from __future__ import annotations

from datetime import datetime

from apps.booking.models import ActivityState, FitnessCheck, SessionActivity
from apps.clinic.actors import Actor
from apps.clinic.clock import day_bounds, local_date
from apps.clinic.errors import Conflict, Invalid
from apps.treatments.gathered import Gathered
from apps.treatments.models import Appointment
from apps.treatments.reconciling import locked

OPEN = (ActivityState.PLANNED, ActivityState.STARTED)


def opened(
    appointment: Appointment, *, at: datetime, booked: bool = True, observing: bool = False
) -> tuple[Gathered, Appointment, list[SessionActivity]]:
    """The treatment, locked, with the visit as it is now and its chain. Conflict unless it is really booked; with
    `booked` false a visit that nobody has booked passes too, and has no chain. With `observing` one whose dose is
    recorded passes: she sits there after it.
    """
    gathered = locked(treatment_id=appointment.treatment_id, at=at)
    row = gathered.visit_of(appointment)
    if not row.in_force and not booked:
        return gathered, row, []
    may_run = row.in_force or (observing and row.status == "fulfilled")
    if not may_run or row.pencilled:
        raise Conflict(
            "This visit is not booked.",
            code="not_booked",
            field="appointment",
            remedy="Book it, or confirm its pencilled booking, first.",
        )
    return gathered, row, list(SessionActivity.objects.select_for_update().filter(appointment=row))


def true_time(row: Appointment, happened_at: datetime | None, *, at: datetime) -> datetime:
    """When it happened: `at` unless said otherwise. Invalid ahead of now, or on another day than the booking."""
    moment = happened_at or at
    if moment > at:
        raise Invalid(
            "This lies ahead.",
            code="in_the_future",
            field="happened_at",
            remedy="Check the time and the day.",
        )
    if (
        row.in_force
        and row.starts_at is not None
        and local_date(row.zone, moment) != local_date(row.zone, row.starts_at)
    ):
        raise Invalid(
            "This visit is booked for another day.",
            code="other_day",
            field="happened_at",
            remedy="Give the time at which it truly happened, or move the booking first.",
        )
    return moment


def begin(activity: SessionActivity, moment: datetime) -> None:
    activity.state, activity.started_at = ActivityState.STARTED, moment
    activity.save(update_fields=["state", "started_at"])


def end(activity: SessionActivity, moment: datetime, actor: Actor) -> None:
    """Marks it as done at that moment. Invalid if it began later."""
    if activity.started_at is not None and activity.started_at > moment:
        raise Invalid(
            "It ended before it began.", code="backwards", field="happened_at", remedy="Check both times."
        )
    activity.state, activity.done_at, activity.done_by = ActivityState.DONE, moment, actor.name[:150]
    activity.save(update_fields=["state", "done_at", "done_by"])


def tell_of(gathered: Gathered, row: Appointment, activity: SessionActivity) -> None:
    gathered.tell(f"session.activity_{activity.state}", row, activity=str(activity.pk))


def of_chain(chain: list[SessionActivity], activity: SessionActivity) -> SessionActivity:
    mine = next((one for one in chain if one.pk == activity.pk), None)
    if mine is None:
        raise Conflict(
            "This session was booked anew meanwhile.",
            code="moved_on",
            field="activity",
            remedy="Look at the session once more.",
        )
    return mine


def moved_on(activity: SessionActivity) -> Conflict:
    return Conflict(
        f"This activity is {activity.state} already.",
        code="moved_on",
        field="activity",
        remedy="Look at the session once more: somebody may have changed it.",
    )


def refuse_before_gate(chain: list[SessionActivity], mine: SessionActivity) -> None:
    """Nothing goes past a fitness check or a gate that is open."""
    for one in chain:
        if one.position < mine.position and one.kind in ("fitness", "gate") and one.state in OPEN:
            said = "the fitness check of both" if one.kind == "fitness" else "the release of the unit"
            raise Conflict(
                f"This waits for {said}.",
                code="fitness_first" if one.kind == "fitness" else "not_released",
                field="activity",
                remedy="Do that first.",
            )


def refuse_held(row: Appointment) -> None:
    """Nobody is drawn, nothing prepared for a visit that cannot be performed: a flag holds it since it was booked."""
    if row.held:
        raise Conflict(
            "This visit is held until somebody decides.",
            code="held",
            field="activity",
            remedy="Have its flag decided.",
        )


def fit_on(row: Appointment, moment: datetime) -> dict[str, bool]:
    """Who of the visit was asked on the clinic's day of `moment`, and whether they were fit when asked last.

    An earlier session of the same visit, that was stopped, says nothing of this one.
    """
    zone = row.zone or row.clinic.zone
    begins, ends = day_bounds(zone, local_date(zone, moment))
    checks = FitnessCheck.objects.filter(appointment=row, at__gte=begins, at__lt=ends)
    return {check.who: check.fit for check in checks}


def refuse_unchecked(row: Appointment, mine: SessionActivity) -> None:
    fit = fit_on(row, mine.starts_at)
    unsaid = [who for who in mine.attends if not fit.get("donor" if who != "recipient" else who)]
    if unsaid:
        raise Conflict(
            "Not everybody who comes was asked and found fit.",
            code="not_checked",
            field="activity",
            remedy="Fill in the fitness check of both.",
        )
