"""The columns of a file of couples, in the order of the template: one line of the table in docs/import.md each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Kind = Literal["text", "date", "phone", "identifier", "email", "figure", "language", "blood", "evidence"]

# As many as the form "joined in mid-course" has lines.
DOSES, RESULTS = 8, 6


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, how its cells are read, what it is for, and an example for the template."""

    name: str
    kind: Kind
    help: str | Promise
    example: str = ""
    needed: bool = False


def _person(who: str, example: dict[str, str]) -> Iterator[Column]:
    asked: tuple[tuple[str, Kind, str | Promise], ...] = (
        ("given_name", "text", _("Given name")),
        ("family_name", "text", _("Family name")),
        ("birth_on", "date", _("Date of birth")),
        ("phone", "phone", _("With + and country code, as text")),
        ("email", "email", _("E-mail")),
        ("language", "language", _("English, Hindi, Telugu or Urdu")),
        ("blood_group", "blood", _("Such as O+ or AB-")),
        ("mrn", "identifier", _("Hospital number, as text: a zero in front counts")),
        ("abha", "identifier", _("ABHA or national health number, as text")),
        ("agreed_on", "date", _("Agreed on this day to be written to; empty: nothing is ever sent")),
    )
    for name, kind, text in asked:
        yield Column(f"{who}_{name}", kind, text, example.get(name, ""), needed=name == "given_name")


def _doses() -> Iterator[Column]:
    for n in range(1, DOSES + 1):
        example = ("2025-11-03", "", "60", "document") if n == 1 else ("", "", "", "")
        yield Column(f"dose_{n}_on", "date", _("Past dose: the day it was given"), example[0])
        yield Column(f"dose_{n}_as", "text", _("Step of the protocol; empty is its first dose"), example[1])
        yield Column(f"dose_{n}_cells_million", "figure", _("Cells in million"), example[2])
        yield Column(f"dose_{n}_evidence", "evidence", _("As evidence, if this dose has another"), example[3])


def _results() -> Iterator[Column]:
    for n in range(1, RESULTS + 1):
        example = ("apca", "", "2025-10-01", "2025-10-03", "4", "City Lab", "") if n == 1 else ("",) * 7
        yield Column(f"result_{n}_test", "text", _("Past result: the test by its name or title"), example[0])
        yield Column(f"result_{n}_assay", "text", _("Assay, where the test has several"), example[1])
        yield Column(f"result_{n}_sampled_on", "date", _("Sample taken"), example[2])
        yield Column(f"result_{n}_resulted_on", "date", _("Result came; empty is the same day"), example[3])
        yield Column(
            f"result_{n}_value", "figure", _("In the unit of the protocol, nothing is converted"), example[4]
        )
        yield Column(f"result_{n}_laboratory", "text", _("Laboratory"), example[5])
        yield Column(
            f"result_{n}_evidence", "evidence", _("As evidence, if this result has another"), example[6]
        )


def _all() -> Iterator[Column]:
    yield Column("code", "text", _("Code of a couple that is here already; else empty"))
    yield from _person(
        "recipient",
        {
            "given_name": "Asha",
            "family_name": "Example",
            "birth_on": "1992-03-01",
            "phone": "+91 98480 00001",
            "email": "asha@example.org",
            "language": "Telugu",
            "blood_group": "O+",
            "mrn": "004711",
            "agreed_on": "2026-01-05",
        },
    )
    yield from _person("partner", {"given_name": "Kiran", "family_name": "Example", "mrn": "004712"})
    yield Column("protocol", "text", _("Name or title of a published protocol"), "lit-standard")
    yield Column("protocol_version", "text", _("Its version; empty is the latest"))
    yield Column("started_on", "date", _("Day on which the course began"), "2025-10-01")
    yield Column(
        "joined_on", "date", _("Day on which they joined here; empty is the day of the import"), "2026-01-05"
    )
    yield Column("place", "text", _("Where they were treated before"), "Pune")
    yield Column("evidence", "evidence", _("document or reported: how the past is known"), "document")
    yield Column(
        "donor", "text", _("Whose cells were given: partner, unrelated, partner+unrelated"), "partner"
    )
    yield Column("donor_evidence", "evidence", _("As evidence, if the donor has another"))
    yield from _doses()
    yield from _results()
    yield Column("losses", "text", _("Earlier losses, in words"), "Two before 10 weeks, 2023 and 2024")
    yield Column("losses_evidence", "evidence", _("As evidence, if the losses have another"), "reported")
    yield Column("note", "text", _("What else to know"))


COLUMNS: tuple[Column, ...] = tuple(_all())
BY_NAME = {column.name: column for column in COLUMNS}
NEEDED = tuple(column.name for column in COLUMNS if column.needed)
