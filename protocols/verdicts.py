"""Verdicts: what was given or measured, against what the protocol asked. Judged by the protocol's own window."""

from __future__ import annotations

from datetime import date

from protocols.because import day_words
from protocols.plan import DoseVerdict, PlannedVisit, Response, ResponseVerdict, Timing
from protocols.records import Fulfilled, Result
from protocols.samples import Sample
from protocols.template import LabTest, Step
from protocols.windows import Window


def timing(window: Window | None, on: date) -> Timing:
    """How a day lies to the five dates. Too early is before the absolute minimum, and does not count."""
    if window is None:
        return Timing.NOT_JUDGED
    if window.absolute_minimum and on < window.absolute_minimum:
        return Timing.TOO_EARLY
    if window.earliest and on < window.earliest:
        return Timing.EARLY
    if window.maximum and on > window.maximum:
        return Timing.EXPIRED
    if window.latest and on > window.latest:
        return Timing.LATE
    return Timing.ON_TIME


def inadequate_parts(step: Step, record: Fulfilled) -> tuple[str, ...]:
    """What of a dose's content lies below the step's least content, in words. What was not measured is not judged."""
    if step.content is None or record.given is None:
        return ()
    given, asked = record.given, step.content
    found = []
    if (
        asked.cells_million is not None
        and given.cells_million is not None
        and given.cells_million < asked.cells_million
    ):
        found.append(f"{given.cells_million:g} million cells, at least {asked.cells_million:g} asked")
    low = asked.viability_percent
    if low is not None and given.viability_percent is not None and given.viability_percent < low:
        found.append(f"{given.viability_percent:g} % viable, at least {low:g} % asked")
    return tuple(found)


def judge(step: Step, visit: PlannedVisit, record: Fulfilled, *, counts: bool) -> DoseVerdict:
    """The verdict on an act. `counts` is what its timing and, for its content, a doctor say."""
    assert visit.on is not None
    how = timing(visit.window, visit.on)
    if visit.partial and how is not Timing.TOO_EARLY:
        # A further relation can only bound the visit from both sides more tightly.
        how = Timing.NOT_JUDGED
    content = None if record.given is None else "inadequate" if inadequate_parts(step, record) else "adequate"
    return DoseVerdict(
        step=step.name,
        occurrence=visit.occurrence,
        on=visit.on,
        timing=how,
        counts=counts,
        dose=visit.dose if counts else None,
        content=content,  # type: ignore[arg-type]
        text=_timing_text(step, visit, how, counts),
    )


def _timing_text(step: Step, visit: PlannedVisit, how: Timing, counts: bool) -> str:
    assert visit.on is not None
    numbered = visit.dose and (step.rounds or step.count > 1)
    name = f"{step.noun} {visit.dose}" if numbered else step.noun
    window = visit.window
    if how is Timing.TOO_EARLY and window and window.absolute_minimum:
        limit = day_words(window.absolute_minimum, visit.on)
        return (
            f"{name} on {day_words(visit.on, visit.on)} was too early: not before {limit}. It does not count"
        )
    text = f"{name} on {day_words(visit.on, visit.on)}: {how.value.replace('_', ' ')}"
    return text if counts else f"{text}. It does not count"


def read_response(
    name: str,
    test: LabTest,
    sample: Sample,
    *,
    place: str,
    window: Window | None,
    doses: int,
    cap: int,
    donor: str,
) -> ResponseVerdict:
    """What one result says. `place` is baseline, round or interim; `doses` those that counted before the sample."""
    result, entry = sample.reading, sample.result
    assert result is not None
    assert entry is not None
    band = test.band(result.value) if result.value is not None else None
    response, text = _response(result, test, place, window, doses, cap, donor)
    return ResponseVerdict(
        test=name,
        step=sample.step.name if sample.step else None,
        occurrence=sample.occurrence,
        response=response,
        value=result.value,
        unit=test.unit,
        band=band.name if band else None,
        dose_number=doses,
        sampled_on=result.sampled_on,
        resulted_on=result.resulted_on,
        record=entry.id,
        text=text,
    )


def _response(
    result: Result, test: LabTest, place: str, window: Window | None, doses: int, cap: int, donor: str
) -> tuple[Response, str]:
    unreadable = _unreadable(result, test, place, donor)
    if unreadable:
        return Response.NOT_INTERPRETABLE, unreadable
    assert result.value is not None
    band = test.band(result.value)
    reading = f"{result.value:g} {test.unit} is {band.name}"
    if place == "baseline":
        negative = band.response == "none"
        return (
            Response.BASELINE_NEGATIVE if negative else Response.BASELINE_POSITIVE
        ), f"{reading} before dose 1"
    reading = f"{reading} after dose {doses} of at most {cap}"
    if band.response == "responded":
        return Response.RESPONDED, reading
    if band.response == "weak":
        return Response.WEAK, reading
    if window and window.absolute_minimum and result.sampled_on < window.absolute_minimum:
        limit = day_words(window.absolute_minimum, result.sampled_on)
        return (
            Response.NOT_INTERPRETABLE,
            f"{reading}, but sampled before {limit}: too soon to say no response",
        )
    return (Response.NOT_RESPONDED_FINAL if doses >= cap else Response.NOT_RESPONDED_YET), reading


def _unreadable(result: Result, test: LabTest, place: str, donor: str) -> str | None:
    """Why a result says nothing of the response, or None."""
    if result.outcome == "invalid":
        return "the laboratory gave no valid result"
    if place == "interim":
        return "sampled before the round was complete"
    if result.assay is not None and result.assay != test.assay:
        return f"measured by {result.assay}; values are never compared with {test.assay}"
    if test.donor_specific and result.donor is not None and result.donor != donor:
        return f"tested against {result.donor}, while the donor is {donor}"
    return None
