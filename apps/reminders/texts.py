"""Every text that goes out, in English: what the catalogues under `locale/` translate. Neutral words only.

A text has a subject and parts for e-mail, and one short line for SMS and WhatsApp. What stands in braces is filled in by
`messages.render`: dates, the discreet name and place and the number of the clinic, and the blanks of a notice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_noop

from protocols.reminders import CANCELLED, CONFIRMATION

MOVED, REMINDER, CANCELLED_TODAY = "moved", "reminder", "cancelled today"
BOOK, NEW_DAYS, MISSED = "book", "new days", "missed"
CALL_US, CODE, LINK, AUTO_REPLY, TRIAL = "call-us", "code", "link", "auto-reply", "test"
# The one word that may follow a loss: a clinician chooses it for one person, nothing sends it by itself.
UPDATED = "updated"

# About a visit that has no time: derived like the others, worded like a notice. `book-2` and on say that the days are new.
UNTIMED = (BOOK, MISSED)
# About no visit: asked for by somebody, see `notices.say`.
NOTICES = (CALL_US, UPDATED, CODE, LINK, AUTO_REPLY, TRIAL)
# What only the person may see: never to a shared address, never kept whole, forgotten once it is out.
SECRET = (CODE, LINK)
# What somebody waits for at this moment, by their own asking: no quiet hours, no pause.
ANSWERS = (CODE, LINK, AUTO_REPLY, TRIAL)


@dataclass(frozen=True, slots=True)
class Wording:
    """One text: the subject and the parts of an e-mail, the line of an SMS, and, of what may put the question, that line
    with it."""

    subject: str
    parts: tuple[str, ...]
    short: str
    asking: str = ""


# How a short text says that it can be ended: by a reply where the carrier can bring one.
END_BY_REPLY = gettext_noop("To end messages reply STOP.")
END_BY_CALL = gettext_noop("To end messages call {number}.")
# What a reminder asks where the carrier can bring an answer; what follows from it stands in `answering.py`.
ASK = gettext_noop("Reply 1 if you are coming, 2 to change it.")
_CALL = gettext_noop("To change it, or if you cannot come, call {number}.")
_ASK = gettext_noop("For anything you wish to know, call {number}.")
_FOOT = gettext_noop(
    "{name}. Urgent number: {number}. You agreed to be written to; to stop these messages, call {number}."
)
_APPOINTMENT = gettext_noop("Appointment {long}, {place}.")

TEXTS: Mapping[str, Wording] = {
    CONFIRMATION: Wording(
        gettext_noop("Appointment {short}"),
        (_APPOINTMENT, _CALL, _FOOT),
        gettext_noop("Appointment {long}, {place}. To change it call {number}. {end}"),
    ),
    MOVED: Wording(
        gettext_noop("New time: appointment {short}"),
        (
            gettext_noop(
                "Appointment {long}, {place}. This is a new time; the time given before no longer holds."
            ),
            _CALL,
            _FOOT,
        ),
        gettext_noop(
            "New time: appointment {long}, {place}. The time given before no longer holds. To change it call {number}. "
            "{end}"
        ),
    ),
    REMINDER: Wording(
        gettext_noop("Appointment {short}"),
        (_APPOINTMENT, _CALL, _FOOT),
        gettext_noop("Appointment {long}, {place}. To change it call {number}. {end}"),
        asking=gettext_noop("Appointment {long}, {place}. {ask} {name}, {number}. {end}"),
    ),
    CANCELLED: Wording(
        gettext_noop("Cancelled: appointment {short}"),
        (gettext_noop("The appointment {long} is cancelled. Please do not travel."), _ASK, _FOOT),
        gettext_noop("The appointment {long} is cancelled. Please do not travel. {name}, {number}. {end}"),
    ),
    CANCELLED_TODAY: Wording(
        gettext_noop("Today's appointment"),
        (
            gettext_noop(
                "Today's appointment cannot take place. Please do not travel. We are calling you. {number}"
            ),
            _FOOT,
        ),
        gettext_noop(
            "Today's appointment cannot take place. Please do not travel. We are calling you. {name}, {number}"
        ),
    ),
    BOOK: Wording(
        gettext_noop("Please agree on an appointment"),
        (
            gettext_noop("Please agree with us on an appointment between {first} and {last}. Call {number}."),
            _FOOT,
        ),
        gettext_noop(
            "Please agree with us on an appointment between {first} and {last}. {name}, {number}. {end}"
        ),
    ),
    NEW_DAYS: Wording(
        gettext_noop("New days: please agree on an appointment"),
        (
            gettext_noop(
                "Please agree with us on an appointment between {first} and {last}. These are new days; the days given "
                "before no longer hold. Call {number}."
            ),
            _FOOT,
        ),
        gettext_noop(
            "New days: please agree with us on an appointment between {first} and {last}. The days given before no longer "
            "hold. {name}, {number}. {end}"
        ),
    ),
    MISSED: Wording(
        gettext_noop("Please call us"),
        (
            gettext_noop(
                "We would like to agree with you on a new appointment. Please call {number} when it suits you."
            ),
            _FOOT,
        ),
        gettext_noop(
            "We would like to agree with you on a new appointment. Please call {number} when it suits you. {name}. "
            "{end}"
        ),
    ),
    CALL_US: Wording(
        gettext_noop("Please call us"),
        (
            gettext_noop("Please call us when it suits you: {number}. Somebody is there to speak with you."),
            _FOOT,
        ),
        gettext_noop("Please call us when it suits you: {number}. {name}. {end}"),
    ),
    UPDATED: Wording(
        gettext_noop("Your record has been updated"),
        (
            gettext_noop("Your record has been updated. Nothing is needed now. Call any time: {number}."),
            _FOOT,
        ),
        gettext_noop("Your record has been updated. Nothing is needed now. Call any time: {number}. {name}"),
    ),
    CODE: Wording(
        gettext_noop("Your code"),
        (
            gettext_noop("Your code is {code}. Tell it to nobody; we never ask for it."),
            gettext_noop("{name}. Urgent number: {number}."),
        ),
        gettext_noop("Your code is {code}. Tell it to nobody; we never ask for it. {name}, {number}"),
    ),
    LINK: Wording(
        gettext_noop("Your page"),
        (
            gettext_noop("Your appointments: {link}"),
            gettext_noop("Whoever has this address can open it; keep it to yourself."),
            gettext_noop("{name}. Urgent number: {number}."),
        ),
        gettext_noop("Your appointments: {link} Keep this address to yourself. {name}, {number}"),
    ),
    AUTO_REPLY: Wording(
        gettext_noop("Your message has arrived"),
        (
            gettext_noop("Your message has arrived. Somebody reads it when we are open: {hours}."),
            gettext_noop("If it is urgent, call {number} at any time."),
            gettext_noop("{name}. Urgent number: {number}."),
        ),
        gettext_noop(
            "Your message has arrived. Somebody reads it when we are open: {hours}. If it is urgent, call {number} at "
            "any time. {name}"
        ),
    ),
    TRIAL: Wording(
        gettext_noop("A trial message"),
        (gettext_noop("This is a trial message. Nothing is needed."), _FOOT),
        gettext_noop("This is a trial message. Nothing is needed. {name}, {number}"),
    ),
}
