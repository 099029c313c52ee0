"""Two versions side by side, and treatments on their way from one to another: preview, progress, undo."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.clinic.errors import Invalid, LitError
from apps.desk.access import Desk, desk_of
from apps.desk.forms.base import in_one_line
from apps.desk.lists.treatments import names_of
from apps.desk.pages.base import page, press
from apps.desk.words import VERDICTS
from apps.treatments.models import ProtocolVersion, Treatment, VersionMove
from apps.treatments.move_previews import MovePreview, preview_move, same_schedule
from apps.treatments.moving import MOST_AT_ONCE, Chosen, start_move, undo_line, undo_move
from apps.treatments.queries import protocol_by_id, template
from apps.treatments.tasks import apply_soon
from apps.treatments.version_queries import (
    line_by_id,
    lines_of,
    movable,
    move_by_id,
    other_versions,
    progress,
)
from protocols import MoveVerdict, differences, library_names, library_text, load
from protocols.versions.comparing import UNCHANGED

RIGHT = "move treatments"
PER_PAGE = 50
_LIBRARY = "library:"
_FEW_CHANGES = 4


@dataclass(frozen=True, slots=True)
class Candidate:
    """One treatment on the preview: what stands in its line, and what is sent back as having been seen."""

    preview: MovePreview

    @property
    def names(self) -> str:
        return names_of(self.preview.treatment.couple)

    @property
    def seen(self) -> str:
        comparison = self.preview.comparison
        return f"{self.preview.treatment.pk}:{comparison.verdict.value}:{comparison.fingerprint}"

    @property
    def reasons(self) -> tuple[str, ...]:
        """What has to be decided, what no longer fits, what contradicts: shown in full."""
        told = self.preview.comparison
        return (
            *told.decisions,
            *told.out_of_window,
            *(f"{fault.message}. {fault.remedy}" for fault in told.faults),
        )

    @property
    def changes(self) -> tuple[str, ...]:
        return self.preview.comparison.changes[:_FEW_CHANGES]

    @property
    def more_changes(self) -> tuple[str, ...]:
        return self.preview.comparison.changes[_FEW_CHANGES:]


@dataclass(frozen=True, slots=True)
class Group:
    """The treatments of one verdict on this page. Those of `cannot` have records that the version contradicts."""

    key: str
    title: str
    help: str
    rows: tuple[Candidate, ...]

    @property
    def can_move(self) -> bool:
        return self.key != "cannot"


def compare(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What differs between another version, or a protocol of the library, and this one."""
    desk = desk_of(request)
    version = desk.find(lambda clinic: protocol_by_id(clinic, pk))
    others = list(other_versions(version))
    choices = [
        *((str(other.pk), f"version {other.version}, {other.published_at:%Y-%m-%d}") for other in others),
        *((f"{_LIBRARY}{name}", f"the library's {name}") for name in library_names()),
    ]
    chosen = request.GET.get("with", choices[0][0])
    if chosen not in dict(choices):
        raise Http404("There is no such page.")
    other = next((one for one in others if str(one.pk) == chosen), None)
    old = template(other) if other else load(library_text(chosen.removeprefix(_LIBRARY)))
    context = {
        "version": version,
        "choices": choices,
        "chosen": chosen,
        "called": dict(choices)[chosen],
        "lines": differences(old, template(version)),
        "same_days": other is not None and same_schedule(other, version),
        "is_version": other is not None,
        "back": _address(version),
    }
    return page(request, "desk/version_compare.html", f"What differs: {version.title}", context)


