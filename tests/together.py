"""Several people act at the same moment: real transactions, each in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from django.db import connection


def at_once(
    acts: Sequence[Callable[[], object]], *, ready_in: float = 10, done_in: float = 30
) -> list[object]:
    """What each act returned, or the exception that it raised; None for one that was not done in `done_in` seconds.

    All begin at one moment, at most `ready_in` seconds after the first of them is there.
    """
    gate = threading.Barrier(len(acts))
    answers: list[object] = [None] * len(acts)

    def run(number: int) -> None:
        try:
            gate.wait(timeout=ready_in)
            answers[number] = acts[number]()
        except Exception as error:  # every failure is an answer, and is looked at by the test
            answers[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=done_in)
    return answers
