"""The read path of versions and moves: one function per question, each inside one clinic."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, Count, QuerySet, When

from apps.clinic.errors import NotFound
from apps.clinic.models import Clinic
from apps.treatments.models import LineState, ProtocolVersion, Treatment, VersionMove, VersionMoveLine
from apps.treatments.move_models import OPEN_LINES
from apps.treatments.queries import treatments_of

_ORDER = (LineState.FAILED, LineState.SKIPPED, LineState.WAITING, LineState.UNDOING, LineState.MOVED)


@dataclass(frozen=True, slots=True)
class Progress:
    """How many lines of a move stand where."""

    waiting: int = 0
    moved: int = 0
    skipped: int = 0
    failed: int = 0
    undoing: int = 0
    undone: int = 0

    @property
    def total(self) -> int:
        return self.waiting + self.moved + self.skipped + self.failed + self.undoing + self.undone

    @property
    def is_open(self) -> bool:
        return bool(self.waiting or self.undoing)


def other_versions(version: ProtocolVersion) -> QuerySet[ProtocolVersion]:
    """The clinic's other versions of the same protocol, newest first."""
    same = ProtocolVersion.objects.filter(clinic_id=version.clinic_id, name=version.name)
    return same.exclude(pk=version.pk).order_by("-published_at")


def movable(version: ProtocolVersion) -> QuerySet[Treatment]:
    """Treatments that may be offered a move to `version`: running, on another version of the same protocol, and not
    waiting in a move.
    """
    moving = VersionMoveLine.objects.filter(clinic_id=version.clinic_id, state__in=OPEN_LINES).values(
        "treatment_id"
    )
    return (
        treatments_of(version.clinic, active=True)
        .filter(protocol_version__name=version.name)
        .exclude(protocol_version=version)
        .exclude(pk__in=moving)
    )


def moves_of(clinic: Clinic) -> QuerySet[VersionMove]:
    """The clinic's moves with their version, newest first."""
    return (
        VersionMove.objects.filter(clinic=clinic)
        .select_related("clinic", "to_version")
        .order_by("-started_at", "id")
    )


def move_by_id(clinic: Clinic, move_id: UUID) -> VersionMove:
    found = moves_of(clinic).filter(pk=move_id).first()
    if found is None:
        raise NotFound("There is no such move.", field="move")
    return found


def lines_of(move: VersionMove) -> QuerySet[VersionMoveLine]:
    """A move's lines with treatment, couple and people: what somebody should look at first, then by couples' codes."""
    place = Case(
        *(When(state=state, then=number) for number, state in enumerate(_ORDER)), default=len(_ORDER)
    )
    return (
        VersionMoveLine.objects.filter(move=move)
        .select_related(
            "move__to_version", "from_version", "treatment__couple__recipient", "treatment__couple__partner"
        )
        .order_by(place, "treatment__couple__code", "id")
    )


def line_by_id(clinic: Clinic, line_id: UUID) -> VersionMoveLine:
    found = VersionMoveLine.objects.filter(clinic=clinic, pk=line_id).select_related("move__clinic").first()
    if found is None:
        raise NotFound("There is no such treatment in a move.", field="line")
    return found


def progress(move: VersionMove) -> Progress:
    """Counted from the lines, so it is true whatever died."""
    counted = (
        VersionMoveLine.objects.filter(move=move).order_by().values_list("state").annotate(n=Count("pk"))
    )
    return Progress(**{LineState(state).value: n for state, n in counted})


def version_changes(treatment: Treatment) -> QuerySet[VersionMoveLine]:
    """Every time the treatment changed version, latest first, those that were undone included."""
    moved = VersionMoveLine.objects.filter(treatment=treatment, moved_at__isnull=False)
    return moved.select_related("move__to_version", "from_version").order_by("-moved_at", "id")
