"""In which order a protocol is told: its phases as bands, in them steps, gates and milestones along one line."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.drawing.gates import Gate, gate_of
from protocols.template import Phase, Step, Template

PHASES: tuple[tuple[Phase, str], ...] = (
    ("pre-conception", "Before conception"),
    ("pregnancy", "Pregnancy"),
    ("any", "At any time"),
)


@dataclass(frozen=True, slots=True)
class Marker:
    """A milestone where it comes to matter."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Passage:
    """The gate after the test `step`; `back_to` is the dose step that a further round returns to."""

    step: Step
    gate: Gate
    back_to: str | None


@dataclass(frozen=True, slots=True)
class Band:
    phase: Phase
    title: str
    items: tuple[Marker | Step | Passage, ...]


def bands_of(template: Template) -> tuple[Band, ...]:
    """The bands that have steps, from top to bottom, with every milestone at one place."""
    told = _phases(template)
    sequence = [step for _, _, steps in told for step in steps]
    places = {name: _place(template, name, sequence) for name in template.milestones}
    bands, first = [], 0
    for number, (phase, title, steps) in enumerate(told):
        last_band = number == len(told) - 1
        items: list[Marker | Step | Passage] = []
        for place, step in enumerate(steps, first):
            items += _markers(template, places, place)
            items.append(step)
            gate = gate_of(template, step)
            items += [Passage(step, gate, _back_to(template, step))] if gate else []
        first += len(steps)
        # What follows the last step of a band is told before the next band begins, unless it opens that one.
        items += _markers(template, places, len(sequence)) if last_band else _closing(template, places, first)
        bands.append(Band(phase, title, tuple(items)))
    return tuple(bands)


def _phases(template: Template) -> list[tuple[Phase, str, list[Step]]]:
    """The phases that have steps; what fits any time comes first where the document begins with it."""
    told = [
        (phase, title, [step for step in template.steps if step.phase == phase]) for phase, title in PHASES
    ]
    told = [(phase, title, steps) for phase, title, steps in told if steps]
    if len(told) == 1 and told[0][0] == "any":
        return [("any", "Course", told[0][2])]
    return told[-1:] + told[:-1] if told[-1][0] == "any" and template.steps[0].phase == "any" else told


def _back_to(template: Template, test: Step) -> str | None:
    """The dose step that a further round returns to, said at the last gate of its round."""
    return test.of if test.of and template.tests_after(test.of)[-1] is test else None


def _place(template: Template, name: str, sequence: list[Step]) -> float:
    """Before which step a milestone stands: half a place less where it closes the band above."""
    first_in_pregnancy = next(
        (n for n, step in enumerate(sequence) if step.phase == "pregnancy"), len(sequence)
    )
    if name == "pregnancy":
        return first_in_pregnancy
    befores = [place for place, step in enumerate(sequence) if name in _names(step, before=True)]
    if befores:
        return _closing_place(name, sequence, max(befores)) + 0.5
    afters = [place for place, step in enumerate(sequence) if name in _names(step, before=False)]
    return min(afters, default=0 if name == "course-start" else len(sequence))


def _closing_place(name: str, sequence: list[Step], last: int) -> int:
    """The last step of the phase before a milestone that steps count back from, as far as nothing comes after it."""
    for place in range(last + 1, len(sequence)):
        step = sequence[place]
        if step.phase != sequence[last].phase or step.redose or name in _names(step, before=False):
            break
        last = place
    return last


def _names(step: Step, *, before: bool) -> set[str]:
    anchors = [relation.before if before else relation.after for relation in step.all_relations]
    named = {anchor.milestone for anchor in anchors if anchor is not None and anchor.milestone}
    if any(anchor is not None and anchor.cycle_day is not None for anchor in anchors):
        named.add("cycle-start")
    return named


def _marker(template: Template, name: str) -> Marker:
    title = template.milestones[name].title
    return Marker(name, f"{title}: everything ahead stops" if name == "loss" else title)


def _markers(template: Template, places: dict[str, float], place: int) -> list[Marker]:
    """The milestones before the step at `place`, with those that closed the step before it."""
    return [
        _marker(template, name)
        for at in (place - 0.5, float(place))
        for name, where in places.items()
        if where == at
    ]


def _closing(template: Template, places: dict[str, float], end: int) -> list[Marker]:
    found = [_marker(template, name) for name, where in places.items() if where == end - 0.5]
    for marker in found:
        places[marker.name] = -1.0
    return found
