"""Enrolling a couple and starting its treatment, each in its own transaction, beside the barest way to write 8 visits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import uuid4

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from benchmarks.clinic import START, enrol, start, the_protocol
from benchmarks.figures import Figure, Target, compared
from benchmarks.timing import ROUNDS, wall_seconds

VISITS = 8
TURNS = 5
FLOOR = "one INSERT .. unnest(8) in a transaction"
_TABLE = """
CREATE TABLE bench_visit (
    id uuid PRIMARY KEY, treatment_id uuid, step text, occurrence smallint, state text, proposed_on date, plan jsonb
)
"""
_INSERT = """
INSERT INTO bench_visit SELECT * FROM unnest(
    %s::uuid[], %s::uuid[], %s::text[], %s::smallint[], %s::text[], %s::date[], %s::jsonb[]
)
"""


def figures() -> Iterator[Figure]:
    with connection.cursor() as cursor:
        cursor.execute(_TABLE)
    the_protocol()
    enrolled = statements(enrol)
    couple = enrol()
    started = statements(lambda: start(couple))
    waiting = [enrol() for _ in range(ROUNDS * TURNS + 1)]
    taken = wall_seconds({"floor": _raw, "enrol": enrol, "start": lambda: start(waiting.pop())}, turns=TURNS)
    for name, count, of in (
        ("enrolling a couple", enrolled, "enrol"),
        (f"starting a treatment of {VISITS} visits", started, "start"),
    ):
        yield compared(
            f"statements for {name}", "statements", [count], FLOOR, [1], Target("at most", 12, "ours")
        )
        yield compared(name, "ms", _ms(taken[of]), FLOOR, _ms(taken["floor"]))


def statements(work: Callable[[], object]) -> int:
    """How many statements the work sends; BEGIN, COMMIT and savepoints are not counted."""
    with CaptureQueriesContext(connection) as captured:
        work()
    control = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    return sum(not query["sql"].startswith(control) for query in captured.captured_queries)


def _raw() -> None:
    treatment = uuid4()
    columns = [
        [uuid4() for _ in range(VISITS)],
        [treatment] * VISITS,
        ["sensitisation"] * VISITS,
        list(range(VISITS)),
        ["proposed"] * VISITS,
        [START] * VISITS,
        ['{"window": null}'] * VISITS,
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_INSERT, columns)


def _ms(seconds: list[float]) -> list[float]:
    return [value * 1000 for value in seconds]
