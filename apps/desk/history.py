"""A treatment's history in words: what was recorded, by whom, and whether it still stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.template.defaultfilters import filesizeformat
from django.urls import reverse

from apps.desk import words
from apps.desk.forms.dose import content_words
from apps.desk.rows import code_of
from apps.treatments.files import may_read
from apps.treatments.models import Attachment, Record
from apps.treatments.queries import in_force
from protocols import Template


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file of a record: what it is called, what kind and how large, and where it is fetched."""

    name: str
    about: str
    url: str
    withdraw_url: str = ""


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One record of the history: what, when, by whom, whether it still stands, and the files beside it."""

    kind: str
    on: date | None
    text: str
    by: str
    recorded: str
    corrected: bool
    correct_url: str
    files: tuple[FileRow, ...] = ()
    attach_url: str = ""
    move_url: str = ""


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_HIDDEN = frozenset({"kind", "on", "flag", "cause", "of", "replacement", "given", "elsewhere", "evidence"})


def file_rows(files: Iterable[Attachment], role: str) -> dict[UUID, tuple[FileRow, ...]]:
    """The files that the role may see, by the id of their record."""
    found: dict[UUID, tuple[FileRow, ...]] = {}
    for row in files:
        if may_read(row.record.kind, role):
            one = FileRow(
                name=row.name,
                about=f"{row.get_content_type_display()}, {filesizeformat(row.size)}",
                url=reverse("admin:file_fetch", args=[row.pk]),
                withdraw_url=reverse("admin:file_withdraw", args=[row.pk])
                if role in ("nurse", "doctor")
                else "",
            )
            found[row.record_id] = (*found.get(row.record_id, ()), one)
    return found


def may_attach(kind: str, role: str) -> bool:
    """Whether the role attaches files to records of that kind; see `apps.treatments.files`."""
    return role in ("nurse", "doctor") or (role == "lab" and may_read(kind, role))


def record_rows(
    records: Iterable[Record],
    template: Template,
    zone: str,
    *,
    may_correct: bool,
    role: str = "",
    files: Mapping[UUID, tuple[FileRow, ...]] | None = None,
) -> list[RecordRow]:
    """Newest first. A record that is out of force is marked and cannot be corrected again. `role` says what may be
    attached and moved, `files` are those of `file_rows`.
    """
    kept = files or {}
    rows = list(records)
    standing = in_force(rows)
    titles = titles_of(template)
    return [
        RecordRow(
            kind=words.KINDS.get(row.kind, row.kind),
            on=row.on,
            text=said(row.kind, row.data, titles),
            by=f"{row.by_name} ({row.by_role})",
            recorded=f"{moment.day} {moment:%b %Y}",
            corrected=row.pk not in standing,
            correct_url=reverse("admin:record_correct", args=[row.pk])
            if may_correct and row.pk in standing and row.kind not in ("decision", "correction")
            else "",
            files=kept.get(row.pk, ()),
            attach_url=reverse("admin:record_attach", args=[row.pk]) if may_attach(row.kind, role) else "",
            move_url=reverse("admin:record_move", args=[row.pk])
            if role in ("nurse", "doctor")
            and row.pk in standing
            and row.kind not in ("decision", "correction")
            else "",
        )
        for row in reversed(rows)
        for moment in (row.recorded_at.astimezone(ZoneInfo(zone)),)
    ]


def titles_of(template: Template) -> dict[str, str]:
    """What the protocol calls its steps, tests and milestones."""
    named = {step.name: step.title for step in template.steps}
    named |= {name: test.title for name, test in template.tests.items()}
    return named | {name: kind.title for name, kind in template.milestones.items()}


def said(kind: str, data: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """The body of a record as words."""
    if kind == "decision":
        code = code_of(data["flag"])
        return f"{words.flag_words(code)}: {words.choice_words(data['choice'], code)}. {data['reason']}"
    if kind == "correction":
        new = data.get("replacement")
        return f"{data['reason']}" + (f"; now {said(new['kind'], new, titles)}" if new else "; taken out")
    if kind == "result":
        value = (
            "not interpretable"
            if data.get("value") is None
            else f"{data['value']:g} {data.get('unit') or ''}"
        )
        said_of_it = (
            f"{titles.get(data['test'], data['test'])}: {value.strip()}, sampled {_value(data['sampled_on'])}"
        )
        return "; ".join([said_of_it, *_of_laboratory(data)])
    if kind == "screening":
        return (
            f"{words.TEST_WORDS.get(data['test'], data['test'])} of the {data['person']}: {data['outcome']}"
        )
    if kind == "consent":
        return f"{words.words(data['person'])}: " + ("given" if data.get("given", True) else "withdrawn")
    if kind == "milestone":
        return f"{titles.get(data['name'], data['name'])}: {data.get('certainty', 'happened')}"
    parts = [
        f"{words.words(name)}: {_value(value)}"
        for name, value in data.items()
        if name not in _HIDDEN and value
    ]
    if data.get("given"):
        parts.append(content_words(data["given"]))
    parts += [words.EVIDENCE[data[name]] for name in ("elsewhere", "evidence") if data.get(name)]
    if "step" in data:
        of_step = f"{titles.get(data['step'], data['step'])} #{data.get('occurrence', 1)}"
        rest = [part for part in parts if not part.startswith(("Step:", "Occurrence:"))]
        return "; ".join([of_step, *rest])
    return "; ".join(parts)


def _of_laboratory(data: Mapping[str, Any]) -> Iterator[str]:
    """What else was said of a result, as far as it was."""
    for name, label in (("assay", "by"), ("laboratory", "at"), ("cutoff_version", "cut-offs")):
        if data.get(name):
            yield f"{label} {data[name]}"
    if data.get("donor"):
        yield f"tested against {words.words(data['donor']).lower()}"
    if data.get("elsewhere"):
        yield words.EVIDENCE[data["elsewhere"]]


def _value(value: object) -> str:
    if isinstance(value, str) and _DAY.fullmatch(value):
        on = date.fromisoformat(value)
        return f"{on.day} {on:%b %Y}"
    return "yes" if value is True else str(value)
