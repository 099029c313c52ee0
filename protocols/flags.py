"""The flag rules as a table: what each code says, who owns it, how soon, which decisions it offers.

Law: a flag has one key per cause; nothing stops or continues by itself; a decision names the cause it was taken on.
The rules that look at results and acts stand in `protocols.flags_facts`, those that look at the planned visits in
`protocols.flags_visits`. To add one: a row here, a function there, a section in docs/planner.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocols.durations import Duration
from protocols.plan import Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """Defaults of one flag code; a template may set owner, deadline and what it holds."""

    code: str
    severity: Severity
    owner: str
    deadline: Duration
    decisions: tuple[str, ...] = ()
    needs: tuple[tuple[str, str], ...] = ()
    ahead: bool = (
        False  # its cause may lie ahead, so the day of a decision does not tell what it was taken on
    )


_DAY, _WEEK, _FORTNIGHT = Duration(0, 1), Duration(0, 7), Duration(0, 14)

FLAG_RULES = (
    Rule("no_antibody_response", "urgent", "doctor", _WEEK,
         ("next_round", "continue", "extra_doses", "change_donor", "stop"),
         (("extra_doses", "doses"), ("change_donor", "donor"))),
    Rule("weak_antibody_response", "warning", "doctor", _WEEK, ("accept", "retest", "extra_dose", "stop")),
    Rule("result_not_interpretable", "warning", "doctor", _WEEK, ("resample", "stop")),
    Rule("baseline_already_positive", "urgent", "doctor", _WEEK, ("retest", "treat_anyway", "stop")),
    Rule("pregnancy_during_course", "urgent", "doctor", _DAY, ("stop", "pregnancy_branch", "continue")),
    Rule("result_overdue", "warning", "nurse", _WEEK, ("resample",)),
    Rule("result_expired", "warning", "doctor", _FORTNIGHT, ("retest", "accept")),
    Rule("visit_overdue", "warning", "nurse", _WEEK),
    Rule("visit_unrecorded", "warning", "nurse", _DAY),
    Rule("unit_not_released", "urgent", "nurse", _DAY, ("called",)),
    Rule("session_stopped", "warning", "nurse", _DAY, ("acknowledge",)),
    Rule("window_expired", "urgent", "doctor", _WEEK, ("go_on", "restart", "skip", "stop")),
    Rule("given_too_early", "warning", "doctor", _WEEK, ("acknowledge",)),
    Rule("dose_inadequate", "urgent", "doctor", _DAY, ("counts", "repeat")),
    Rule("donor_changed", "urgent", "doctor", _WEEK, ("extra_doses", "resample", "stop"), (("extra_doses", "doses"),)),
    Rule("outside_dose", "warning", "doctor", _WEEK, ("counts", "does_not_count")),
    Rule("outside_result", "warning", "doctor", _WEEK, ("accept", "set_aside")),
    Rule("plan_tight", "warning", "doctor", _WEEK, ("accept",), ahead=True),
    Rule("plan_conflict", "urgent", "doctor", _WEEK, ("accept", "stop"), ahead=True),
    Rule("prerequisite_missing", "warning", "nurse", _DAY),
    Rule("closing_unbooked", "warning", "nurse", _DAY),
    Rule("booking_outside_window", "warning", "nurse", _DAY, ("keep",), ahead=True),
    Rule("booking_not_needed", "warning", "nurse", _DAY),
    Rule("no_open_day", "warning", "nurse", _WEEK),
    Rule("unreachable_window", "urgent", "doctor", _WEEK, ("skip", "stop"), ahead=True),
    Rule("milestone_unconfirmed", "info", "nurse", _WEEK),
    Rule("redose_due", "info", "doctor", _FORTNIGHT, ("give", "decline")),
)  # fmt: skip
RULES = {rule.code: rule for rule in FLAG_RULES}
