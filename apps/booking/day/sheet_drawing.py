"""The day sheet on paper: who comes when, where, what is due at arrival, and empty boxes for the true times.

Pure: values in, the bytes of a PDF out. It holds no phone number and no address, so that it may lie in every room.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, KeepTogether, PageTemplate, Paragraph, Spacer
from reportlab.platypus import Table as Grid

from apps.booking.day.sheet_names import LATIN, is_plain, picture, register

_MARGIN = 14 * mm
_INNER = A4[0] - 2 * _MARGIN
_COLUMNS = (24 * mm, 46 * mm, 42 * mm, 20 * mm, 20 * mm, _INNER - 152 * mm)
_HEADS = ("Planned", "What", "Where", "Began", "Ended", "By")
_BODY = ParagraphStyle("body", fontName=LATIN, fontSize=9, leading=12)
_STRONG = ParagraphStyle("strong", parent=_BODY, fontSize=11, leading=14)
_TITLE = ParagraphStyle("title", parent=_BODY, fontSize=15, leading=19)
_SMALL = ParagraphStyle("small", parent=_BODY, fontSize=8, leading=10, textColor=colors.HexColor("#444444"))
_BOX = colors.HexColor("#555555")


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One link of the chain: planned span in wall time, what, and where ("Chair 1, Nurse 2")."""

    planned: str
    what: str
    where: str


@dataclass(frozen=True, slots=True)
class SheetSession:
    """One visit: its span, the couple's code, two names with ages, what it is, its standing, what is due at arrival."""

    span: str
    code: str
    people: tuple[tuple[str, str], ...]
    what: str
    standing: str
    due: tuple[str, ...]
    lines: tuple[SheetLine, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One day of one clinic in words. `made` says when it was made, by the clinic's clock."""

    clinic: str
    day: str
    zone: str
    sessions: tuple[SheetSession, ...]


def draw(sheet: Sheet, made: str) -> bytes:
    """The PDF, A4, with the day, the page and the moment of making on every page."""
    register()
    story: list[Flowable] = [
        Paragraph(f"{escape(sheet.day)} · {escape(sheet.clinic)}", _TITLE),
        Spacer(1, 2 * mm),
    ]
    count = len(sheet.sessions)
    story.append(
        Paragraph(
            f"{count} visit{'' if count == 1 else 's'}. Times by the clinic's clock ({sheet.zone}).", _SMALL
        )
    )
    for session in sheet.sessions:
        story += [Spacer(1, 4 * mm), KeepTogether(_session(session))]
    return _build(story, sheet, made)


def _session(session: SheetSession) -> list[Flowable]:
    head = f"{session.span}   {session.code}   {session.what}"
    if session.standing:
        head += f"   ({session.standing})"
    parts: list[Flowable] = [Paragraph(escape(head), _STRONG)]
    parts += [_person(name, age, session.code) for name, age in session.people]
    if session.due:
        parts.append(Paragraph(f"Due at arrival: {escape(', '.join(session.due))}", _BODY))
    parts += [Spacer(1, 1.5 * mm), _grid(session.lines)]
    return parts


def _person(name: str, age: str, code: str) -> Flowable:
    """A name and an age. A name that cannot be set right is not set: its place says where it is read."""
    years = f", {age}" if age else ""
    if is_plain(name):
        return Paragraph(escape(f"{name}{years}"), _BODY)
    shaped = picture(name, _BODY.fontSize)
    if shaped is None:
        return Paragraph(escape(f"(name: see {code} in the product){years}"), _BODY)
    row = Grid(
        [[shaped, Paragraph(escape(years.removeprefix(", ")), _BODY)]], [shaped.drawWidth + 8, 20 * mm]
    )
    row.setStyle([("LEFTPADDING", (0, 0), (-1, -1), 0), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")])
    row.setStyle([("TOPPADDING", (0, 0), (-1, -1), 0), ("BOTTOMPADDING", (0, 0), (-1, -1), 1)])
    row.hAlign = "LEFT"
    return row


def _grid(lines: Sequence[SheetLine]) -> Flowable:
    """The chain with three empty boxes a link: for the true times and who says so."""
    rows = [[Paragraph(head, _SMALL) for head in _HEADS]]
    for line in lines:
        cells = (line.planned, line.what, line.where, "", "", "")
        rows.append([Paragraph(escape(cell), _BODY) for cell in cells])
    grid = Grid(rows, _COLUMNS, rowHeights=[5 * mm, *(None for _ in lines)], repeatRows=1)
    grid.setStyle(
        [
            ("GRID", (3, 1), (-1, -1), 0.8, _BOX),
            ("LINEBELOW", (0, 0), (2, -1), 0.3, _BOX),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("LEFTPADDING", (0, 0), (2, -1), 0),
            ("TOPPADDING", (0, 1), (-1, -1), 4),
            ("BOTTOMPADDING", (0, 1), (-1, -1), 4),
        ]
    )
    return grid


def _build(story: list[Flowable], sheet: Sheet, made: str) -> bytes:
    data = BytesIO()
    foot = f"{sheet.day} · made {made} · holds names: keep it in the clinic, shred it after use"

    def frame(canvas: Canvas, document: BaseDocTemplate) -> None:
        canvas.setFont(LATIN, 8)
        canvas.drawString(_MARGIN, 9 * mm, foot)
        canvas.drawRightString(A4[0] - _MARGIN, 9 * mm, f"page {document.page}")

    document = BaseDocTemplate(
        data,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=16 * mm,
        title=f"Day sheet {sheet.day}",
        author=sheet.clinic,
        lang="en",
        invariant=1,
    )
    inner = Frame(_MARGIN, 16 * mm, _INNER, A4[1] - _MARGIN - 16 * mm, 0, 0, 0, 0)
    document.addPageTemplates([PageTemplate("day", [inner], onPage=frame)])
    document.build(story)
    return data.getvalue()