def move(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The preview of a move to this version, a page of treatments at a time; a POST begins the move of the chosen."""
    desk = desk_of(request)
    version = desk.find(lambda clinic: protocol_by_id(clinic, pk))
    actor = desk.require(RIGHT, version.clinic)
    problem = ""
    if request.method == "POST":
        try:
            chosen = _chosen(request, version)
            begun = start_move(version=version, chosen=chosen, actor=actor, at=desk.at)
        except LitError as error:
            problem = in_one_line(error)
        else:
            apply_soon(begun.pk)
            return HttpResponseRedirect(_progress(begun))
    return _preview_page(request, desk, version, problem)


def _chosen(request: HttpRequest, version: ProtocolVersion) -> list[Chosen]:
    if "everywhere" in request.POST:
        pks = _unchanged(version).values_list("pk", flat=True)[:MOST_AT_ONCE]
        return [Chosen(pk, UNCHANGED.verdict, UNCHANGED.fingerprint) for pk in pks]
    posted = request.POST
    return chosen_in(posted.getlist("row"), posted.getlist("ticked"), posted.get("all", ""))


def _unchanged(version: ProtocolVersion) -> QuerySet[Treatment]:
    """The treatments, of all pages, for which the versions' hash alone says that no day changes."""
    same = [other for other in other_versions(version) if same_schedule(other, version)]
    return movable(version).filter(protocol_version__in=same)


def chosen_in(rows: Iterable[str], ticked: Iterable[str], every: str) -> list[Chosen]:
    """What was picked: the ticked ones, or with `every` all rows of that verdict. Invalid for what no page has sent."""
    picked = [row for row in rows if row.split(":")[1:2] == [every]] if every else list(ticked)
    try:
        return [
            Chosen(UUID(treatment), MoveVerdict(verdict), seen)
            for treatment, verdict, seen in (row.split(":") for row in picked)
        ]
    except ValueError as error:
        raise Invalid(
            "This is no choice of this page.", field="treatments", remedy="Open the page again."
        ) from error


def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How far a move is, counted from its lines. The page asks again by itself while a worker is at it."""
    desk = desk_of(request)
    found = desk.find(lambda clinic: move_by_id(clinic, pk))
    counted = progress(found)
    lines = Paginator(lines_of(found), PER_PAGE).get_page(request.GET.get("page"))
    done = counted.total - counted.waiting - counted.undoing
    context = {
        "move": found,
        "progress": counted,
        "done": done,
        "lines": [(line, names_of(line.treatment.couple)) for line in lines],
        "pages": lines,
        "may_move": desk.may(RIGHT, found.clinic),
        "can_undo": bool(counted.moved or counted.waiting),
        "back": _address(found.to_version),
    }
    title = f"Move to {found.to_version.title}, version {found.to_version.version}"
    return page(request, "desk/version_move.html", title, context)


def undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk = desk_of(request)
    found = desk.find(lambda clinic: move_by_id(clinic, pk))
    actor = desk.require(RIGHT, found.clinic)

    def act() -> None:
        undo_move(move=found, actor=actor, at=desk.at)
        apply_soon(found.pk)

    done = "Being undone. What somebody has booked or recorded since stays moved."
    return press(request, act, done=done, back=_progress(found))


def undo_one(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk = desk_of(request)
    line = desk.find(lambda clinic: line_by_id(clinic, pk))
    actor = desk.require(RIGHT, line.move.clinic)
    return press(
        request,
        lambda: undo_line(line=line, actor=actor, at=desk.at),
        done="Undone: the treatment is on its earlier version again.",
        back=_progress(line.move),
    )


def _preview_page(request: HttpRequest, desk: Desk, version: ProtocolVersion, problem: str) -> HttpResponse:
    pages = Paginator(movable(version), PER_PAGE).get_page(request.GET.get("page"))
    found = [
        Candidate(preview)
        for preview in preview_move(version=version, treatments=pages.object_list, at=desk.at)
    ]
    context = {
        "version": version,
        "groups": _groups(found),
        "pages": pages,
        "problem": problem,
        "unchanged_everywhere": _unchanged(version).count() if pages.has_other_pages() else 0,
        "back": _address(version),
    }
    title = f"Move treatments to {version.title}, version {version.version}"
    return page(request, "desk/version_preview.html", title, context, status=422 if problem else 200)


def _groups(found: list[Candidate]) -> list[Group]:
    by_key: dict[str, list[Candidate]] = {key: [] for key in VERDICTS}
    for candidate in found:
        comparison = candidate.preview.comparison
        by_key[comparison.verdict.value if comparison.can_move else "cannot"].append(candidate)
    return [Group(key, *VERDICTS[key], tuple(rows)) for key, rows in by_key.items() if rows]


def _address(version: ProtocolVersion) -> str:
    return reverse("admin:treatments_protocolversion_change", args=[version.pk])


def _progress(found: VersionMove) -> str:
    return reverse("admin:version_move", args=[found.pk])
