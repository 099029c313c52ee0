"""What must be seen before anything is done with a couple. Pure: given rows in, sentences out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from django.utils.translation import gettext as _

from apps.couples.models import Couple, Note, NoteKind, Severity
from apps.desk import words
from apps.desk.course import Course, name_of
from apps.treatments.sensitivity import donor_tests_as_one
from protocols.records import Fulfilled
from protocols.requirements import SCREENS_SAID

Weight = Literal["bad", "warn", "info"]
# What is due at arrival is a warning once the visit is this near.
_NEAR = timedelta(days=7)
_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to see: what kind it is in a word, and the sentence."""

    title: str
    text: str
    weight: Weight


def alerts_of(
    couple: Couple, notes: Iterable[Note], courses: Iterable[Course], today: date, *, may_see: bool
) -> list[Alert]:
    """The gravest first. `notes` are those in force; `courses` are the treatments that go on; `may_see` is the right to
    see what single tests of a donor gave.
    """
    found = [*rhesus(couple), *_events(notes, today)]
    for course in courses:
        found += [*_reactions(course, today), *_reactive(course, may_see), *_missing(course, today, may_see)]
    order = {"bad": 0, "warn": 1, "info": 2}
    return sorted(found, key=lambda alert: order[alert.weight])


def rhesus(couple: Couple) -> Iterator[Alert]:
    """An RhD-negative recipient of cells from an RhD-positive donor is a doctor's review (anti-D)."""
    hers, his = couple.recipient.blood_group, couple.partner.blood_group
    title = _("RhD")
    if not hers:
        yield Alert(title, _("The recipient's blood group is not known."), "warn")
    elif hers.endswith("-") and his.endswith("+"):
        text = _("The recipient is RhD-negative and the partner RhD-positive: a doctor reviews anti-D.")
        yield Alert(title, text, "bad")
    elif hers.endswith("-") and not his:
        text = _("The recipient is RhD-negative and the partner's blood group is not known.")
        yield Alert(title, text, "bad")
    elif hers.endswith("-"):
        text = _("Both are RhD-negative. Look again if another donor is used.")
        yield Alert(title, text, "info")


def _events(notes: Iterable[Note], today: date) -> Iterator[Alert]:
    for note in notes:
        if note.kind == NoteKind.ADVERSE_EVENT:
            text = f"{words.day(note.on, today)}, {note.get_severity_display()}: {note.text}"
            yield Alert(_("Adverse event"), text, "bad" if note.severity == Severity.SEVERE else "warn")


def _reactions(course: Course, today: date) -> Iterator[Alert]:
    """What was written down of a reaction with a dose, the latest first."""
    told = [
        entry.record
        for entry in course.facts.all_of(Fulfilled)
        if entry.record.given is not None and entry.record.given.reaction
    ]
    for done in sorted(told, key=lambda record: record.on, reverse=True)[:_SHOWN]:
        visit = course.plan.visit(done.step, done.occurrence)
        name = name_of(visit) if visit else done.step
        reaction = done.given.reaction if done.given else ""
        yield Alert(_("Reaction"), f"{name}, {words.day(done.on, today)}: {reaction}", "warn")


def _reactive(course: Course, may_see: bool) -> Iterator[Alert]:
    """Somebody's last sample is reactive. Which test it is stands among the records, not at the head of a page."""
    people = {
        person
        for (person, test), samples in course.facts.screened.items()
        if test in SCREENS_SAID and test != "pregnancy-test" and samples[-1].outcome == "reactive"
    }
    for person in sorted(people):
        text = _("The last screening of the %(person)s is reactive. See the records.")
        if person != "recipient" and not may_see:
            text = _(
                "The infection screen of the %(person)s is not clear. A doctor or the laboratory sees why."
            )
        yield Alert(_("Screening"), text % {"person": words.words(person).lower()}, "bad")


def _missing(course: Course, today: date, may_see: bool) -> Iterator[Alert]:
    """What the next visit that lacks something lacks: consent apart from screening, missing apart from too old."""
    live = [visit for visit in course.plan.visits if visit.state in ("proposed", "booked", "missed")]
    lacking = sorted(
        (visit for visit in live if visit.missing),
        key=lambda visit: (visit.on or visit.proposed_on or date.max, visit.key),
    )
    if not lacking:
        return
    visit = lacking[0]
    lacks = visit.missing if may_see else donor_tests_as_one(visit.missing)
    on = visit.on or visit.proposed_on
    before = f"{name_of(visit)}{f', {words.day(on, today)}' if on else ''}"
    weight: Weight = "warn" if on is not None and on - today <= _NEAR else "info"
    consents = [text.removeprefix("consent of ") for text in lacks if text.startswith("consent of ")]
    if consents:
        text = _("Missing of %(who)s, before %(visit)s.")
        yield Alert(_("Consent"), text % {"who": _and(consents), "visit": before}, "warn")
    old, absent = _screens(course, lacks)
    for said, names in ((_("Too old or not clear for"), old), (_("Missing for"), absent)):
        if names:
            yield Alert(_("Screening"), f"{said} {before}: {', '.join(names)}.", weight)
    rest = [text for text in lacks if text not in (*old, *absent) and not text.startswith("consent of ")]
    if rest:
        yield Alert(_("Missing"), f"{before}: {', '.join(rest)}.", weight)


def _screens(course: Course, lacks: Iterable[str]) -> tuple[list[str], list[str]]:
    """The screens that the visit lacks: those with an earlier sample, and those without any."""
    said_of = {said: test for test, said in SCREENS_SAID.items()}
    old: list[str] = []
    absent: list[str] = []
    for text in lacks:
        said, of, person = text.rpartition(" of ")
        if of and said in said_of and not text.startswith("consent of "):
            known = course.facts.screened.get((person, said_of[said]))
            (old if known and said_of[said] != "pregnancy-test" else absent).append(text)
    return old, absent


def _and(names: list[str]) -> str:
    return f" {_('and')} ".join(names)
