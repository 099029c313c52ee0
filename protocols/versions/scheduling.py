"""A cheap hash of the part of a protocol that can change a plan.

What is left out says why, by whom or in which words: titles, nouns, notes, sources with their grades, the evidence
statement, reminders, the protocol's own name and version; and sessions, which are hours of a day and never move one.
Everything else counts, so that equal hashes mean equal plans; different hashes only say that plans have to be compared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from enum import Enum
from typing import Any

from pydantic import BaseModel

from protocols.template import Template

PROSE = frozenset(
    {"title", "titles", "noun", "note", "source", "grade", "cap_source", "cap_grade", "session"}
)
_OF_THE_WHOLE = frozenset({"name", "version", "evidence", "sources", "reminders", "sessions"})


def scheduling_hash(template: Template) -> str:
    """64 hexadecimal digits, the same on every machine and in every run.

    Two templates with one hash give every couple the same days, states, verdicts and flags on every day; only the words
    may differ. `tests/protocols/test_versions.py` holds that for random protocols and histories.
    """
    text = json.dumps(_scheduling(template, PROSE | _OF_THE_WHOLE), separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _scheduling(value: Any, left_out: frozenset[str] = PROSE) -> Any:
    """The value as lists and scalars. Fields are left out by name; names that a clinic gave are kept and so is order."""
    if isinstance(value, BaseModel):
        names = [name for name in type(value).model_fields if name not in left_out]
        return [[name, _scheduling(getattr(value, name))] for name in names]
    if isinstance(value, Mapping):
        return [[str(key), _scheduling(part)] for key, part in value.items()]
    if isinstance(value, list | tuple):
        return [_scheduling(part) for part in value]
    if isinstance(value, Enum):
        return value.value
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
