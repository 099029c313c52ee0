"""Where the numbers of a protocol document stand: the one walk over its steps, tests, flags and reminders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import yaml

from protocols.durations import Duration, parse
from protocols.errors import DurationFault
from protocols.places import child, entries, parameter_of, scalar
from protocols.template import OFFSETS

Kind = Literal["duration", "whole", "decimal"]
Path = tuple[str, ...]
# Fields of a number that say what stands behind it, by the field that holds the number.
_TAGS = {"cap": ("cap_source", "cap_grade")}
_WHOLE, _DECIMAL = re.compile(r"[0-9]{1,6}"), re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,6})?")
_CONTENT = ("cells_million", "viability_percent", "volume_ml", "hours_to_injection")


@dataclass(slots=True)
class Spot:
    """A number with the parts of the text that hold it and what stands behind it."""

    path: Path
    kind: Kind
    value: yaml.Node
    holder: yaml.MappingNode | None = None
    key: str = ""
    users: list[Spot] = field(default_factory=list)
    also_at: list[Path] = field(default_factory=list)

    @property
    def tags(self) -> tuple[str, str]:
        """The names of its source and its grade, where the holder has them."""
        return _TAGS.get(self.key, ("source", "grade"))

    @property
    def takes_note(self) -> bool:
        return self.key in ("at", "from", "value")

    @property
    def name(self) -> str:
        """The path inside its step or test."""
        return ".".join(self.path[2:] if self.path[0] in ("steps", "tests") else self.path)

    def tag(self, name: str) -> str:
        return scalar(child(self.holder, name)) if self.holder is not None else ""


def read(kind: Kind, value: str) -> Duration | float | None:
    """The value of its kind, None if it is none: a duration such as ``P4W``, a whole number from 1, a number."""
    try:
        if kind == "duration":
            return parse(value)
    except DurationFault:
        return None
    shape = _WHOLE if kind == "whole" else _DECIMAL
    return float(value) if shape.fullmatch(value) else None


def is_number(spot: Spot) -> bool:
    """Whether what stands there can be read as its kind, or is blank."""
    value = scalar(spot.value)
    return not value or read(spot.kind, value) is not None


def spots(root: yaml.MappingNode) -> list[Spot]:
    """Every number once: a shared one with all the places that read it, a parameter with all that use it."""
    found: dict[int, Spot] = {}
    parameters = {name: _parameter(name, node) for name, node in entries(child(root, "parameters"))}
    for spot in _walk(root):
        named = parameters.get(parameter_of(spot.value))
        if named is not None:
            named.kind = spot.kind
            named.users.append(spot)
            continue
        first = found.setdefault(id(spot.value), spot)
        if first is not spot:
            first.also_at.append(spot.path)
    return [*(spot for spot in parameters.values() if spot is not None and spot.users), *found.values()]


def _parameter(name: str, node: yaml.Node) -> Spot | None:
    value = child(node, "value")
    if not isinstance(node, yaml.MappingNode) or value is None:
        return None
    return Spot(("parameters", name), "duration", value, node, "value")


def _walk(root: yaml.MappingNode) -> Iterator[Spot]:
    for index, step in entries(child(root, "steps")):
        yield from _step(("steps", index), step)
    for name, test in entries(child(root, "tests")):
        yield from _test(("tests", name), test)
    for code, settings in entries(child(root, "flags")):
        yield from _plain(("flags", code), settings, "deadline", "duration")
    for index, reminder in entries(child(root, "reminders")):
        yield from _plain(("reminders", index), reminder, "before", "duration")
    yield from _plain((), root, "notice", "duration")


def _step(here: Path, step: yaml.Node) -> Iterator[Spot]:
    for group in ("relations", "next", "later_round"):
        for index, relation in entries(child(step, group)):
            yield from _offsets((*here, group, index), relation)
    for dose, relations in entries(child(step, "gaps")):
        for index, relation in entries(relations):
            yield from _offsets((*here, "gaps", dose, index), relation)
    for index, size in entries(child(step, "rounds", "sizes")):
        where = (*here, "rounds", "sizes", index)
        doses = child(size, "doses")
        yield Spot(where if doses is None else (*where, "doses"), "whole", size if doses is None else doses)
    yield from _plain((*here, "rounds"), child(step, "rounds"), "cap", "whole")
    yield from _plain((*here, "repeat"), child(step, "repeat"), "cap", "whole")
    yield from _offsets((*here, "repeat", "until"), child(step, "repeat", "until"))
    yield from _plain(here, step, "count", "whole")
    for index, need in entries(child(step, "requires")):
        yield from _number((*here, "requires", index, "not_older_than"), child(need, "not_older_than"))
    for name in _CONTENT:
        yield from _plain((*here, "content"), child(step, "content"), name, "decimal")


def _test(here: Path, test: yaml.Node) -> Iterator[Spot]:
    yield from _number((*here, "result_due"), child(test, "result_due"))
    yield from _number((*here, "valid_for", "number"), child(test, "valid_for", "number"))
    readings = [
        (here, test),
        *(((*here, "assays", name), part) for name, part in entries(child(test, "assays"))),
    ]
    for where, reading in readings:
        for index, band in entries(child(reading, "bands")):
            yield from _plain((*where, "bands", index), band, "from", "decimal")


def _offsets(here: Path, relation: yaml.Node | None) -> Iterator[Spot]:
    for name in OFFSETS:
        yield from _number((*here, name), child(relation, name))


def _number(here: Path, node: yaml.Node | None) -> Iterator[Spot]:
    value = child(node, "at")
    if isinstance(node, yaml.MappingNode) and value is not None:
        yield Spot(here, "duration", value, node, "at")


def _plain(here: Path, holder: yaml.Node | None, name: str, kind: Kind) -> Iterator[Spot]:
    value = child(holder, name)
    if isinstance(holder, yaml.MappingNode) and value is not None:
        yield Spot((*here, name), kind, value, holder, name)
