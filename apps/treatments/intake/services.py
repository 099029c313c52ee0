"""An import from upload to end: uploaded, tried line by line, confirmed by who saw that, carried out line by line.

    found = upload_import(clinic=clinic, content=data, reading=Reading("dmy"), actor=nurse, at=at)
    work_lines(at=at, import_id=found.pk)              # the trial run; the worker's part
    confirm_import(couple_import=found, faulty_lines_stay_out=True, actor=nurse, at=at)
    work_lines(at=at, import_id=found.pk)              # now in earnest

Each line is a transaction of its own: a couple enters whole or not at all. A line waits until a worker takes it; killed
anywhere, it still waits or is done.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction

from apps.clinic.access import require_clinic, require_verified
from apps.clinic.actors import Actor, ActorRole
from apps.clinic.audit import acting
from apps.clinic.changes import record_change
from apps.clinic.errors import Conflict, Invalid, NotFound
from apps.clinic.models import Clinic
from apps.treatments.intake.cells import DATE_STYLES, Reading
from apps.treatments.intake.couples import Outcome, run_row
from apps.treatments.intake.sheets import read_sheet
from apps.treatments.intake_models import OPEN_IMPORTS
from apps.treatments.models import CoupleImport, CoupleImportLine, ImportState

# An upload that nobody confirms is people's data without a use.
KEPT_UNCONFIRMED = timedelta(days=7)
_ROLES: tuple[ActorRole, ...] = ("nurse", "doctor")
# Beside the way in which days are written: bare numbers are days as Excel counts them.
_SERIALS = "+excel"
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Worked:
    """What a run did with lines. `left` says that there may be more: call again."""

    tried: int = 0
    imported: int = 0
    failed: int = 0
    left: bool = False


def upload_import(
    *, clinic: Clinic, content: bytes, reading: Reading, actor: Actor, at: datetime
) -> CoupleImport:
    """Keeps the rows of the file as lines to be tried; nobody is enrolled by it.

    Invalid, with a code for each reason, for a file that is no table of couples. Only a nurse or doctor who signed in.
    """
    require_clinic(actor, clinic.pk)
    require_verified(actor, *_ROLES)
    if reading.dates not in DATE_STYLES:
        raise Invalid(
            "This is no way to write days.", field="dates", remedy=f"One of {', '.join(DATE_STYLES)}."
        )
    rows = read_sheet(content)
    with acting(actor):
        assert actor.user_id is not None  # somebody who signed in has an account
        couple_import = CoupleImport.objects.create(
            clinic=clinic,
            file_hash=hashlib.sha256(content).hexdigest(),
            dates=reading.dates + (_SERIALS if reading.serials else ""),
            uploaded_at=at,
            uploaded_by=actor.name[:150],
            uploaded_by_role=actor.role,
            uploaded_by_user_id=actor.user_id,
        )
        CoupleImportLine.objects.bulk_create(
            CoupleImportLine(
                clinic=clinic, couple_import=couple_import, number=row.number, cells=row.cells, changed_at=at
            )
            for row in rows
        )
        _tell("import.uploaded", couple_import, actor, at, rows=len(rows))
    return couple_import


def confirm_import(
    *, couple_import: CoupleImport, faulty_lines_stay_out: bool, actor: Actor, at: datetime
) -> CoupleImport:
    """Asks for the good lines to be carried out. With a faulty one among them it is Conflict (code `has_faults`) unless
    whoever confirms says that those stay out.

    Conflict too while the trial run goes on, if it was confirmed or discarded before, and if no line is good.
    """
    require_clinic(actor, couple_import.clinic_id)
    require_verified(actor, *_ROLES)
    with acting(actor):
        fresh = _open(couple_import)
        lines = CoupleImportLine.objects.filter(couple_import=fresh)
        if lines.filter(state=ImportState.UNCHECKED).exists():
            raise _conflict(
                "not_tried", "Not every row has been tried yet.", "Wait for the end of the trial run."
            )
        if not faulty_lines_stay_out and lines.filter(state=ImportState.FAULTY).exists():
            raise _conflict(
                "has_faults",
                "Some rows have faults.",
                "Mend the file and upload it again, or import the good rows.",
            )
        if not lines.filter(state=ImportState.GOOD).update(state=ImportState.WAITING, changed_at=at):
            raise _conflict("nothing_to_import", "No row of this file adds anything.", "Upload another file.")
        lines.filter(state=ImportState.FAULTY).update(state=ImportState.LEFT, cells={}, changed_at=at)
        lines.filter(state=ImportState.KNOWN).update(cells={}, changed_at=at)
        fresh.confirmed_at, fresh.confirmed_by = at, actor.name[:150]
        fresh.confirmed_by_role, fresh.confirmed_by_user_id = actor.role, actor.user_id
        fresh.save()
        _tell("import.confirmed", fresh, actor, at)
    return fresh


def discard_import(*, couple_import: CoupleImport, actor: Actor, at: datetime) -> CoupleImport:
    """Forgets the rows of an upload that is not confirmed. Conflict if it was."""
    require_clinic(actor, couple_import.clinic_id)
    require_verified(actor, *_ROLES)
    with acting(actor):
        fresh = _open(couple_import)
        _forget(fresh, at)
        _tell("import.discarded", fresh, actor, at)
    return fresh


def forget_unconfirmed(*, at: datetime) -> int:
    """Forgets uploads that nobody has confirmed within seven days; returns how many."""
    actor = Actor.system("task")
    old = CoupleImport.objects.filter(
        confirmed_at=None, discarded_at=None, uploaded_at__lt=at - KEPT_UNCONFIRMED
    )
    with acting(actor):
        found = list(old.select_for_update(no_key=True, skip_locked=True)[:100])
        for couple_import in found:
            _forget(couple_import, at)
            _tell("import.discarded", couple_import, actor, at)
    return len(found)


def work_lines(*, at: datetime, import_id: UUID | None = None, limit: int = 50) -> Worked:
    """Takes up at most `limit` open lines, oldest import first, of one import or of all. Each by itself."""
    open_lines = CoupleImportLine.objects.filter(state__in=OPEN_IMPORTS)
    if import_id is not None:
        open_lines = open_lines.filter(couple_import_id=import_id)
    order = ("couple_import__uploaded_at", "couple_import_id", "number")
    ids = list(open_lines.order_by(*order).values_list("pk", flat=True)[:limit])
    worked = Worked()
    taken = [_work(pk, at, worked) for pk in ids]
    worked.left = len(ids) == limit and any(taken)
    return worked


def _work(line_id: UUID, at: datetime, worked: Worked) -> bool:
    """One line; whether there was anything to do. Never raises for the line's own sake."""
    with transaction.atomic():
        claimed = CoupleImportLine.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
        line = (
            claimed.select_related("couple_import__clinic").filter(pk=line_id, state__in=OPEN_IMPORTS).first()
        )
        if line is None:
            return False  # another worker is at it, or was
        in_earnest = line.state == ImportState.WAITING
        outcome = _twin(line) or _outcome(line, at, in_earnest)
        _end(line, outcome, at, in_earnest)
    if not in_earnest:
        worked.tried += 1
    elif outcome.faults:
        worked.failed += 1
    else:
        worked.imported += 1
    return True


