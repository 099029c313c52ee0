"""What a channel is. It takes one finished letter and says what became of it; it raises nothing expected.

What it cannot be sure of it must call UNKNOWN: that is asked of the provider or shown to staff, while a wrong LATER is
a message sent twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol
from uuid import UUID


class Verdict(Enum):
    """What became of a letter."""

    ACCEPTED = "accepted"
    LATER = "later"  # surely not taken; may be tried again
    REFUSED = "refused"  # surely not taken, and never will be
    UNKNOWN = "unknown"  # taken or not: nobody can say


@dataclass(frozen=True, slots=True)
class Outcome:
    """`error` is a class or a code, never a text. `retry_after` is the provider's own wish for a LATER. `provider_id` is
    its name for what it accepted. `bad_address`: refused because nobody is there. `silent`: no answer came at all, so that
    whoever carries it may be away."""

    verdict: Verdict
    error: str = ""
    retry_after: timedelta | None = None
    provider_id: str = ""
    bad_address: bool = False
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """A finished message. `delivery_id` goes along wherever the provider takes a name of ours.

    `body` is the whole of an SMS. `clinic_id`, `channel` and `clinic_country` say whose provider carries it, `text` and
    `language` which of our texts it is, for wordings that are registered.
    """

    delivery_id: UUID
    to: str
    sender: str
    subject: str
    body: str
    channel: str = "email"
    clinic_id: UUID | None = None
    text: str = ""
    language: str = "en"
    began_at: datetime | None = None
    # Who carried it, of one whose fate is asked for.
    provider: str = ""
    # Of a registered wording: its name at the provider, the provider's own id, and what fills it, in order.
    template_id: str = ""
    flow_id: str = ""
    variables: tuple[str, ...] = ()


class Channel(Protocol):
    """`idempotent`: the provider drops a second hand-over of the same delivery id, so an unknown one may be repeated."""

    name: str
    idempotent: bool

    def send(self, letter: Letter) -> Outcome: ...

    def ask(self, letter: Letter) -> Outcome:
        """What became of a letter whose fate is unknown. LATER: the provider surely has nothing of it. UNKNOWN: it
        cannot say, or cannot be asked."""
        ...


CANNOT_SAY = Outcome(Verdict.UNKNOWN, "cannot be asked")


@dataclass
class MemoryChannel:
    """Keeps what it is given: for tests and trials. `answer` decides what it says of each letter, or
    raises; `answer_later` what it says when it is asked."""

    name: str = "email"
    idempotent: bool = False
    letters: list[Letter] = field(default_factory=list)
    answer: Callable[[Letter], Outcome] = lambda letter: Outcome(Verdict.ACCEPTED)
    answer_later: Callable[[Letter], Outcome] = lambda letter: CANNOT_SAY

    def send(self, letter: Letter) -> Outcome:
        outcome = self.answer(letter)
        if outcome.verdict in (Verdict.ACCEPTED, Verdict.UNKNOWN):
            self.letters.append(letter)
        return outcome

    def ask(self, letter: Letter) -> Outcome:
        return self.answer_later(letter)


class DemoChannel:
    """Accepts everything and sends nothing: the demo's SMS and WhatsApp."""

    name = "demo"
    idempotent = True

    def send(self, letter: Letter) -> Outcome:
        return Outcome(Verdict.ACCEPTED, provider_id=f"demo-{letter.delivery_id}")

    def ask(self, letter: Letter) -> Outcome:
        return self.send(letter)
