"""What a number of a protocol is called: the words in which a doctor finds it again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import yaml

from protocols.places import child, entries, scalar

_OFFSETS = {
    "absolute_minimum": "never sooner than",
    "earliest": "good from",
    "target": "target",
    "latest": "good until",
    "maximum": "never later than",
}
_CONTENT = {
    "cells_million": "least cells, in million",
    "viability_percent": "least viability, in percent",
    "volume_ml": "least volume, in ml",
    "hours_to_injection": "most hours from draw to injection",
}


@dataclass(frozen=True, slots=True)
class Words:
    """Where a number belongs (`group`: a step or a test), what it bounds (`block`) and which bound it is (`name`).

    `shared_with` are the other groups that read the same number, `used_in` those that use a parameter.
    """

    group: str
    block: str
    name: str
    shared_with: tuple[str, ...] = ()
    used_in: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        if self.used_in:
            return self.name
        shared = f" (the same in {' and '.join(self.shared_with)})" if self.shared_with else ""
        return f"{', '.join(filter(None, (self.group, self.block)))}: {self.name}{shared}"


def words_of(root: yaml.MappingNode, path: Sequence[str], also_at: Iterable[Sequence[str]] = ()) -> Words:
    """The words for the number at `path`; `also_at` are the further places that read the same number."""
    group, block, name = _words(root, path)
    others = dict.fromkeys(_place(root, place) for place in also_at)
    others.pop(group, None)
    if path[0] == "parameters":
        return Words(group, block, name, used_in=tuple(others))
    return Words(group, block, name, shared_with=tuple(others))


def in_steps(root: yaml.MappingNode, path: Sequence[str]) -> yaml.Node | None:
    """The step that a path leads into."""
    return child(root, "steps", path[1]) if path[0] == "steps" and len(path) > 1 else None


def _place(root: yaml.MappingNode, path: Sequence[str]) -> str:
    group, block, name = _words(root, path)
    return group if path[0] == "steps" else f"{group}, {block or name}"


def _words(root: yaml.MappingNode, path: Sequence[str]) -> tuple[str, str, str]:
    match path[0]:
        case "parameters":
            title = scalar(child(root, *path, "title"))
            return "Left to the clinic", "", title or path[1].replace("_", " ").replace("-", " ")
        case "steps":
            return _step_words(root, path)
        case "tests":
            return _test_words(root, path)
        case "flags":
            return "Flags", path[1].replace("_", " ").capitalize(), "decide within"
        case "reminders":
            return "Reminders", f"Message {int(path[1]) + 1}", "sent before the visit"
    return "Bookings", "", "say that a window closes unbooked, so long before"


def _test_words(root: yaml.MappingNode, path: Sequence[str]) -> tuple[str, str, str]:
    title = scalar(child(root, "tests", path[1], "title")) or path[1]
    match path[2]:
        case "result_due":
            return title, "", "the result is due, after the sample"
        case "valid_for":
            starts = scalar(child(root, "tests", path[1], "valid_for", "starts")) or "sampled_on"
            begins = {"resulted_on": "the result", "last_dose": "the last dose"}.get(starts, "the sample")
            return title, "", f"a response counts for, from {begins}"
    band = scalar(child(root, *path[:-1], "name")) or f"band {path[-2]}"
    reading = (
        child(root, "tests", path[1], "assays", path[3])
        if path[2] == "assays"
        else child(root, "tests", path[1])
    )
    unit = scalar(child(reading, "unit"))
    assay = f"{path[3]}, " if path[2] == "assays" else ""
    return title, f"{assay}reading of a value", f"{band}, from{f' ({unit})' if unit else ''}"


def _step_words(root: yaml.MappingNode, path: Sequence[str]) -> tuple[str, str, str]:
    step = in_steps(root, path)
    title = scalar(child(step, "title")) or scalar(child(step, "name")) or f"step {int(path[1]) + 1}"
    match path[2]:
        case "relations" | "next" | "later_round" | "gaps" | "repeat" if path[-1] in _OFFSETS:
            block = ", ".join(
                filter(None, (_which(step, path), _anchor(root, step, child(root, *path[:-1]))))
            )
            return title, block[:1].upper() + block[1:], _OFFSETS[path[-1]]
        case "rounds" if path[3] == "sizes":
            return title, "", f"doses in round {int(path[4]) + 1}"
        case "rounds":
            return title, "", "most doses in all"
        case "repeat":
            return title, "", "most visits in all"
        case "count":
            return title, "", "how many visits"
        case "content":
            return title, "What a dose must hold", _CONTENT[path[3]]
    return title, f"Before the {_noun(step)}", f"{_needed(child(root, *path[:-1]))}, not older than"


def _needed(requirement: yaml.Node | None) -> str:
    tests = [scalar(item) for _, item in entries(child(requirement, "screening"))]
    whose = scalar(child(requirement, "of")) or "donor"
    plain = ", ".join(test.upper() if len(test) <= 3 else test.replace("-", " ") for test in tests)
    return f"{plain} of the {whose}"


def _noun(step: yaml.Node | None) -> str:
    return scalar(child(step, "noun")) or "visit"


def _which(step: yaml.Node | None, path: Sequence[str]) -> str:
    """Which of the step's visits a relation times."""
    dose = scalar(child(step, "kind")) == "dose"
    repeats = child(step, "next") is not None
    match path[2]:
        case "relations":
            return "" if not repeats else "dose 1" if dose else "the first"
        case "next":
            return "dose 2 and later" if dose else "a further one"
        case "later_round":
            return "the first dose of a later round"
        case "gaps":
            return f"dose {path[3]}"
    return "again until"


def _anchor(root: yaml.MappingNode, step: yaml.Node | None, relation: yaml.Node | None) -> str:
    for side in ("after", "before"):
        anchor = child(relation, side)
        if child(anchor, "previous") is not None:
            return f"{side} the {'dose' if scalar(child(step, 'kind')) == 'dose' else 'one'} before"
        if anchor is not None:
            return f"{side} {_event(root, anchor)}"
    return ""


def _event(root: yaml.MappingNode, anchor: yaml.Node) -> str:
    which, named = next(
        ((name, node) for name, node in entries(anchor) if name not in ("occurrence", "rise")), ("", anchor)
    )
    match which:
        case "milestone":
            return f"the {_low(scalar(child(root, 'milestones', scalar(named), 'title')) or scalar(named))}"
        case "step":
            names = [scalar(item) for _, item in entries(named)] or [scalar(named)]
            titles = " or ".join(_title(root, name) for name in names)
            return (
                f"the last {titles} of the round"
                if scalar(child(anchor, "occurrence")) == "round"
                else f"the {titles}"
            )
        case "gestation":
            return "the start of the pregnancy, as it is dated"
        case "cycle_day":
            return f"day {scalar(named)} of the cycle"
        case "result":
            title = _low(scalar(child(root, "tests", scalar(named), "title")) or scalar(named))
            rise = scalar(child(anchor, "rise"))
            return f"rising value {rise} of {title}" if rise else f"the result of {title}"
        case "decision":
            return "the decision that asked for it"
    return "the event"


def _title(root: yaml.MappingNode, name: str) -> str:
    for _, step in entries(child(root, "steps")):
        if scalar(child(step, "name")) == name:
            return _low(scalar(child(step, "title")) or name)
    return name


def _low(title: str) -> str:
    """A title inside a sentence; what begins with two capitals, such as HIV, keeps them."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]
