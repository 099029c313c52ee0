"""A couple's treatment seen from outside after every step: plan, rows, mails, both calendars and the API must tell
one story, whichever way the clinic works (`tests.houses`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import pytest
from django.conf import settings

from apps.clinic.models import Clinic
from apps.couples.services import PersonInput
from tests import rows
from tests.seen import Event, entries_of, key_of, neutral, told

NO_RESPONSE = "No anti-paternal antibody response, review continuation"
# A course that begins on Monday, 5 January 2026, in a clinic that is closed on Sundays.
AT_THE_START = {
    "baseline-antibody-test#1": "proposed 2026-01-05",
    "sensitisation#1": "proposed 2026-01-26",
    "sensitisation#2": "proposed 2026-02-23",
    "sensitisation#3": "proposed 2026-03-23",
    "antibody-test#1": "proposed 2026-04-20",
    "preconception-booster#1": "waiting",
    "early-pregnancy-booster#1": "waiting",
    "re-dose#1": "waiting",
}
SCREENS = ("hiv", "hbv", "hcv", "syphilis")
ROLES = ("recipient", "partner")


class Refused(Exception):
    """The product said no: its code, and what HTTP calls it."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(f"{status} {code}")
        self.code, self.status = code, status


class Mail(NamedTuple):
    to: str
    subject: str
    body: str


class House(Protocol):
    """How a clinic is reached: by its services with a time that stands, or by HTTP while everything runs."""

    clinic: Clinic

    def now(self) -> datetime: ...
    def get(self, path: str, **query: Any) -> Any: ...
    def start(self, recipient: PersonInput, partner: PersonInput, started_on: date) -> UUID: ...
    def record(self, by: str, treatment: UUID, data: Mapping[str, Any]) -> None: ...
    def act(self, by: str, verb: str, appointment: UUID, given: Mapping[str, Any]) -> None: ...
    def decide(self, by: str, flag: UUID, given: Mapping[str, Any]) -> None: ...
    def poll(self, treatment: UUID, role: str) -> bytes: ...
    def mails(self, at_least: int, to: Sequence[str]) -> list[Mail]: ...
    def settled(self, treatment: UUID) -> bool: ...


