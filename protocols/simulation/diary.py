"""What is known of one synthetic couple: its records and bookings, and the plan that follows from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from protocols.errors import FactFaults
from protocols.facts import Facts
from protocols.plan import DoseVerdict, Plan, Response, ResponseVerdict
from protocols.planner import plan
from protocols.reading import read_record
from protocols.records import Record
from protocols.template import Step, Template
from protocols.workdays import Workdays

Key = tuple[str, int]


@dataclass(slots=True)
class Diary:
    """Records are appended and bookings come and go; `look` plans again only where that can differ."""

    template: Template
    workdays: Workdays
    records: list[Record] = field(default_factory=list)
    bookings: dict[Key, date] = field(default_factory=dict)
    seen: dict[str, tuple[str, date]] = field(default_factory=dict)
    stale: bool = True
    planned: Plan = field(init=False)

    def made(self, kind: str, **fields: Any) -> Record:
        """A record with an id of its own, not yet written down."""
        return read_record({"kind": kind, "id": f"r{len(self.records)}", **fields})

    def write(self, kind: str, **fields: Any) -> None:
        self.keep(self.made(kind, **fields))

    def keep(self, record: Record) -> None:
        self.records.append(record)
        self.stale = True

    def book(self, key: Key, on: date) -> None:
        self.bookings[key] = on
        self.stale = True

    def give_back(self, key: Key) -> None:
        del self.bookings[key]
        self.stale = True

    def look(self, today: date) -> Plan:
        """The plan of today; every flag in it has been seen from now on."""
        if self.stale or (self.planned.replan_on is not None and today >= self.planned.replan_on):
            self.planned = plan(self.template, self._facts(), self.workdays, today)
            self.stale = False
            for flag in self.planned.flags:
                self.seen.setdefault(flag.key, (flag.code, today))
        return self.planned

    def accepts(self, record: Record, today: date) -> bool:
        """Whether the records would still hold together with this one."""
        try:
            plan(self.template, self._facts(record), self.workdays, today)
        except FactFaults:
            return False
        return True

    def _facts(self, *more: Record) -> Facts:
        booked = [
            read_record(
                {"kind": "booked", "step": step, "occurrence": number, "on": day, "id": f"{step}#{number}"}
            )
            for (step, number), day in self.bookings.items()
        ]
        return Facts.of([*self.records, *booked, *more])

    def open_from(self, day: date) -> date:
        """The first open day from `day` on."""
        return self.workdays.nearest_open(day, day, None) or day

    @property
    def doses(self) -> tuple[DoseVerdict, ...]:
        """What was said of each dose so far."""
        kinds = {step.name: step.kind for step in self.template.steps}
        verdicts = (verdict for verdict in self.planned.verdicts if isinstance(verdict, DoseVerdict))
        return tuple(verdict for verdict in verdicts if kinds[verdict.step] == "dose")

    @property
    def counted(self) -> int:
        """How many doses counted so far."""
        return sum(verdict.counts for verdict in self.doses)

    @property
    def gates(self) -> list[Step]:
        return [step for step in self.template.steps if step.measures == "round"]

    @property
    def responses(self) -> list[ResponseVerdict]:
        """The last reading of each test after a round, if all of them show a response; else none."""
        last = {
            verdict.test: verdict
            for verdict in self.planned.verdicts
            if isinstance(verdict, ResponseVerdict) and verdict.response is not Response.BASELINE_NEGATIVE
        }
        read = [last.get(step.test or "") for step in self.gates]
        found = [verdict for verdict in read if verdict and verdict.response is Response.RESPONDED]
        return found if len(found) == len(read) else []
