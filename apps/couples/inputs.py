"""What a caller says about a person, cleaned, and every fault in it at once."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from apps.clinic.clock import is_zone
from apps.clinic.errors import Fault
from apps.clinic.inputs import is_phone, plain_phone
from apps.couples.models import BloodGroup, Language, Person

_OLDEST = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class Identifier:
    """Another system's number for a person: `system` says whose: "mrn", "abha", a URI."""

    system: str
    value: str


@dataclass(frozen=True, slots=True)
class PersonInput:
    """One person. Empty text means unknown. `contact_consent_at` is when the person agreed to be written to;
    without it nothing is ever sent."""

    given_name: str
    family_name: str = ""
    birth_on: date | None = None
    email: str = ""
    phone: str = ""
    language: str = "en"
    zone: str = ""
    blood_group: str = ""
    wants_email: bool = True
    contact_consent_at: datetime | None = None
    alternative_email: str = ""
    hard_news_note: str = ""
    allergies: str = ""
    identifiers: tuple[Identifier, ...] = ()

    @classmethod
    def of(cls, person: Person) -> PersonInput:
        """What is stored now, identifiers aside: for `dataclasses.replace` and `update_person`."""
        return cls(**{field: getattr(person, field) for field in PERSON_FIELDS})

    def cleaned(self) -> PersonInput:
        """Names composed (NFC) and free of control signs, phone without spaces, ends trimmed."""
        return replace(
            self,
            given_name=_clean(self.given_name),
            family_name=_clean(self.family_name),
            email=self.email.strip(),
            alternative_email=self.alternative_email.strip(),
            phone=plain_phone(self.phone),
            zone=self.zone.strip(),
            hard_news_note=_clean(self.hard_news_note),
            allergies=_clean(self.allergies),
            identifiers=tuple(Identifier(_clean(i.system), _clean(i.value)) for i in self.identifiers),
        )

    def faults(self, *, prefix: str, today: date) -> Iterator[Fault]:
        """Every fault of a cleaned input, its field after `prefix`. `today` is the clinic's own date."""
        if not self.given_name:
            yield Fault(f"{prefix}given_name", "The given name is empty.", "Fill it in.")
        if self.birth_on is not None and not _OLDEST <= self.birth_on <= today:
            yield Fault(f"{prefix}birth_on", "This is no date of birth.", "Give a past date after 1900.")
        if self.contact_consent_at is not None and self.contact_consent_at.tzinfo is None:
            yield Fault(f"{prefix}contact_consent_at", "This has no offset.", "End it with Z or +05:30.")
        for field, longest in _LONGEST.items():
            if len(getattr(self, field)) > longest:
                yield Fault(f"{prefix}{field}", "This is too long.", f"At most {longest} signs.")
        for field, is_right, message, remedy in _TEXT_RULES:
            if getattr(self, field) and not is_right(getattr(self, field)):
                yield Fault(f"{prefix}{field}", message, remedy)
        if not self.language:
            yield Fault(f"{prefix}language", "The language is empty.", _one_of(Language.values))
        yield from self._identifier_faults(prefix)

    def _identifier_faults(self, prefix: str) -> Iterator[Fault]:
        for n, identifier in enumerate(self.identifiers):
            for part in ("system", "value"):
                if not 0 < len(getattr(identifier, part)) <= 120:
                    yield Fault(f"{prefix}identifiers.{n}.{part}", "Empty or too long.", "1 to 120 signs.")
        if len(set(self.identifiers)) < len(self.identifiers):
            yield Fault(f"{prefix}identifiers", "An identifier is given twice.", "Give it once.")


# What `PersonInput` and `Person` share.
PERSON_FIELDS = (
    "given_name",
    "family_name",
    "birth_on",
    "email",
    "phone",
    "language",
    "zone",
    "blood_group",
    "wants_email",
    "contact_consent_at",
    "alternative_email",
    "hard_news_note",
    "allergies",
)


def _clean(text: str) -> str:
    """Composed, without control signs and byte order marks; joiners stay, Telugu and Urdu names need them."""
    kept = (sign for sign in unicodedata.normalize("NFC", text) if unicodedata.category(sign) != "Cc")
    return "".join(kept).replace("\ufeff", "").strip()


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def _one_of(values: list[str]) -> str:
    return f"One of {', '.join(values)}."


_LONGEST = {"given_name": 100, "family_name": 100, "hard_news_note": 300, "allergies": 300}

# Field, what a text that is not empty must pass, and what is said if it does not.
_TEXT_RULES: tuple[tuple[str, Callable[[str], bool], str, str], ...] = (
    ("email", _is_email, "This is not an e-mail address.", "Write it like name@host.org."),
    ("alternative_email", _is_email, "This is not an e-mail address.", "Write it like name@host.org."),
    ("phone", is_phone, "This is not a phone number.", "Write digits, + and the country code first."),
    ("language", Language.values.__contains__, "Not one of our languages.", _one_of(Language.values)),
    ("zone", is_zone, "This is not a time zone.", 'Write an IANA name such as "Asia/Dubai".'),
    ("blood_group", BloodGroup.values.__contains__, "This is no blood group.", _one_of(BloodGroup.values)),
)
