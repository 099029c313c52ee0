"""Reads protocol documents and records from YAML or JSON, with the line of every fault.

YAML here is the plain subset: ``true`` and ``false`` are the only booleans (``on`` is a field name of ours), ``10:00`` is
a text, and a key may stand only once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import resources
from typing import Any

import yaml
from pydantic import ValidationError

from protocols.checks import blanks, check
from protocols.errors import BlankFaults, FactFaults, Fault, TemplateFaults
from protocols.places import is_endless
from protocols.reading import read_record
from protocols.records import Note, Record
from protocols.template import Template

Path = tuple[str | int, ...]
Lines = dict[Path, int]


class _PlainLoader(yaml.CSafeLoader):
    """SafeLoader without YAML 1.1's surprises."""


_PlainLoader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in patterns
        if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:int")
    ]
    for first, patterns in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_PlainLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_PlainLoader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789")
)


def read_yaml(text: str) -> tuple[Any, Lines]:
    """The data of a YAML text and the line of every part. Raises TemplateFaults where the text is no YAML."""
    if is_endless(text):
        remedy = "Write the parts out, or nest them less deeply"
        raise TemplateFaults([Fault("document", "nests without end, or unfolds to too much", remedy, 1)])
    loader = _PlainLoader(text)
    try:
        node = loader.get_single_node()
        lines: Lines = {}
        return _build(loader, node, (), lines) if node else None, lines
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        # What ends too soon is told at its last line, not at the empty one behind it.
        line = min(mark.line, text.rstrip().count("\n")) + 1 if mark else None
        raise TemplateFaults(
            [Fault("document", f"not readable: {problem}", "Mend the YAML at this line", line)]
        ) from None
    finally:
        loader.dispose()


def _build(loader: _PlainLoader, node: yaml.Node, path: Path, lines: Lines) -> Any:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        built: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = loader.construct_object(key_node, deep=True)
            if type(key) is int:
                key = str(key)  # dose numbers under `gaps`
            if not isinstance(key, str):
                raise yaml.MarkedYAMLError(problem=f"{key!r} is no name", problem_mark=key_node.start_mark)
            if key in built:
                raise yaml.MarkedYAMLError(problem=f"'{key}' stands twice", problem_mark=key_node.start_mark)
            built[key] = _build(loader, value_node, (*path, key), lines)
            lines[(*path, key)] = key_node.start_mark.line + 1
        return built
    if isinstance(node, yaml.SequenceNode):
        return [_build(loader, item, (*path, index), lines) for index, item in enumerate(node.value)]
    try:
        return loader.construct_object(node)
    except ValueError:
        # What looks like a date and is none, such as 2026-02-30: whoever wants a date there says so, with its field.
        return node.value


def load(text: str, values: Mapping[str, Any] | None = None) -> Template:
    """A protocol from its document, `values` filling its parameters by name.

    Raises TemplateFaults with every fault at once.
    """
    data, lines = _document(text, values or {})
    try:
        template = Template.model_validate(data)
    except ValidationError as error:
        raise TemplateFaults([_fault(detail, lines) for detail in _own(error.errors())]) from None
    faults = [replace(fault, line=_line(fault.field.split("."), lines)) for fault in check(template)]
    if faults:
        raise TemplateFaults(faults)
    return template


def _parameters(declared: Any, lines: Lines) -> dict[str, Any]:
    """The named numbers of a document, None where a clinician has yet to say one."""
    if isinstance(declared, dict) and all(isinstance(value, dict) for value in declared.values()):
        return {name: value.get("value") for name, value in declared.items()}
    fault = Fault(
        "parameters", "are no mapping of names", "Write name: {value: ...}", lines.get(("parameters",))
    )
    raise TemplateFaults([fault])


def _document(text: str, values: Mapping[str, Any]) -> tuple[Any, Lines]:
    """The data of a document with its parameters filled, and the line of every part."""
    data, lines = read_yaml(text)
    if not isinstance(data, dict):
        raise TemplateFaults(
            [Fault("document", "is no mapping of fields", "Begin with name, version, title", 1)]
        )
    declared = _parameters(data.pop("parameters", None) or {}, lines)
    unknown = sorted(set(values) - set(declared))
    if unknown:
        known = f"Use one of: {', '.join(declared) or 'none is declared'}"
        raise TemplateFaults([Fault(f"parameters.{name}", "is no parameter here", known) for name in unknown])
    return _fill(data, {**declared, **values}), lines


