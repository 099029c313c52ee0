"""Enrolment and people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.clinic.models import Clinic
from apps.couples.inputs import Identifier, PersonInput
from apps.couples.models import BloodGroup, Language, Person
from apps.desk import languages
from apps.desk.forms.base import DateField, DeskForm, ZoneInput

ROLES = ("recipient", "partner")
# Systems that identifiers are asked for; others come through the API.
SYSTEMS = (("mrn", "Hospital number (MRN)"), ("abha", "ABHA or national health number"))


def person_fields(clinics: Iterable[Clinic], *, required: bool = True) -> dict[str, forms.Field]:
    """The fields of one person, in the order in which they are asked."""
    return {
        "given_name": forms.CharField(label="Given name", max_length=100, required=required),
        "family_name": forms.CharField(label="Family name", max_length=100, required=False),
        "birth_on": DateField(label="Date of birth", required=False),
        "phone": forms.CharField(
            label="Phone", required=False, help_text="With + and country code. Two people may share one."
        ),
        "email": forms.EmailField(label="E-mail", required=False),
        "alternative_email": forms.EmailField(
            label="Other e-mail", required=False, help_text="Where messages go instead, if the person wishes."
        ),
        **_spoken_and_lived(clinics),
        "blood_group": forms.ChoiceField(
            label="Blood group", choices=[("", "not known"), *BloodGroup.choices], required=False
        ),
        "contact_consent": forms.BooleanField(
            label="Agrees to receive messages", required=False, help_text="Nothing is sent without it."
        ),
        "wants_email": forms.BooleanField(
            label="Wishes to be written to by e-mail", required=False, initial=True
        ),
        "hard_news_note": forms.CharField(
            label="Hard news", required=False, max_length=300, help_text="Who should tell, how and when."
        ),
        "allergies": forms.CharField(
            label=_("Allergies"),
            required=False,
            max_length=300,
            help_text=_("Shown in the banner of every page of the couple."),
        ),
        **{
            f"identifier_{system}": forms.CharField(label=label, max_length=120, required=False)
            for system, label in SYSTEMS
        },
    }


def _spoken_and_lived(clinics: Iterable[Clinic]) -> dict[str, forms.Field]:
    """In which language and by which clock somebody is written to."""
    return {
        "language": forms.ChoiceField(
            label="Language", choices=languages.choices(clinics), initial=Language.ENGLISH
        ),
        "zone": forms.CharField(
            label=_("Time zone, if they live elsewhere"),
            required=False,
            max_length=64,
            help_text=_(
                "Such as Asia/Dubai. Empty: the clinic's own. Quiet hours are those of where they live."
            ),
            widget=ZoneInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        ),
    }


def person_input(data: dict[str, Any], prefix: str, at: datetime, known: Person | None = None) -> PersonInput:
    """The filled fields of one person. Consent given for the first time is dated `at`; kept consent keeps its date."""
    own = {name.removeprefix(prefix): value for name, value in data.items() if name.startswith(prefix)}
    before = known.contact_consent_at if known else None
    consent = (before or at) if own.pop("contact_consent") else None
    numbers = tuple(
        Identifier(system, value)
        for system, _ in SYSTEMS
        if (value := own.pop(f"identifier_{system}").strip())
    )
    return PersonInput(contact_consent_at=consent, identifiers=numbers, **own)


class EnrolForm(DeskForm):
    """Both people of a new couple. Names of fields are `recipient-phone` and so on."""

    def __init__(self, *args: Any, clinics: tuple[Clinic, ...], **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = {
            "clinic": forms.ChoiceField(
                label="Clinic",
                choices=[(str(clinic.pk), clinic.name) for clinic in clinics],
                widget=forms.HiddenInput() if len(clinics) == 1 else forms.Select(),
                initial=str(clinics[0].pk) if clinics else None,
            ),
            # Whether each is a new person or somebody who is here: asked once likely people were shown.
            **{f"is-{role}": forms.CharField(required=False, widget=forms.HiddenInput()) for role in ROLES},
            **{f"recipient-{name}": field for name, field in person_fields(clinics).items()},
            **{f"partner-{name}": field for name, field in person_fields(clinics).items()},
        }
        super().__init__(*args, asks=asks, **kwargs)

    def groups(self) -> list[tuple[str, str, list[forms.BoundField]]]:
        """The two people, for a page with two columns: title, role, fields."""
        return [
            (title, role, [self[name] for name in self.fields if name.startswith(f"{role}-")])
            for role, title in (("recipient", "Recipient"), ("partner", "Partner"))
        ]


class PersonForm(DeskForm):
    """One person who is known already."""

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        asks: dict[str, forms.Field] = person_fields([person.clinic])
        held = {row.system: row.value for row in person.identifiers.all()}
        initial = {name: getattr(person, name, None) for name in asks}
        initial |= {f"identifier_{system}": held.get(system, "") for system, _ in SYSTEMS}
        initial["contact_consent"] = person.contact_consent_at is not None
        super().__init__(*args, asks=asks, initial=initial, **kwargs)
