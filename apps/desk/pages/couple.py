"""The page of a couple: who they are, what must be seen, what comes next, the picture, and everything behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.clinic.models import Clinic, User
from apps.couples.models import Couple, Note, NoteKind, Person, RouteChannel, SilenceReason
from apps.couples.queries import couple_by_id, notes_of
from apps.couples.route_queries import ways_of
from apps.couples.silence import SLIP
from apps.desk import languages
from apps.desk.access import Desk, desk_of
from apps.desk.alerts import alerts_of
from apps.desk.course import Course, course_of
from apps.desk.donor_rows import donor_cards
from apps.desk.pages.base import page
from apps.desk.pages.treatments import of_course
from apps.desk.ports import Link, links_read
from apps.desk.post import post_of, yes_words
from apps.desk.rows import who
from apps.desk.units_left import units_left
from apps.treatments.models import Treatment
from apps.treatments.queries import treatments_of, whole_of

# One of the two has ended it at the desk, or at their own page, which pauses it until somebody has called.
_ENDED = (SilenceReason.SEPARATED, SilenceReason.PAUSED)


@dataclass(frozen=True, slots=True)
class PersonCard:
    """One of the two, as far as the role may see them."""

    role: str
    person: Person
    identifiers: tuple[Any, ...]
    ways: tuple[tuple[str, str], ...]
    links: tuple[Link, ...]
    edit_url: str
    links_url: str


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A note in force, or one that no longer is and why."""

    note: Note
    replace_url: str = ""
    withdraw_url: str = ""
    ended: str = ""


def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Everything of one couple; treatments that ended stand at the end, unless there is no other."""
    desk = desk_of(request)
    couple = desk.find(lambda clinic: couple_by_id(clinic, pk))
    clinic = couple.clinic = desk.clinic(couple.clinic_id)
    contact = desk.may("see contact data", clinic)
    treatments = list(treatments_of(clinic).filter(couple=couple))
    courses = [course_of(whole_of(row, desk.at), desk) for row in shown(treatments)]
    notes = list(notes_of(couple)) if contact else []
    standing = [note for note in notes if in_force(note)]
    context = {
        "couple": couple,
        "who": who(couple, desk),
        "people": _people(couple, desk, contact=contact),
        "donors": donor_cards(
            shown(treatments), (row for one in courses for row in one.whole.visits.values()), desk
        ),
        "contact": contact,
        "alerts": alerts_of(
            couple, standing, courses, desk.today(clinic), may_see=desk.may("see donor safety", clinic)
        ),
        "pinned": [note for note in reversed(standing) if note.is_pinned],
        "notes": [note_row(note) for note in standing],
        "past_notes": [note_row(note) for note in notes if not in_force(note) and not note.is_withdrawal],
        "courses": [of_course(course, desk) for course in courses],
        "other_treatments": [row for row in treatments if row not in shown(treatments)],
        "yes": yes_words(couple, desk),
        "post": post_of(couple, _titles(courses), desk) if contact else [],
        "responsible": _responsible(couple),
        "units": units_left(couple, desk) if couple.silent_reason in _ENDED else [],
        "unread_languages": languages.unread([clinic]) if contact else frozenset(),
        "slip": _may_be_slip(couple, desk.at),
        **_rights(clinic, desk),
    }
    return page(request, "desk/couple.html", couple.code, context)


def shown(treatments: list[Treatment]) -> list[Treatment]:
    """The treatments that go on; of a couple without any, the last that ended."""
    return [row for row in treatments if not row.is_closed] or treatments[-1:]


def in_force(note: Note) -> bool:
    return not note.is_withdrawal and not hasattr(note, "replaced_by")


def note_row(note: Note) -> NoteRow:
    if not in_force(note):
        after = note.replaced_by
        ended = _("Withdrawn by %(who)s: %(why)s") if after.is_withdrawal else _("Replaced by %(who)s")
        return NoteRow(note, ended=ended % {"who": after.by_name, "why": after.text})
    return NoteRow(
        note,
        replace_url=reverse("admin:note_replace", args=[note.pk]),
        withdraw_url=reverse("admin:note_withdraw", args=[note.pk]),
    )


def _people(couple: Couple, desk: Desk, *, contact: bool) -> list[PersonCard]:
    may_link = desk.may("issue links", couple.clinic)
    return [
        PersonCard(
            role=role,
            person=person,
            identifiers=tuple(person.identifiers.all()) if contact else (),
            ways=_ways(person) if contact else (),
            links=tuple(links_read().links_of(person)) if may_link else (),
            edit_url=reverse("admin:person_edit", args=[person.pk]),
            links_url=reverse("admin:person_links", args=[person.pk]),
        )
        for role, person in ((_("Recipient"), couple.recipient), (_("Partner"), couple.partner))
    ]


def _ways(person: Person) -> tuple[tuple[str, str], ...]:
    """How they are reached, in the order of their wish: the way and the number or address."""
    return tuple((str(RouteChannel(way.channel).label), way.address) for way in ways_of(person))


def _titles(courses: list[Course]) -> dict[UUID, str]:
    """What the visits of these treatments are called, by the ids of their rows."""
    titles: dict[UUID, str] = {}
    for course in courses:
        for row in course.whole.visits.values():
            titles[row.pk] = row.title
    return titles


def _responsible(couple: Couple) -> list[tuple[str, str]]:
    """Who answers for the couple, as far as somebody does."""
    named: tuple[tuple[str, User | None], ...] = ((_("Nurse"), couple.nurse), (_("Doctor"), couple.doctor))
    return [(role, user.get_full_name() or user.get_username()) for role, user in named if user is not None]


def _rights(clinic: Clinic, desk: Desk) -> dict[str, Any]:
    return {
        "may_start": desk.may("start", clinic),
        "may_edit": desk.may("enrol", clinic),
        "may_link": desk.may("issue links", clinic),
        "may_silence": desk.may("record", clinic),
        "may_write_after_loss": desk.may("loss", clinic),
        "may_call": desk.may("call", clinic),
        "may_note": desk.may("write notes on couples", clinic),
        "adverse": NoteKind.ADVERSE_EVENT,
    }


def _may_be_slip(couple: Couple, at: datetime) -> bool:
    """Whether what was just recorded can still be taken back by its recorder; the service knows who that is."""
    since = couple.silent_reason_since
    return since is not None and at - since <= SLIP