def _own(details: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The faults without the echoes of those inside them: a list is not too short because one of its items is wrong."""
    inner = [tuple(detail["loc"]) for detail in details]
    return [
        detail
        for detail in details
        if detail["type"] != "too_short"
        or not any(where[: len(detail["loc"])] == detail["loc"] and where != detail["loc"] for where in inner)
    ]


def load_to_plan(text: str, values: Mapping[str, Any] | None = None) -> Template:
    """A protocol that can be planned with: `load`, and no blank left. Raises BlankFaults otherwise."""
    template = load(text, values)
    faults = open_questions(text, template)
    if faults:
        raise BlankFaults(faults)
    return template


def open_questions(text: str, template: Template) -> list[Fault]:
    """What a clinician has yet to say of a document: each parameter once, with its question, and each empty value."""
    empty = blanks(template)
    if not empty:
        return []
    data, lines = read_yaml(text)
    declared = data.get("parameters") or {}
    asked = dict(_parameters_used(data, ()))
    found: dict[str, Fault] = {}
    for field in empty:
        name = next((asked[path] for path in asked if f"{field}.".startswith(f"{'.'.join(path)}.")), None)
        name = name or next((asked[path] for path in asked if ".".join(path).startswith(f"{field}.")), None)
        where = f"parameters.{name}" if name else field
        title = declared.get(name, {}).get("title") if name else None
        message = f"is not known: {title}" if title else "is not known"
        remedy = "A clinician fills this number before the protocol is used"
        found.setdefault(where, Fault(where, message, remedy, _line(where.split("."), lines)))
    return list(found.values())


def _parameters_used(data: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Where a document names its parameters, and which."""
    if isinstance(data, dict):
        if set(data) == {"parameter"}:
            yield path, str(data["parameter"])
            return
        for key, value in data.items():
            yield from _parameters_used(value, (*path, key))
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from _parameters_used(value, (*path, str(number)))


def _fill(data: Any, values: dict[str, Any]) -> Any:
    """The document with each ``{parameter: name}`` replaced by the value that a clinician gave, None while blank."""
    if isinstance(data, dict):
        if set(data) == {"parameter"} and data["parameter"] in values:
            return values[data["parameter"]]
        return {key: _fill(value, values) for key, value in data.items()}
    if isinstance(data, list):
        return [_fill(item, values) for item in data]
    return data


def _fault(detail: Any, lines: Lines) -> Fault:
    path = _path(detail["loc"], lines)
    field = ".".join(str(part) for part in path)
    message = detail["msg"].removeprefix("Value error, ")
    last = str(detail["loc"][-1]) if detail["loc"] else ""
    if detail["type"] == "missing":
        return Fault(f"{field}.{last}".strip("."), "is missing", f"Add {last}", lines.get(path))
    if detail["type"] == "extra_forbidden":
        return Fault(field, "is no field here", f"Remove {last} or correct its name", lines.get(path))
    return Fault(field, message[:1].lower() + message[1:], "Correct the value", lines.get(path))


def _path(location: Iterable[Any], lines: Lines) -> Path:
    """The part of a pydantic location that stands in the document (pydantic adds names of union members)."""
    path: Path = ()
    for part in location:
        if (*path, part) in lines:
            path = (*path, part)
    return path


def _line(parts: Sequence[str], lines: Lines) -> int | None:
    return lines.get(_path([int(part) if part.isdigit() else part for part in parts], lines))


def library_names() -> tuple[str, ...]:
    """The protocols that ship, by name."""
    files = resources.files("protocols").joinpath("library").iterdir()
    return tuple(sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml")))


def library_text(name: str) -> str:
    """The document of a protocol that ships. Raises TemplateFaults for a name that is not in the library."""
    if name not in library_names():
        known = ", ".join(library_names())
        raise TemplateFaults(
            [Fault("protocol", f"there is no '{name}' in the library", f"Use one of: {known}, or a path")]
        )
    return resources.files("protocols").joinpath("library", f"{name}.yaml").read_text(encoding="utf-8")


def catalogue_text() -> str:
    """The document of the laboratory tests that ship."""
    return resources.files("protocols").joinpath("laboratory_tests.yaml").read_text(encoding="utf-8")


def load_library(name: str) -> Template:
    """A protocol that ships, ready to plan with."""
    return load_to_plan(library_text(name))


def read_records(text: str) -> tuple[list[Record], list[int]]:
    """Records from a YAML list and the line of each. Raises FactFaults with every fault of every record at once."""
    records, lines, faults = sift_records(text)
    if faults:
        raise FactFaults(faults)
    return records, lines


def sift_records(text: str) -> tuple[list[Record], list[int], list[Fault]]:
    """Records, the line of each, and the faults of those that cannot be read; an empty note stands in their place.

    So the readable ones can be checked too and every fault be told at once. Raises FactFaults where nothing is.
    """
    try:
        data, lines = read_yaml(text)
    except TemplateFaults as error:
        raise FactFaults(error.faults) from None
    if data is not None and not isinstance(data, list):
        raise FactFaults([Fault("records", "are no list", "Begin each record with '- kind: ...'", 1)])
    records: list[Record] = []
    faults: list[Fault] = []
    for number, item in enumerate(data or ()):
        try:
            if not isinstance(item, dict):
                raise FactFaults([Fault("record", "is no mapping of fields", "Begin it with '- kind: ...'")])
            records.append(read_record(item, number))
        except FactFaults as error:
            records.append(Note(kind="note", text=""))
            for fault in error.faults:
                line = lines.get((number, fault.field.split(".")[0]), lines[(number,)])
                faults.append(replace(fault, line=line, record=number))
    return records, [lines[(number,)] for number in range(len(records))], faults


def load_published(text: str) -> Template:
    """A document that was signed as it stands. Its shape is read; what a later release would refuse is not asked again.

    Else a couple could be left without a plan by a check that did not exist when the doctor signed.
    """
    return Template.model_validate(_document(text, {})[0])
