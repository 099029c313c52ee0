"""What differs between two versions of a protocol, in words that a clinician reads.

    differences(old, new)
    Sensitisation dose, next doses: target 4 weeks -> 3 weeks (S02 (A) -> clinic (setting))

Both documents are walked side by side, field by field. Steps, bands and sources are matched by their names, relations by
what they hang on, so that a line moved up or down is not a line removed and another added. A field that this module has
no word for is called by its own name: nothing that differs is ever left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from protocols.template import OFFSETS, Number, Relation, RoundSize, Step, Template
from protocols.versions.document_words import CITED, DocumentWords, amount, called, cited, cites
from protocols.versions.scheduling import scheduling_hash

__all__ = ["differences", "scheduling_hash"]

_WHOLE = {
    "tests": "Test",
    "milestones": "Milestone",
    "flags": "Flag",
    "sources": "Source",
    "parameters": "Parameter",
}
_LONG = frozenset({"evidence", "note"})


def differences(old: Template, new: Template) -> tuple[str, ...]:
    """One sentence a difference, in the order of the documents; empty for documents that say the same.

    The version's own number is left out. Sources and grades are shown beside the number that they belong to.
    """
    return tuple(_Reader(old, new).lines())


class _Reader:
    """Two templates side by side; each method yields the differences of one kind of value."""

    def __init__(self, old: Template, new: Template) -> None:
        self._old, self._new = old, new
        self._words = DocumentWords(old, new)

    def lines(self) -> Iterator[str]:
        for name in Template.model_fields:
            was, now = getattr(self._old, name), getattr(self._new, name)
            if name == "version" or was == now:
                continue
            if name == "steps":
                yield from self._named("", was, now)
            elif name in _LONG:
                yield f"{called(name).capitalize()}: {_quoted(was)} -> {_quoted(now)}"
            elif isinstance(was, Mapping) and isinstance(now, Mapping):
                yield from self._mapping(f"{_WHOLE.get(name, called(name).capitalize())} ", was, now)
            else:
                yield from self._differ(called(name).capitalize(), was, now)

    def _differ(self, path: str, was: Any, now: Any) -> Iterator[str]:
        """The differences of two values of one field; `path` is what it is called."""
        if was == now:
            return
        if isinstance(was, Number) and isinstance(now, Number):
            yield from self._number(path, was, now)
        elif _is_part(was) and type(was) is type(now):
            yield from self._part(path, was, now)
        elif isinstance(was, Mapping) and isinstance(now, Mapping):
            yield from self._mapping(f"{path} ", was, now)
        elif _is_list(was) and _is_list(now) and any(map(_is_part, (*was, *now))):
            yield from self._list(path, was, now)
        else:
            yield f"{_to(path)} {self._words.said(was)} -> {self._words.said(now)}"

    def _number(self, path: str, was: Number, now: Number) -> Iterator[str]:
        before, after = cited(was), cited(now)
        sources = before if before == after else f"{before} -> {after}"
        if was.at != now.at:
            yield f"{_to(path)} {amount(was)} -> {amount(now)} ({sources})"
        elif before != after:
            yield f"{_to(path)} {amount(now)}, now after {after} instead of {before}"
        if was.note != now.note:
            yield f"{_to(path)} note {_quoted(was.note)} -> {_quoted(now.note)}"

    def _part(self, path: str, was: Any, now: Any) -> Iterator[str]:
        if isinstance(was, Relation):
            yield from self._relation(path, was, now)
            return
        for name in type(was).model_fields:
            before, after = getattr(was, name), getattr(now, name)
            if before == after or name == "name" or (name in CITED and cites(was)):
                continue
            if name == "assays" and len(before) == 1 and before.keys() == after.keys():
                yield from self._differ(path, *before.values(), *after.values())
            elif name in ("cap", "cap_source", "cap_grade"):
                yield from self._cap(path, was, now, name)
            elif name in _LONG:
                yield f"{_to(path)} {called(name)} {_quoted(before)} -> {_quoted(after)}"
            elif name == "relations":
                yield from self._differ(path, before, after)
            else:
                yield from self._differ(self._field(path, was, name), before, after)
        if cites(was) and cited(was) != cited(now):
            yield f"{_to(path)} source {cited(was)} -> {cited(now)}"

    def _cap(self, path: str, was: Any, now: Any, name: str) -> Iterator[str]:
        """The cap with its source in one sentence; told at the first of its fields that differs."""
        fields = ("cap", "cap_source", "cap_grade")
        if name != next(field for field in fields if getattr(was, field) != getattr(now, field)):
            return
        amounts = [self._words.said(part.cap) for part in (was, now)]
        sources = [f"{part.cap_source} ({part.cap_grade})" for part in (was, now)]
        yield f"{_to(path)} at most in all {_arrow(amounts)} ({_arrow(sources)})"

    def _field(self, path: str, part: Any, name: str) -> str:
        if name == "next":
            return f"{path}, next {'doses' if getattr(part, 'kind', '') == 'dose' else 'ones'}"
        return f"{path}, {called(name)}" if isinstance(part, Step) else f"{_to(path)} {called(name)}"

    def _relation(self, path: str, was: Relation, now: Relation) -> Iterator[str]:
        if self._words.hangs(was) != self._words.hangs(now):
            yield f"{_to(path)} counted {self._words.hangs(was)} -> {self._words.hangs(now)}"
        for name in OFFSETS:
            before, after = getattr(was, name), getattr(now, name)
            offset = f"{_to(path)} {called(name)}"
            if before is None and after is not None:
                yield f"{offset} none -> {self._words.said(after)}"
            elif after is None and before is not None:
                yield f"{offset} {self._words.said(before)} -> none"
            else:
                yield from self._differ(offset, before, after)

    def _mapping(self, path: str, was: Mapping[Any, Any], now: Mapping[Any, Any]) -> Iterator[str]:
        for key in dict.fromkeys([*was, *now]):
            here = f"{path}{key}"
            if key not in was:
                yield f"{here}: added, {self._words.said(now[key])}"
            elif key not in now:
                yield f"{here}: removed, was {self._words.said(was[key])}"
            else:
                yield from self._differ(here, was[key], now[key])

    def _list(self, path: str, was: Sequence[Any], now: Sequence[Any]) -> Iterator[str]:
        parts = (*was, *now)
        if all(isinstance(part, Relation) for part in parts):
            yield from self._relations(path, was, now)
        elif all(hasattr(part, "name") for part in parts):
            yield from self._named(f"{path} ", was, now)
        elif len(was) == len(now) and all(type(a) is type(b) for a, b in zip(was, now, strict=True)):
            several = len(was) > 1
            for number, (before, after) in enumerate(zip(was, now, strict=True), 1):
                yield from self._differ(f"{path} {number}" if several else path, before, after)
        else:
            yield from (f"{_to(path)} removed {self._words.said(part)}" for part in was if part not in now)
            yield from (f"{_to(path)} added {self._words.said(part)}" for part in now if part not in was)

    def _relations(self, path: str, was: Sequence[Relation], now: Sequence[Relation]) -> Iterator[str]:
        """Matched by what they hang on; one alone on either side is the same relation even if that changed."""
        if len(was) == len(now) == 1:
            yield from self._differ(path, was[0], now[0])
            return
        before, after = _unique(was, self._words.hangs), _unique(now, self._words.hangs)
        for hangs in dict.fromkeys([*before, *after]):
            if hangs not in before:
                yield f"{_to(path)} also counted {self._words.said(after[hangs])}"
            elif hangs not in after:
                yield f"{_to(path)} no longer counted {self._words.said(before[hangs])}"
            else:
                yield from self._differ(f"{path}, {hangs}", before[hangs], after[hangs])
        if list(before) != list(after) and set(before) == set(after):
            yield f"{_to(path)} counted in another order, {', then '.join(after)}"

    def _named(self, path: str, was: Sequence[Any], now: Sequence[Any]) -> Iterator[str]:
        before, after = _unique(was, lambda part: part.name), _unique(now, lambda part: part.name)
        for name in dict.fromkeys([*before, *after]):
            part = after.get(name) or before[name]
            here = f"{path}{getattr(part, 'title', name)}"
            if name not in before:
                yield f"{here}: added{self._described(part)}"
            elif name not in after:
                yield f"{here}: removed{self._described(part)}"
            else:
                yield from self._differ(here, before[name], after[name])
        if [name for name in before if name in after] != [name for name in after if name in before]:
            yield f"{(path.strip() or 'Steps').capitalize()}: in another order, {', '.join(map(str, after))}"

    def _described(self, part: Any) -> str:
        if not isinstance(part, Step):
            return f", {self._words.said(part)}"
        return "".join(f"; {self._words.said(relation)}" for relation in part.relations)


def _to(path: str) -> str:
    """The path as the beginning of a sentence, with one colon."""
    return path if ":" in path else f"{path}:"


def _is_part(value: Any) -> bool:
    return isinstance(value, BaseModel) and not hasattr(value, "words") and not isinstance(value, RoundSize)


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _unique(parts: Sequence[Any], name: Any) -> dict[str, Any]:
    """The parts by name; a second one of a name counts its number."""
    found: dict[str, Any] = {}
    for part in parts:
        key, number = str(name(part)), 2
        while key in found:
            key, number = f"{name(part)} ({number})", number + 1
        found[key] = part
    return found


def _arrow(two: Sequence[str]) -> str:
    return " -> ".join(dict.fromkeys(two))


def _quoted(text: str) -> str:
    return f'"{text}"' if text else "none"