def _outcome(line: CoupleImportLine, at: datetime, in_earnest: bool) -> Outcome:
    couple_import = line.couple_import
    try:
        with transaction.atomic():
            return run_row(
                line.cells,
                clinic=couple_import.clinic,
                reading=reading_of(couple_import),
                actor=_who(couple_import),
                at=at,
                dry_run=not in_earnest,
            )
    except (OperationalError, InterfaceError):
        raise  # the database itself: nothing is known against this line
    except Exception as error:
        # The class alone: an error's text may quote what people wrote.
        _log.error("line %s of an import: %s", line.pk, type(error).__name__)
        return Outcome(faults=(("row", "Something unexpected happened; nothing of this row was imported."),))


def _twin(line: CoupleImportLine) -> Outcome | None:
    """An earlier row of the same file with the same numbers: one of the two is a slip."""
    own = {name: line.cells.get(name) for name in ("code", "recipient_mrn", "partner_mrn", "protocol")}
    if line.state != ImportState.UNCHECKED or not (own["code"] or own["recipient_mrn"]):
        return None
    same = {f"cells__{name}": cell for name, cell in own.items() if cell is not None}
    earlier = CoupleImportLine.objects.filter(
        couple_import=line.couple_import_id, number__lt=line.number, **same
    ).first()
    if earlier is None:
        return None
    column = "code" if own["code"] else "recipient_mrn"
    return Outcome(
        faults=((column, f"Row {earlier.number} is of the same couple. Keep one of the two rows."),)
    )


def _end(line: CoupleImportLine, outcome: Outcome, at: datetime, in_earnest: bool) -> None:
    if outcome.faults:
        line.state = ImportState.FAILED if in_earnest else ImportState.FAULTY
    elif in_earnest:
        line.state, line.couple = ImportState.IMPORTED, outcome.couple
    else:
        line.state = ImportState.KNOWN if outcome.known else ImportState.GOOD
    line.told, line.warnings = list(outcome.told), list(outcome.warnings)
    line.faults = [{"column": column, "text": text} for column, text in outcome.faults]
    if in_earnest:
        line.cells = {}
    line.changed_at = at
    line.save()


def reading_of(couple_import: CoupleImport) -> Reading:
    """How whoever uploaded the file said that it is to be read."""
    style = couple_import.dates[:3]
    dates = next(one for one in DATE_STYLES if one == style)
    return Reading(dates, serials=couple_import.dates != style)


def _who(couple_import: CoupleImport) -> Actor:
    """Who confirmed, or for the trial run uploaded, at work through a task: named in the history, not signed in."""
    confirmed = couple_import.confirmed_at is not None
    role = couple_import.confirmed_by_role if confirmed else couple_import.uploaded_by_role
    return Actor(
        name=couple_import.confirmed_by if confirmed else couple_import.uploaded_by,
        role="doctor" if role == "doctor" else "nurse",
        route="task",
        user_id=couple_import.confirmed_by_user_id if confirmed else couple_import.uploaded_by_user_id,
        clinic_id=couple_import.clinic_id,
    )


def _open(couple_import: CoupleImport) -> CoupleImport:
    fresh = CoupleImport.objects.select_for_update(no_key=True).filter(pk=couple_import.pk).first()
    if fresh is None:
        raise NotFound("There is no such import.", field="import")
    if fresh.confirmed_at is not None or fresh.discarded_at is not None:
        raise _conflict("ended", "This import was confirmed or discarded before.", "Look at it as it is now.")
    return fresh


def _forget(couple_import: CoupleImport, at: datetime) -> None:
    couple_import.discarded_at = at
    couple_import.save(update_fields=["discarded_at"])
    CoupleImportLine.objects.filter(couple_import=couple_import).update(
        state=ImportState.LEFT, cells={}, told=[], warnings=[], changed_at=at
    )


def _conflict(code: str, message: str, remedy: str) -> Conflict:
    return Conflict(message, code=code, field="import", remedy=remedy)


def _tell(kind: str, couple_import: CoupleImport, actor: Actor, at: datetime, **detail: object) -> None:
    record_change(
        clinic_id=couple_import.clinic_id,
        kind=kind,
        subject_type="coupleimport",
        subject_id=couple_import.pk,
        actor=actor,
        at=at,
        detail=detail,
    )
