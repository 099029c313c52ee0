"""Verdicts: what was given or measured, against what the protocol asked. Judged by the protocol's own window."""

from __future__ import annotations

from datetime import date
from typing import Literal

from protocols.because import day_words
from protocols.drafts import Draft
from protocols.plan import DoseVerdict, Response, ResponseVerdict, Timing
from protocols.records import Fulfilled, Result
from protocols.samples import Sample
from protocols.template import Assay, Band, LabTest, Step
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
    """What of a dose's content misses the step's limits, in words. What was not measured is not judged."""
    return tuple(said for said in _measured(step, record) if said)


def content_of(step: Step, record: Fulfilled) -> Literal["adequate", "inadequate"] | None:
    """Whether a dose held what the step asks; None where nothing of that was measured."""
    measured = _measured(step, record)
    return None if not measured else "inadequate" if any(measured) else "adequate"


def _measured(step: Step, record: Fulfilled) -> list[str]:
    """For each limit that was measured: what is wrong with it, in words, or nothing."""
    if step.content is None or record.given is None:
        return []
    given, asked = record.given, step.content
    least = (
        ("million cells", given.cells_million, asked.cells_million),
        ("% viable", given.viability_percent, asked.viability_percent),
        ("ml injected", given.volume_ml, asked.volume_ml),
    )
    found = [
        f"{value:g} {unit}, at least {floor:g} asked" if value < floor else ""
        for unit, value, floor in least
        if value is not None and floor is not None
    ]
    hours, most = given.hours_to_injection, asked.hours_to_injection
    if hours is not None and most is not None:
        late = f"{hours:g} hours from draw to injection, at most {most:g} asked"
        found.append(late if hours > most else "")
    return found


def judge(step: Step, visit: Draft, record: Fulfilled | None, *, counts: bool) -> DoseVerdict:
    """The verdict on an act; `record` is None where a result alone says that it took place.

    `counts` is what its timing and, for its content, a doctor say.
    """
    assert visit.on is not None
    how = timing(visit.window, visit.on)
    if visit.partial and how is not Timing.TOO_EARLY:
        # A further relation can only bound the visit from both sides more tightly.
        how = Timing.NOT_JUDGED
    return DoseVerdict(
        step=step.name,
        occurrence=visit.occurrence,
        on=visit.on,
        timing=how,
        counts=counts,
        dose=visit.dose if counts else None,
        content=content_of(step, record) if record is not None else None,
        named=f"{step.noun} {visit.dose}" if visit.dose and step.several else step.noun,
        not_before=visit.window.absolute_minimum if visit.window else None,
    )


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
    assay = test.assay_of(result.assay)
    band = assay.band(result.value) if assay and result.value is not None else None
    response, text = Response.NOT_INTERPRETABLE, _unreadable(result, test, assay, place, donor)
    if not text and band is not None and assay is not None:
        reading = f"{result.value:g} {assay.unit} is {band.name}"
        response, text = _response(result, reading, band, place, window, doses, cap)
    return ResponseVerdict(
        test=name,
        step=sample.step.name if sample.step else None,
        occurrence=sample.occurrence,
        response=response,
        value=result.value,
        unit=assay.unit if assay else result.unit or "",
        band=band.name if band else None,
        dose_number=doses,
        sampled_on=result.sampled_on,
        resulted_on=result.resulted_on,
        record=entry.id,
        text=text,
        assay=result.assay or test.only or "",
        laboratory=result.laboratory,
        donor=result.donor or donor if test.donor_specific else None,
        cutoff_version=result.cutoff_version or (assay.cutoff_version if assay else "") or None,
    )


def _response(
    result: Result, reading: str, band: Band, place: str, window: Window | None, doses: int, cap: int
) -> tuple[Response, str]:
    if place == "baseline":
        negative = band.response == "none"
        verdict = Response.BASELINE_NEGATIVE if negative else Response.BASELINE_POSITIVE
        return verdict, f"{reading} before dose 1"
    reading = f"{reading} after dose {doses} of at most {cap}"
    if band.response == "responded":
        return Response.RESPONDED, reading
    if band.response == "weak":
        return Response.WEAK, reading
    if window and window.absolute_minimum and result.sampled_on < window.absolute_minimum:
        limit = day_words(window.absolute_minimum, result.sampled_on)
        early = f"{reading}, but sampled before {limit}: too soon to say no response"
        return Response.NOT_INTERPRETABLE, early
    return (Response.NOT_RESPONDED_FINAL if doses >= cap else Response.NOT_RESPONDED_YET), reading


def _unreadable(result: Result, test: LabTest, assay: Assay | None, place: str, donor: str) -> str:
    """Why a result says nothing of the response; empty where it does."""
    if result.outcome == "invalid":
        return "the laboratory gave no valid result"
    if place == "interim":
        return "sampled before the round was complete"
    if assay is None:
        return f"measured by {result.assay}; values are never compared with {' or '.join(test.assays)}"
    asked, used = assay.cutoff_version, result.cutoff_version
    if asked and used and used != asked:
        return f"read by cut-offs {used}; the protocol's bands are of {asked}"
    if test.donor_specific and result.donor is not None and result.donor != donor:
        return f"tested against {result.donor}, while the donor is {donor}"
    return "" if assay.bands else f"{test.title} has no bands to read a response by"
