"""Anchors that cannot serve: days that can never be known, and occurrences that wait for each other."""

from __future__ import annotations

from collections.abc import Iterator

from protocols.document import all_relations
from protocols.errors import Fault
from protocols.template import Relation, Step, Template

Node = tuple[str, int]


def never_known(template: Template) -> Iterator[Fault]:
    """Anchors whose day no record and no plan can ever give."""
    for field, step, relation in all_relations(template):
        reason = _never(template, field, step, relation)
        if reason:
            side = "after" if relation.after else "before"
            yield Fault(f"{field}.{side}", f"can never be known: {reason}", "Name another anchor")


def _never(template: Template, field: str, step: Step, relation: Relation) -> str | None:
    anchor = relation.anchor
    kind = template.milestones.get(anchor.milestone or "")
    if kind is not None and isinstance(anchor.occurrence, int) and anchor.occurrence > 1 and not kind.repeats:
        return f"{anchor.milestone} does not repeat"
    if anchor.previous and ".relations." in field:
        return f"the first {step.name} has none before it"
    if anchor.decision is not None and not _is_decided(template, field, step):
        return f"no decision asks for {step.name} here"
    for name in anchor.steps:
        other = template.step_named.get(name)
        if other is None:
            continue
        if isinstance(anchor.occurrence, int) and other.most is not None and anchor.occurrence > other.most:
            return f"{name} takes place at most {other.most} times"
        if anchor.occurrence == "round" and (step.measures != "round" or step.of != name):
            return f"only a test after the rounds of {name} knows their end"
        if step.phase == "pre-conception" and other.phase == "pregnancy":
            return f"{name} belongs to pregnancy, which ends what comes before conception"
    return None


def _is_decided(template: Template, field: str, step: Step) -> bool:
    """Whether a decision can ask for what the field times: a further test, or a later round of doses."""
    if ".next." in field:
        return step.measures is not None
    return ".later_round." in field and bool(step.rounds and template.tests_after(step.name))


def circles(template: Template) -> Iterator[Fault]:
    """Occurrences whose windows wait for each other. Results and decisions are facts, so they close no circle.

    Looked for on single occurrences: a review after dose 2 may time dose 3.
    """
    needs = {
        (step.name, number): _needs(template, step, number)
        for step in template.steps
        for number in range(1, (step.most or 1) + 1)
    }
    done: set[Node] = set()
    for node in needs:
        trail = _circle(needs, node, done)
        if trail:
            index = next(place for place, step in enumerate(template.steps) if step.name == trail[0][0])
            named = " -> ".join(f"{name} #{number}" for name, number in trail)
            yield Fault(f"steps.{index}", f"{trail[0][0]} waits for itself: {named}", "Break the circle")
            return


def _needs(template: Template, step: Step, number: int) -> set[Node]:
    """The occurrences that the window of one occurrence hangs on."""
    found: set[Node] = set()
    relations = step.relations if number == 1 else step.gaps.get(number, step.next or step.relations)
    for relation in (*relations, *((step.repeat.until,) if step.repeat else ())):
        anchor = relation.anchor
        if anchor.previous and number > 1:
            found.add((step.name, number - 1))
        for name in anchor.steps:
            other = template.step_named.get(name)
            if other is not None:
                most = other.most or 1
                first = anchor.occurrence if isinstance(anchor.occurrence, int) else 1
                last = first if isinstance(anchor.occurrence, int) else most
                found |= {(name, occurrence) for occurrence in range(first, last + 1)}
    return found


def _circle(needs: dict[Node, set[Node]], start: Node, done: set[Node]) -> list[Node]:
    """A circle that can be reached from `start`, first node repeated at its end; empty if there is none."""
    trail: list[Node] = []
    stack: list[tuple[Node, list[Node]]] = [(start, sorted(needs.get(start, ())))]
    trail.append(start)
    while stack:
        node, left = stack[-1]
        if not left:
            stack.pop()
            trail.pop()
            done.add(node)
            continue
        following = left.pop()
        if following in trail:
            return [*trail[trail.index(following) :], following]
        if following not in done and following in needs:
            trail.append(following)
            stack.append((following, sorted(needs[following])))
    return []
