"""Legal moves of an appointment. The law: a move that is not in the table is refused and changes nothing.

    proposed --book--> booked --arrive--> arrived --fulfil--> fulfilled
    booked --move--> booked                                   (arrived cannot move)
    booked, arrived --miss--> noshow
    proposed, booked, arrived --cancel--> cancelled
    booked, arrived, fulfilled, noshow --void--> entered-in-error
    noshow, cancelled, entered-in-error --propose--> proposed (the planner asks again)
    noshow, cancelled, entered-in-error --book--> booked      (a person is quicker)
    proposed, booked, noshow, cancelled, entered-in-error --fulfil--> fulfilled (it took place all the same)

Statuses are FHIR's AppointmentStatus codes.
"""

from __future__ import annotations

from enum import StrEnum

from protocols.errors import IllegalMove


class Status(StrEnum):
    PROPOSED = "proposed"
    BOOKED = "booked"
    ARRIVED = "arrived"
    FULFILLED = "fulfilled"
    NOSHOW = "noshow"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"


class Act(StrEnum):
    BOOK = "book"
    MOVE = "move"
    ARRIVE = "arrive"
    FULFIL = "fulfil"
    MISS = "miss"
    CANCEL = "cancel"
    VOID = "void"
    PROPOSE = "propose"


MOVES: dict[tuple[Status, Act], Status] = {
    (Status.PROPOSED, Act.BOOK): Status.BOOKED,
    (Status.PROPOSED, Act.FULFIL): Status.FULFILLED,
    (Status.PROPOSED, Act.CANCEL): Status.CANCELLED,
    (Status.BOOKED, Act.MOVE): Status.BOOKED,
    (Status.BOOKED, Act.ARRIVE): Status.ARRIVED,
    (Status.BOOKED, Act.FULFIL): Status.FULFILLED,
    (Status.BOOKED, Act.MISS): Status.NOSHOW,
    (Status.BOOKED, Act.CANCEL): Status.CANCELLED,
    (Status.BOOKED, Act.VOID): Status.ENTERED_IN_ERROR,
    (Status.ARRIVED, Act.FULFIL): Status.FULFILLED,
    (Status.ARRIVED, Act.MISS): Status.NOSHOW,
    (Status.ARRIVED, Act.CANCEL): Status.CANCELLED,
    (Status.ARRIVED, Act.VOID): Status.ENTERED_IN_ERROR,
    (Status.FULFILLED, Act.VOID): Status.ENTERED_IN_ERROR,
    (Status.NOSHOW, Act.BOOK): Status.BOOKED,
    (Status.NOSHOW, Act.FULFIL): Status.FULFILLED,
    (Status.NOSHOW, Act.PROPOSE): Status.PROPOSED,
    (Status.NOSHOW, Act.VOID): Status.ENTERED_IN_ERROR,
    (Status.CANCELLED, Act.BOOK): Status.BOOKED,
    (Status.CANCELLED, Act.FULFIL): Status.FULFILLED,
    (Status.CANCELLED, Act.PROPOSE): Status.PROPOSED,
    (Status.ENTERED_IN_ERROR, Act.BOOK): Status.BOOKED,
    (Status.ENTERED_IN_ERROR, Act.FULFIL): Status.FULFILLED,
    (Status.ENTERED_IN_ERROR, Act.PROPOSE): Status.PROPOSED,
}

IN_FORCE = frozenset({Status.BOOKED, Status.ARRIVED})
_PAST = {
    Act.BOOK: "booked", Act.MOVE: "moved", Act.ARRIVE: "marked as arrived", Act.FULFIL: "fulfilled",
    Act.MISS: "marked as missed", Act.CANCEL: "cancelled", Act.VOID: "entered in error", Act.PROPOSE: "proposed",
}  # fmt: skip


def after(status: Status, act: Act) -> Status:
    """The status that `act` leads to. Raises IllegalMove where the table has none."""
    try:
        return MOVES[status, act]
    except KeyError:
        raise IllegalMove(status.value, _PAST[act]) from None
