"""Samples that were taken and whose result nobody has entered yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast

from apps.booking.worklist import RESULT_OVERDUE, Asked, visits
from apps.clinic.models import Clinic
from apps.treatments.loading import template_from
from apps.treatments.models import Flag, FlagState, ProtocolVersion, Record
from protocols import Template
from protocols.durations import add
from protocols.laboratory import LabTest


@dataclass(frozen=True, slots=True)
class Sampling:
    """The steps of the clinic's protocols at which a sample is taken, by version."""

    templates: Mapping[UUID, Template]

    def by_test(self, today: date) -> dict[tuple[str, date | None], list[tuple[UUID, str]]]:
        """For each test, and the first day of a sample that is not late today: the versions and their steps."""
        found: dict[tuple[str, date | None], list[tuple[UUID, str]]] = defaultdict(list)
        for version, template in self.templates.items():
            for step in template.steps:
                if step.kind == "test" and step.test:
                    since = _not_late_since(template.tests[step.test], today)
                    found[step.test, since].append((version, step.name))
        return dict(found)

    def due_on(self, version: UUID, step: str, sampled_on: date) -> date | None:
        """The day by which the protocol wants the result; None where it names none."""
        template = self.templates[version]
        test = template.tests[template.step_named[step].test or ""]
        if test.result_due is None or test.result_due.at is None:
            return None
        return add(sampled_on, test.result_due.at, template.month_ends)


def sampling_of(clinic: Clinic) -> Sampling:
    """One query; documents never change, so each is read once in the life of a process."""
    versions = ProtocolVersion.objects.filter(clinic=clinic).values_list("pk", "document")
    return Sampling({pk: template_from(document) for pk, document in versions})


def results_awaited(asked: Asked, sampling: Sampling) -> QuerySet[Any]:
    """Tests that were done and have no result in force sampled on that day or later, the oldest first.

    One whose result is late has or had a flag, and is left out here. Each has `sampled`, its day as text. Treatments that
    ended wait for nothing.
    """
    late = Flag.objects.filter(
        state=FlagState.OPEN,
        code=RESULT_OVERDUE,
        treatment=OuterRef("treatment"),
        step=OuterRef("step"),
        occurrence=OuterRef("occurrence"),
    )
    waiting = Q(pk__in=())
    for (test, since), steps in sampling.by_test(asked.today).items():
        here = Q(pk__in=())
        for version, step in steps:
            here |= Q(treatment__protocol_version=version, step=step)
        in_time = Q(sampled__gte=since.isoformat()) if since else Q()
        waiting |= here & in_time & ~_answered(test)
    done: QuerySet[Any] = visits(asked).filter(state="fulfilled", treatment__closed_reason="")
    done = done.annotate(sampled=KeyTextTransform("on", "plan")).filter(sampled__isnull=False)
    return done.filter(waiting, ~Exists(late)).order_by("sampled", "pk")


def _not_late_since(test: LabTest, today: date) -> date | None:
    """A day on or before the earliest one whose sample is not late today; None where no day is late.

    A month counts as its longest: the flag itself, asked beside this, is exact.
    """
    if test.result_due is None or test.result_due.at is None:
        return None
    return today - timedelta(days=31 * test.result_due.at.months) - test.result_due.at.span


def _answered(test: str) -> Q:
    """A result of this test in force, recorded as such or as what a correction says instead."""
    records = Record.objects.filter(treatment=OuterRef("treatment"))
    plain = records.filter(kind="result", data__test=test).annotate(
        sampled=KeyTextTransform("sampled_on", "data")
    )
    instead = records.filter(
        kind="correction", data__replacement__kind="result", data__replacement__test=test
    ).annotate(sampled=KeyTextTransform("sampled_on", KeyTransform("replacement", "data")))
    return Q(_standing(plain)) | Q(_standing(instead))


def _standing(said: QuerySet[Any]) -> Exists:
    """One of them on the sample's day or later, that no correction took out of force."""
    corrections = Record.objects.filter(treatment=OuterRef("treatment"), kind="correction")
    taken_back = corrections.annotate(of=KeyTextTransform("of", "data")).filter(
        of=Cast(OuterRef("pk"), TextField())
    )
    return Exists(said.filter(~Exists(taken_back), sampled__gte=OuterRef("sampled")))
