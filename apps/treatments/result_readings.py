"""Results of a pregnancy that no clinician has seen: which they are, and the verb that says "I have read it".

While one is unread nothing automatic is sent to the two (P4 of the clinic's practice): a reminder that comes in between
would speak as if all were well.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import DateField, Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Coalesce

from apps.clinic.access import require_clinic, require_verified
from apps.clinic.actors import Actor, ActorRole
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.errors import Invalid
from apps.clinic.models import Clinic
from apps.treatments.models import Record, ResultReading, Treatment

CLINICIANS: tuple[ActorRole, ...] = ("doctor", "nurse")


def unread_results(clinic: Clinic) -> QuerySet[Record]:
    """Results in force that came in a pregnancy, written by no clinician and read by none; the oldest first.

    One came in a pregnancy if it was sampled on the milestone's day or later, or written down after the milestone. What a
    doctor or nurse typed in themselves they have read; treatments that are closed send nothing and are left out.
    """
    pregnancies = Record.objects.filter(kind="milestone", data__name="pregnancy")
    pregnancy = _in_force(pregnancies.filter(treatment=OuterRef("treatment")))
    pregnancy = pregnancy.exclude(data__certainty="planned").filter(
        Q(on__lte=OuterRef("sampled")) | Q(recorded_at__lte=OuterRef("recorded_at"))
    )
    # Few are pregnant: to begin with them leaves a few results to look at closely.
    expecting = pregnancies.filter(clinic=clinic).values("treatment")
    results = Record.objects.filter(treatment__in=expecting, treatment__closed_reason="", reading=None)
    results = results.filter(_is_result(), clinic=clinic).exclude(by_role__in=CLINICIANS)
    results = _in_force(results).annotate(sampled=_sampled())
    return results.filter(Exists(pregnancy)).order_by("recorded_at", "id")


def read_result(*, record: Record, actor: Actor, at: datetime) -> ResultReading:
    """A doctor or nurse says that they have read it; whoever says so later changes nothing.

    Invalid for a record that is no result, Forbidden to everybody else.
    """
    require_clinic(actor, record.clinic_id)
    require_verified(actor, *CLINICIANS)
    if not Record.objects.filter(_is_result(), pk=record.pk).exists():
        raise Invalid("Only results are read.", field="record", remedy="Choose a result.")
    with acting(actor):
        # Two who read at once wait for each other here.
        Treatment.objects.select_for_update(no_key=True).get(pk=record.treatment_id)
        said = {"at": at, "by_name": actor.name[:150], "by_role": actor.role, "by_user_id": actor.user_id}
        reading, is_new = ResultReading.objects.get_or_create(
            record=record, defaults={"clinic_id": record.clinic_id, **said}
        )
        if is_new:
            record_change(
                clinic_id=record.clinic_id,
                kind="result.read",
                subject_type="record",
                subject_id=record.pk,
                treatment_id=record.treatment_id,
                couple_id=record.treatment.couple_id,
                actor=actor,
                at=at,
            )
    return reading


def _is_result() -> Q:
    """A result, or a correction that says one instead."""
    return Q(kind="result") | Q(kind="correction", data__replacement__kind="result")


def _sampled() -> Cast:
    """The day of the sample, whether it stands in the record or in what a correction says instead."""
    of_result = KeyTextTransform("sampled_on", "data")
    instead = KeyTextTransform("sampled_on", KeyTransform("replacement", "data"))
    return Cast(Coalesce(of_result, instead), DateField())


def _in_force(records: QuerySet[Record]) -> QuerySet[Record]:
    """Without those that a correction took out of force."""
    corrections = Record.objects.filter(kind="correction", treatment=OuterRef("treatment"))
    of = corrections.annotate(of=KeyTextTransform("of", "data")).filter(of=Cast(OuterRef("pk"), TextField()))
    return records.filter(~Exists(of))
