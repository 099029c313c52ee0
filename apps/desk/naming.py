"""The engine's words as a nurse says them: steps, tests and milestones by their titles, decisions by their words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from apps.desk import words
from protocols import Template

_DECISION = re.compile(r"the decision '(\w+)' on (\w+)")


def in_titles(texts: Iterable[str], template: Template) -> tuple[str, ...]:
    """What a visit waits for, such as ``a response in apca``, with the names of the protocol's document replaced."""
    titles = {name: test.title for name, test in template.tests.items()}
    titles |= {step.name: step.title for step in template.steps}
    titles |= {name: kind.title for name, kind in template.milestones.items()}
    names = "|".join(re.escape(name) for name in sorted(titles, key=len, reverse=True))
    known = re.compile(rf"(?<![\w-])(?:{names})(?![\w-])")
    return tuple(
        _DECISION.sub(_decision, known.sub(lambda found: _inside(titles[found[0]]), text)) for text in texts
    )


def _decision(found: re.Match[str]) -> str:
    choice, code = found.groups()
    return f"the decision “{words.choice_words(choice, code)}” on “{words.flag_words(code)}”"


def _inside(title: str) -> str:
    """A title inside a sentence; one that begins with an abbreviation keeps it."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]
