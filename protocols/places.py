"""Where the numbers of a protocol document stand in its text: the parts of the YAML with their first and last character.

So a number can be exchanged in the text itself, and every comment, quote, anchor and line that is not concerned stays as
its author wrote it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

# Protocols are a few hundred lines; aliases that unfold to more than this, or deeper, are a slip or an attack.
MOST_PARTS = 50_000
DEEPEST = 60
# The parser in C is ten times as fast and marks the same places; it must not meet a text that nests without end.
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")
_EMPTY = {"", "null", "Null", "NULL", "~"}


@dataclass(frozen=True, slots=True)
class Edit:
    """The text from `start` up to `end` is replaced; equal ends insert."""

    start: int
    end: int
    text: str


def composed(text: str) -> yaml.MappingNode | None:
    """The mapping that the document is; None for anything else: no YAML, no mapping, or what `is_endless`."""
    try:
        node = None if _deeper(text) else yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError:
        return None
    return node if isinstance(node, yaml.MappingNode) and _parts(node, {}) <= MOST_PARTS else None


def is_endless(text: str) -> bool:
    """Whether a YAML text nests too deeply, or has aliases that hold themselves or unfold to too much."""
    try:
        return _deeper(text) or _parts(yaml.compose(text, Loader=_LOADER), {}) > MOST_PARTS
    except yaml.YAMLError:
        return False


def _deeper(text: str) -> bool:
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            return True
    return False


def _parts(node: yaml.Node | None, sizes: dict[int, int]) -> int:
    """The parts below a node, aliases unfolded. A node that holds itself counts as too many."""
    if node is None:
        return 0
    if id(node) not in sizes:
        sizes[id(node)] = MOST_PARTS + 1
        sizes[id(node)] = 1 + sum(_parts(inner, sizes) for inner in inside(node))
    return sizes[id(node)]


def inside(node: yaml.Node) -> Iterator[yaml.Node]:
    """The values of a mapping or the items of a list."""
    if isinstance(node, yaml.MappingNode):
        yield from (value for _, value in node.value)
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def entries(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    """Names and values of a mapping, numbers and items of a list; nothing of a scalar."""
    if isinstance(node, yaml.MappingNode):
        yield from ((key.value, value) for key, value in node.value if isinstance(key, yaml.ScalarNode))
    elif isinstance(node, yaml.SequenceNode):
        yield from ((str(index), item) for index, item in enumerate(node.value))


def child(node: yaml.Node | None, *names: str) -> yaml.Node | None:
    """The part below `node` that the names lead to, if there is one."""
    for name in names:
        node = next((value for key, value in entries(node) if key == name), None)
    return node


def scalar(node: yaml.Node | None) -> str:
    """What a scalar says, empty for null, for nothing and for what is no scalar."""
    if not isinstance(node, yaml.ScalarNode):
        return ""
    return "" if not node.style and node.value in _EMPTY else str(node.value)


def parameter_of(node: yaml.Node | None) -> str:
    """The name in ``{parameter: name}``, else empty."""
    found = list(entries(node)) if isinstance(node, yaml.MappingNode) else []
    return scalar(found[0][1]) if len(found) == 1 and found[0][0] == "parameter" else ""


def replaced(text: str, node: yaml.Node, by: str) -> Edit:
    """The value of `node` becomes `by`; an anchor before it stays."""
    start = node.start_mark.index
    written = text[start : node.end_mark.index]
    properties = _PROPERTIES.match(written)
    if not written:
        return Edit(start, start, f" {by}")
    return Edit(start + (properties.end() if properties else 0), node.end_mark.index, by)


def added(text: str, mapping: yaml.MappingNode, name: str, by: str) -> Edit:
    """A further field at the end of a mapping of scalars, in the mapping's own style."""
    last = mapping.value[-1][1].end_mark.index
    if mapping.flow_style:
        return Edit(last, last, f", {name}: {by}")
    end = text.find("\n", last)
    indent = " " * mapping.value[-1][0].start_mark.column
    place = len(text) if end < 0 else end
    return Edit(place, place, f"\n{indent}{name}: {by}")


def removed(text: str, mapping: yaml.MappingNode, name: str) -> Edit:
    """The field goes, with its comma or its line. It is not the first of the mapping."""
    place = next(index for index, (key, _) in enumerate(mapping.value) if key.value == name)
    key, value = mapping.value[place]
    if mapping.flow_style:
        return Edit(mapping.value[place - 1][1].end_mark.index, value.end_mark.index, "")
    end = text.find("\n", value.end_mark.index)
    begin = text.rfind("\n", 0, key.start_mark.index)
    return Edit(begin, len(text) if end < 0 else end, "")


def line_start(text: str, node: yaml.Node) -> int:
    return text.rfind("\n", 0, node.start_mark.index) + 1


def quoted(said: str) -> str:
    """A text as YAML reads it back, whatever it holds."""
    return json.dumps(said, ensure_ascii=False)


def applied(text: str, edits: list[Edit]) -> str:
    """The text after all edits. They are given in the order in which they shall stand and do not overlap."""
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text
