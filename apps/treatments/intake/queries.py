"""The read path of imports: one function per question, each inside one clinic."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, Count, QuerySet, When

from apps.clinic.errors import NotFound
from apps.clinic.models import Clinic
from apps.treatments.models import CoupleImport, CoupleImportLine, ImportState

# What somebody should look at first.
_ORDER = (ImportState.FAILED, ImportState.FAULTY, ImportState.LEFT)


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How many lines of an import stand where."""

    unchecked: int = 0
    good: int = 0
    known: int = 0
    faulty: int = 0
    waiting: int = 0
    imported: int = 0
    failed: int = 0
    left: int = 0

    @property
    def total(self) -> int:
        return self.good + self.known + self.faulty + self.imported + self.failed + self.left + self.open

    @property
    def open(self) -> int:
        return self.unchecked + self.waiting

    @property
    def done(self) -> int:
        return self.total - self.open


def imports_of(clinic: Clinic) -> QuerySet[CoupleImport]:
    """The clinic's imports, newest first."""
    return CoupleImport.objects.filter(clinic=clinic).select_related("clinic").order_by("-uploaded_at", "id")


def import_by_id(clinic: Clinic, import_id: UUID) -> CoupleImport:
    found = imports_of(clinic).filter(pk=import_id).first()
    if found is None:
        raise NotFound("There is no such import.", field="import")
    return found


def import_lines_of(couple_import: CoupleImport) -> QuerySet[CoupleImportLine]:
    """The rows with what they would do, those with faults first, then as in the file."""
    place = Case(
        *(When(state=state, then=number) for number, state in enumerate(_ORDER)), default=len(_ORDER)
    )
    return (
        CoupleImportLine.objects.filter(couple_import=couple_import)
        .select_related("couple")
        .order_by(place, "number")
    )


def import_progress(couple_import: CoupleImport) -> ImportProgress:
    """Counted from the lines, so it is true whatever died."""
    counted = (
        CoupleImportLine.objects.filter(couple_import=couple_import)
        .order_by()
        .values_list("state")
        .annotate(n=Count("pk"))
    )
    return ImportProgress(**{ImportState(state).value: n for state, n in counted})