@dataclass
class Course:
    """One treatment, what has been told of it so far, and what people have seen of it.

    `story` says of each visit its state and day; `expect` takes what a step changes in it, and checks everything.
    """

    house: House
    treatment: UUID
    addresses: tuple[str, str]
    silent: bool = False
    story: dict[str, str] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)
    sent: int = 0
    revisions: dict[tuple[str, str], tuple[int, Event]] = field(default_factory=dict)

    @classmethod
    def begin(cls, house: House, started_on: date, name: str = "rao") -> Course:
        """Enrols a couple with addresses of their own and starts the standard course."""
        agreed = {"contact_consent_at": house.now()}
        recipient = replace(rows.LALITHA, email=f"lalitha.{name}@example.org", **agreed)
        partner = replace(rows.ARJUN, email=f"arjun.{name}@example.org", **agreed)
        return cls(house, house.start(recipient, partner, started_on), (recipient.email, partner.email))

    # What people do.

    def said(self, by: str, kind: str, **fields: Any) -> None:
        self.house.record(by, self.treatment, {"kind": kind, **fields})

    def consent(self, on: date) -> None:
        for person in ROLES:
            self.said("nurse", "consent", person=person, on=on)

    def screen(self, on: date, *, pregnant: bool = False) -> None:
        """The partner's infection screen; and before a conception the recipient's pregnancy test of the day."""
        asked = [("partner", test) for test in SCREENS] + (
            [] if pregnant else [("recipient", "pregnancy-test")]
        )
        for person, test in asked:
            self.said("client", "screening", person=person, test=test, outcome="clear", sampled_on=on)

    def result(self, value: float, sampled_on: date, resulted_on: date) -> None:
        self.said(
            "client", "result", test="apca", sampled_on=sampled_on, resulted_on=resulted_on, value=value
        )

    def done(self, visit: str, on: date, by: str = "client") -> None:
        """The visit took place on that day, entered without a booking."""
        step, _, occurrence = visit.partition("#")
        self.said(by, "fulfilled", step=step, occurrence=int(occurrence), on=on)

    def act(self, verb: str, visit: str, by: str = "nurse", **given: Any) -> None:
        """book, move, cancel, arrive, attend, miss or confirm of "sensitisation#2"."""
        self.house.act(by, verb, UUID(self.row(visit)["id"]), given)

    def decide(self, by: str, code: str, choice: str, reason: str, **parameters: Any) -> None:
        given = {"choice": choice, "reason": reason, "parameters": parameters}
        self.house.decide(by, UUID(self.flag(code)["id"]), given)

    @contextmanager
    def refused(self, code: str, status: int = 0) -> Iterator[None]:
        """What is inside is refused with that code, and changes nothing that anybody can see."""
        with pytest.raises(Refused) as raised:
            yield
        assert raised.value.code == code
        assert status in (0, raised.value.status)
        self.expect()

    def both(self, subject: str) -> list[tuple[str, str]]:
        """One mail to each of the two."""
        return [(address, subject) for address in self.addresses]

    def hers(self, subject: str) -> list[tuple[str, str]]:
        return [(self.addresses[0], subject)]

    # What is seen.

    def plan(self) -> dict[str, Any]:
        found: dict[str, Any] = self.house.get(f"treatments/{self.treatment}/plan/")
        return found

    def rows(self) -> dict[str, dict[str, Any]]:
        found = self.house.get("appointments/", treatment=self.treatment, page_size=200)["results"]
        return {f"{row['step']}#{row['occurrence']}": row for row in found}

    def row(self, visit: str) -> dict[str, Any]:
        return self.rows()[visit]

    def planned(self, visit: str) -> dict[str, Any]:
        return {key_of(one): one for one in self.plan()["visits"]}[visit]

    def flag(self, code: str, state: str = "open") -> dict[str, Any]:
        found = self.house.get("flags/", treatment=self.treatment, state=state, page_size=200)["results"]
        (flag,) = [one for one in found if one["code"] == code]
        return dict(flag)

    def expect(
        self,
        visits: Mapping[str, str] | None = None,
        *,
        mails: Sequence[tuple[str, str]] = (),
        flags: set[str] | None = None,
    ) -> None:
        """Everything after a step: `visits` that changed, the `mails` that it sent, the `flags` that are open now."""
        self.flags = self.flags if flags is None else flags
        plan, stored = self.plan(), self.rows()
        story = {key_of(visit): told(visit) for visit in plan["visits"]}
        changed = {key: now for key, now in story.items() if self.story.get(key) != now}
        changed |= dict.fromkeys(self.story.keys() - story.keys(), "gone")
        expected = visits or {}
        # A star stands for what the test leaves to the planner's own tests.
        assert changed.keys() == expected.keys(), changed
        assert all(fnmatchcase(changed[key], pattern) for key, pattern in expected.items()), changed
        self.story = story
        assert {flag["code"] for flag in plan["flags"]} == self.flags
        self._rows_say_the_same(plan, stored)
        self._mails_are(mails)
        for role in ROLES:
            self._calendar_agrees(role, stored)
        assert self.house.settled(self.treatment)

    def catch_up(self, *, flags: set[str] | None = None) -> None:
        """Takes the plan as it stands for told: after a past that was entered at one go."""
        self.story = {key_of(visit): told(visit) for visit in self.plan()["visits"]}
        self.expect(flags=flags)

    def _rows_say_the_same(self, plan: Mapping[str, Any], stored: Mapping[str, Any]) -> None:
        for visit in plan["visits"]:
            row = stored.get(key_of(visit))
            if row is None:
                assert visit["state"] == "not_applicable", visit
                continue
            assert row["state"] == visit["state"], visit
            assert (row["proposed_on"], row["held"]) == (visit["proposed_on"], bool(visit["held_by"]))
            assert (row["window"], row["missing"]) == (visit["window"], visit["missing"])
            in_force = row["status"] in ("booked", "arrived")
            assert in_force == (visit["state"] == "booked") or visit["state"] == "not_applicable", row
        planned = {key_of(visit) for visit in plan["visits"]}
        assert all(row["state"] == "not_applicable" for key, row in stored.items() if key not in planned)
        flags = self.house.get("flags/", treatment=self.treatment, state="open", page_size=200)["results"]
        assert {flag["key"] for flag in flags} == {flag["key"] for flag in plan["flags"]}

    def _mails_are(self, expected: Sequence[tuple[str, str]]) -> None:
        mails = self.house.mails(self.sent + len(expected), self.addresses)
        assert sorted((mail.to, mail.subject) for mail in mails[self.sent :]) == sorted(expected)
        for mail in mails[self.sent :]:
            neutral(f"{mail.subject}\n{mail.body}")
            assert self.house.clinic.phone in mail.body
        self.sent = len(mails)

    def _calendar_agrees(self, role: str, stored: Mapping[str, Any]) -> None:
        found, now = entries_of(self.house.poll(self.treatment, role)), self.house.now()
        for uid, (sequence, event) in found.items():
            self._is_newer(role, uid, sequence, event)
        expected = {}
        for row in stored.values():
            event_of_row = self._event_of(row, role, now)
            if event_of_row is not None:
                expected[f"{row['id']}@{settings.FEED_UID_DOMAIN}"] = event_of_row
        shown = {uid: event for uid, (_, event) in found.items()}
        if not expected:
            # An empty calendar clears some programs and not others: one past day that says nothing stands in it.
            (nothing,) = shown.values()
            assert not isinstance(nothing.ends, datetime)
            assert nothing.ends <= now.date()
            return
        assert shown == expected

    def _event_of(self, row: Mapping[str, Any], role: str, now: datetime) -> Event | None:
        """By the rules for calendars: what was agreed, for thirty days also what was called off; a silent couple's
        future is not there."""
        coming = role in row["attends"] or (role == "partner" and "donor" in row["attends"])
        if not coming or row["starts_at"] is None or row["pencilled"]:
            return None
        starts, ends = (
            datetime.fromisoformat(row[name]).astimezone(UTC) for name in ("starts_at", "ends_at")
        )
        if starts < now - timedelta(days=30) or (
            self.silent and (starts > now or row["status"] == "cancelled")
        ):
            return None
        title = f"Appointment, {self.house.clinic.discreet_name}"
        where = self.house.clinic.discreet_place
        if row["status"] in ("booked", "arrived", "fulfilled", "noshow"):
            return Event(starts, ends, "CONFIRMED", title, where)
        if row["status"] == "cancelled":
            return Event(starts, ends, "CANCELLED", f"CANCELLED - {title}", where)
        return None

    def _is_newer(self, role: str, uid: str, sequence: int, event: Event) -> None:
        """An entry never goes back, and one that shows something else has a higher number."""
        before, shown = self.revisions.get((role, uid), (-1, None))
        assert sequence > before or (sequence == before and shown == event)
        self.revisions[role, uid] = (sequence, event)
