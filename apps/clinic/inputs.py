"""What a caller says about a clinic, and every fault in it at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import time
from itertools import pairwise

from holidays import list_supported_countries

from apps.clinic.clock import is_zone
from apps.clinic.errors import Fault, Invalid

_PHONE = re.compile(r"\+?[0-9]{5,15}")


def plain_phone(text: str) -> str:
    """The number without the spaces, dots, dashes and brackets that people write."""
    return re.sub(r"[\s().\-\u2010-\u2015]", "", text)


def is_phone(text: str) -> bool:
    return _PHONE.fullmatch(plain_phone(text)) is not None


@dataclass(frozen=True, slots=True)
class ClinicInput:
    """`country` is ISO 3166-1 alpha-2, `subdivision` one that the `holidays` library knows, or empty."""

    name: str
    slug: str
    zone: str
    country: str
    phone: str
    discreet_name: str
    discreet_place: str
    subdivision: str = ""
    address: str = ""
    is_test: bool = False

    def check(self) -> None:
        """Raises Invalid with every fault."""
        faults = list(self._faults())
        if faults:
            raise Invalid(faults=faults)

    def _faults(self) -> Iterator[Fault]:
        for field in ("name", "discreet_name", "discreet_place"):
            if not getattr(self, field).strip():
                yield Fault(field, f"{field} is empty.", "Fill it in.")
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,49}", self.slug):
            yield Fault(
                "slug", "The slug has other signs than a-z, 0-9 and dashes.", 'Write it like "hyderabad".'
            )
        if not is_zone(self.zone):
            yield Fault("zone", "This is not a time zone.", 'Write an IANA name such as "Asia/Kolkata".')
        if not is_phone(self.phone):
            yield Fault(
                "phone", "This is not a phone number.", "Write digits, with + and the country code first."
            )
        known = list_supported_countries()
        if self.country not in known:
            yield Fault(
                "country", "No public holidays are known for this country.", 'Write two letters such as "IN".'
            )
        elif self.subdivision and self.subdivision not in known[self.country]:
            allowed = ", ".join(sorted(known[self.country])) or "none"
            yield Fault("subdivision", "This state or nation is not known.", f"Known: {allowed}.")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Open from `opens_at` to `closes_at` on a weekday (0 = Monday), wall time."""

    weekday: int
    opens_at: time
    closes_at: time


def check_spans(spans: Sequence[Span]) -> None:
    """Raises Invalid if a span runs backwards, names no weekday, or overlaps another."""
    faults: list[Fault] = []
    ordered = sorted(spans)
    for span in ordered:
        if not 0 <= span.weekday <= 6:
            faults.append(Fault("weekday", f"{span.weekday} is no weekday.", "Monday is 0, Sunday is 6."))
        if span.opens_at >= span.closes_at:
            faults.append(Fault("closes_at", "Closes before it opens.", "Give a later closing time."))
    for first, second in pairwise(ordered):
        if first.weekday == second.weekday and second.opens_at < first.closes_at:
            faults.append(
                Fault("opens_at", f"Hours of weekday {first.weekday} overlap.", "Join them into one.")
            )
    if faults:
        raise Invalid(faults=faults)


def check_fives(times: Iterable[time]) -> None:
    """Raises Invalid unless every wall time is a multiple of five minutes, as capacity is counted."""
    odd = [at for at in times if at.minute % 5 or at.second or at.microsecond]
    if odd:
        raise Invalid(
            f"{odd[0]:%H:%M} is not a multiple of five minutes.",
            field="opens_at",
            remedy="Give times such as 08:00 or 08:05.",
        )


@dataclass(frozen=True, slots=True)
class BatchInput:
    """One run of a laboratory bench: what is to be in it is there by `cutoff_at`, all of it is ready at `ends_at`."""

    name: str
    starts_at: time
    cutoff_at: time
    ends_at: time


def check_batches(batches: Sequence[BatchInput]) -> None:
    """Raises Invalid if a batch has no name, runs backwards, or overlaps another."""
    faults = [fault for batch in batches for fault in _batch_faults(batch)]
    ordered = sorted(batches, key=lambda batch: batch.starts_at)
    faults += [
        Fault("starts_at", f"{second.name} begins before {first.name} is ready.", "Let it begin later.")
        for first, second in pairwise(ordered)
        if second.starts_at < first.ends_at
    ]
    if faults:
        raise Invalid(faults=faults)
    check_fives(at for batch in batches for at in (batch.starts_at, batch.cutoff_at, batch.ends_at))


def _batch_faults(batch: BatchInput) -> Iterator[Fault]:
    if not batch.name.strip() or len(batch.name) > 40:
        yield Fault("name", "A batch needs a name of 40 signs at most.", 'Write it like "Morning".')
    if batch.cutoff_at < batch.starts_at:
        yield Fault("cutoff_at", "The cut-off lies before the batch begins.", "Give a later cut-off.")
    if batch.ends_at <= batch.cutoff_at:
        yield Fault("ends_at", "The batch is ready before its cut-off.", "Give a later end.")
