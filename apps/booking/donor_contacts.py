"""How a donor from outside a couple is reached. Contact data: whoever may not see any gets none of it."""

from __future__ import annotations

from datetime import datetime

from apps.booking.donor_models import DonorContact
from apps.clinic.access import require_clinic, require_role
from apps.clinic.actors import Actor
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.errors import Invalid
from apps.clinic.inputs import is_phone, plain_phone
from apps.treatments.models import Treatment

_NAME, _DONOR = 100, 60


def set_donor_contact(
    *, treatment: Treatment, donor: str, name: str, phone: str, actor: Actor, at: datetime
) -> DonorContact:
    """Says whom to ring for a donor of the treatment, by role; said again it stands in the place of what was said.

    `name` may be the clinic's own code. Invalid for a role that is none from outside, and for a number that is none.
    """
    require_clinic(actor, treatment.clinic_id)
    require_role(actor, "nurse", "doctor", "manager")
    number = plain_phone(phone)
    if number and not is_phone(number):
        raise Invalid(
            "This is not a phone number.", field="phone", remedy="Write digits, + and the country code first."
        )
    if not 0 < len(donor) <= _DONOR or donor == "partner":
        raise Invalid("This is no donor from outside.", field="donor", remedy="Name the donor of the plan.")
    with acting(actor):
        row, _is_new = DonorContact.objects.update_or_create(
            treatment=treatment,
            donor=donor,
            defaults={
                "clinic_id": treatment.clinic_id,
                "name": " ".join(name.split())[:_NAME],
                "phone": number,
                "changed_at": at,
            },
        )
        record_change(
            clinic_id=treatment.clinic_id,
            kind="donor.contact",
            subject_type="donorcontact",
            subject_id=row.pk,
            treatment_id=treatment.pk,
            couple_id=treatment.couple_id,
            actor=actor,
            at=at,
        )
    return row


def donor_contacts(treatment: Treatment) -> dict[str, DonorContact]:
    """What is known, by the donor's role."""
    return {row.donor: row for row in DonorContact.objects.filter(treatment=treatment)}
