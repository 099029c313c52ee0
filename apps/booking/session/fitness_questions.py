"""What is asked of each of the two before the draw, as data. To ask something else, change a line here.

No limit of medicine stands here: what is not plainly a reason to stop is judged by the nurse who asks, with a note.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from django.utils.translation import gettext_lazy as _

from apps.clinic.errors import Fault, Invalid
from protocols.requirements import SCREENS_SAID

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Who = Literal["recipient", "donor"]
BOTH: tuple[Who, ...] = ("recipient", "donor")
# What the protocols call the recipient's test of the day.
PREGNANCY_TEST = "pregnancy-test"
assert PREGNANCY_TEST in SCREENS_SAID


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer. `stops` ends the session; `explained` ones need a note of what it was."""

    value: str
    text: str | _StrPromise
    stops: bool = False
    explained: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    name: str
    who: tuple[Who, ...]
    text: str | _StrPromise
    choices: tuple[Choice, ...]

    def choice(self, value: str) -> Choice | None:
        return next((one for one in self.choices if one.value == value), None)


_NO = Choice("no", _("No"))
_JUDGED = (
    _NO,
    Choice("judged_fit", _("Yes, and they may go on"), explained=True),
    Choice("stop", _("Yes: stop the session"), stops=True, explained=True),
)
QUESTIONS: tuple[Question, ...] = (
    Question(
        "fever",
        BOTH,
        _("Fever or an infection now"),
        (_NO, Choice("stop", _("Yes: stop the session"), stops=True)),
    ),
    Question(
        "pregnancy",
        ("recipient",),
        _("Pregnancy test of today"),
        (
            Choice("clear", _("Negative")),
            Choice("not_asked", _("Not asked for this dose")),
            Choice("stop", _("Positive: stop the session"), stops=True),
        ),
    ),
    Question("medicines", BOTH, _("New medicines since the last visit"), _JUDGED),
    Question("vaccine", BOTH, _("A vaccine since the last visit"), _JUDGED),
    Question("reaction", ("recipient",), _("A reaction to the last dose"), _JUDGED),
    Question(
        "donor_fit",
        ("donor",),
        _("Well enough to give blood today"),
        (Choice("yes", _("Yes")), Choice("stop", _("No: stop the session"), stops=True, explained=True)),
    ),
    Question(
        "days_since_draw",
        ("donor",),
        _("Long enough since the last draw"),
        (
            Choice("yes", _("Yes, or this is the first draw")),
            Choice("stop", _("No: stop the session"), stops=True),
        ),
    ),
)


def asked_of(who: str) -> tuple[Question, ...]:
    return tuple(question for question in QUESTIONS if who in question.who)


def read_answers(who: str, answers: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The answers as they are kept: by question, what was chosen and what was noted. An answer is a choice or
    ``{"choice": ..., "note": ...}``.

    Raises Invalid with every question that is unknown, unanswered, or lacks its note (field `answers.<name>`).
    """
    faults: list[Fault] = []
    kept: dict[str, dict[str, str]] = {}
    known = asked_of(who)
    for name in answers.keys() - {question.name for question in known}:
        faults.append(Fault(f"answers.{name}", f"This is not asked of the {who}.", "Leave it out."))
    for question in known:
        given = answers.get(question.name)
        said = given if isinstance(given, Mapping) else {"choice": given}
        choice = question.choice(str(said.get("choice") or ""))
        note = str(said.get("note") or "").strip()[:300]
        if choice is None:
            allowed = ", ".join(one.value for one in question.choices)
            faults.append(Fault(f"answers.{question.name}", "This was not answered.", f"One of: {allowed}."))
        elif choice.explained and not note:
            faults.append(
                Fault(
                    f"answers.{question.name}", "This answer needs a note.", "Say in a few words what it is."
                )
            )
        else:
            kept[question.name] = {"choice": choice.value, "note": note}
    if faults:
        raise Invalid(faults=sorted(faults, key=lambda fault: fault.field))
    return kept


def stopping(who: str, answers: Mapping[str, Mapping[str, str]]) -> tuple[str, ...]:
    """The names of the questions whose answer ends the session."""
    return tuple(
        question.name
        for question in asked_of(who)
        if question.name in answers
        and (choice := question.choice(answers[question.name]["choice"])) is not None
        and choice.stops
    )
