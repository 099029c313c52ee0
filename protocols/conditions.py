"""When a step applies: conditions as data, judged in three values.

True, False, or None for "not known yet". Unknown makes a visit wait, false makes it not applicable; nothing is ever
evaluated as code. A condition asks a `Knowledge`, which the planner answers from the facts.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Protocol

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag


class Knowledge(Protocol):
    """What the facts say, in three values."""

    def milestone_happened(self, name: str) -> bool | None: ...
    def responded(self, test: str) -> bool | None: ...
    def doses_given(self, step: str) -> int: ...
    def opted_in(self, step: str) -> bool | None: ...
    def decided(self, flag: str, choice: str) -> bool | None: ...


class _Condition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    def words(self) -> str:
        """What the condition waits for, as people say it."""
        raise NotImplementedError

    @cached_property
    def said(self) -> str:
        """The words, put together once for all plans."""
        return self.words()


class MilestoneHappened(_Condition):
    milestone: str

    def judge(self, known: Knowledge) -> bool | None:
        return known.milestone_happened(self.milestone)

    def words(self) -> str:
        return f"the milestone {self.milestone}"


class Responded(_Condition):
    responded: str

    def judge(self, known: Knowledge) -> bool | None:
        return known.responded(self.responded)

    def words(self) -> str:
        return f"a response in {self.responded}"


class DoseCount(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    step: str
    at_least: int = Field(ge=1)


class Doses(_Condition):
    doses: DoseCount

    def judge(self, known: Knowledge) -> bool | None:
        return True if known.doses_given(self.doses.step) >= self.doses.at_least else None

    def words(self) -> str:
        return f"{self.doses.at_least} doses of {self.doses.step}"


class OptedIn(_Condition):
    opted_in: str

    def judge(self, known: Knowledge) -> bool | None:
        return known.opted_in(self.opted_in)

    def words(self) -> str:
        return f"the couple's wish for {self.opted_in}"


class Choice(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    flag: str
    choice: str


class Decided(_Condition):
    decided: Choice

    def judge(self, known: Knowledge) -> bool | None:
        return known.decided(self.decided.flag, self.decided.choice)

    def words(self) -> str:
        return f"the decision '{self.decided.choice}' on {self.decided.flag}"


class All(_Condition):
    all: tuple[Condition, ...] = Field(min_length=1)

    def judge(self, known: Knowledge) -> bool | None:
        answer: bool | None = True
        for part in self.all:
            one = part.judge(known)
            if one is False:
                return False
            answer = None if one is None else answer
        return answer

    def words(self) -> str:
        return " and ".join(part.words() for part in self.all)


class AnyOf(_Condition):
    any: tuple[Condition, ...] = Field(min_length=1)

    def judge(self, known: Knowledge) -> bool | None:
        answer: bool | None = False
        for part in self.any:
            one = part.judge(known)
            if one is True:
                return True
            answer = None if one is None else answer
        return answer

    def words(self) -> str:
        return " or ".join(part.words() for part in self.any)


class Not(_Condition):
    negated: Condition = Field(alias="not")

    def judge(self, known: Knowledge) -> bool | None:
        answer = self.negated.judge(known)
        if isinstance(self.negated, MilestoneHappened):
            # "Not pregnant" is true until the milestone happens; it does not wait for it.
            return answer is not True
        return None if answer is None else not answer

    def words(self) -> str:
        return f"no {self.negated.words().removeprefix('the ')} so far"


_TAGS = ("milestone", "responded", "doses", "opted_in", "decided", "all", "any", "not")


_TAG_OF: dict[type, str] = {
    MilestoneHappened: "milestone", Responded: "responded", Doses: "doses", OptedIn: "opted_in",
    Decided: "decided", All: "all", AnyOf: "any", Not: "not",
}  # fmt: skip


def _tag(value: object) -> str | None:
    if isinstance(value, dict):
        return next((tag for tag in _TAGS if tag in value), None)
    return _TAG_OF.get(type(value))


Condition = Annotated[
    Annotated[MilestoneHappened, Tag("milestone")]
    | Annotated[Responded, Tag("responded")]
    | Annotated[Doses, Tag("doses")]
    | Annotated[OptedIn, Tag("opted_in")]
    | Annotated[Decided, Tag("decided")]
    | Annotated[All, Tag("all")]
    | Annotated[AnyOf, Tag("any")]
    | Annotated[Not, Tag("not")],
    Discriminator(_tag),
]
for _model in (All, AnyOf, Not):
    _model.model_rebuild()


def asked_of(condition: Condition) -> Iterator[str]:
    """The tests, steps and flags whose state a condition asks for, by name."""
    match condition:
        case All() | AnyOf():
            for part in condition.all if isinstance(condition, All) else condition.any:
                yield from asked_of(part)
        case Not():
            yield from asked_of(condition.negated)
        case Responded():
            yield condition.responded
        case Doses():
            yield condition.doses.step
        case Decided():
            yield condition.decided.flag


def unmet(condition: Condition, known: Knowledge) -> tuple[str, ...]:
    """What a condition that is not known yet waits for, in words: of all its parts those that are not known either."""
    if isinstance(condition, All):
        unknown = [part for part in condition.all if part.judge(known) is None]
        return tuple([text for part in unknown for text in unmet(part, known)])
    return (condition.said,)


def failing(condition: Condition, known: Knowledge) -> tuple[str, ...]:
    """What makes the condition false, in words; empty unless it is."""
    if condition.judge(known) is not False:
        return ()
    if isinstance(condition, All):
        return tuple(text for part in condition.all for text in failing(part, known))
    return (condition.words(),)
