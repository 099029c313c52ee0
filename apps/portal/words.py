"""Words of the page that stand in no template: what it says after an act, dates, and how a code comes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.utils import translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.couples.models import Language, RouteChannel
from apps.couples.route_queries import Way

# Each in its own script: whoever seeks their language reads it there.
LANGUAGES = (
    (Language.ENGLISH.value, "English"),
    (Language.HINDI.value, "हिन्दी"),
    (Language.TELUGU.value, "తెలుగు"),
    (Language.URDU.value, "اردو"),
)

SAID: Mapping[str, Promise] = {
    "coming": _("Thank you. We know that you are coming."),
    "not-coming": _("We no longer count on it that you are coming. The appointment still stands."),
    "change": _("We will call you to find another time. Until then the appointment still stands."),
    "away": _("We know these days now. If an appointment falls on them, we will call you."),
    "here": _("These days are open again."),
    "wishes": _("Your wishes are kept."),
    "started": _("You will get messages again."),
    "not-started": _("Messages stay stopped for now. Please call us."),
    "nothing": _("Nothing is being sent to you."),
    "call": _("We will call you."),
    "thanks": _("Thank you. You can call us any time."),
    "closed": _("This page is closed again. It opens with a new code."),
}

# What is true whatever has become of the appointments meanwhile: a page that shows none says these alone.
WHILE_QUIET = frozenset({"wishes", "started", "not-started", "nothing", "call", "thanks", "closed"})

# Why something did not work, by the code of the error.
WRONG: Mapping[str, Promise] = {
    "none": _("This code is too old. Please ask for a new one."),
    "wrong": _("This is not the code. Please look again."),
    "tries": _("This code was wrong too often. Please ask for a new one."),
    "too_many_codes": _("There were too many codes today. Please call us."),
    "no_way": _("We cannot send you a code now. Please call us."),
    "days": _("Please look at the two days again: the first, then the last, none in the past."),
    "nothing_planned": _("There is nothing planned at the moment."),
    "too_many_links": _("You have five calendar addresses. Please call us to end one."),
    "not_booked": _("This appointment has changed. Please look again."),
}


def in_each_language() -> list[tuple[str, str, str, str, str]]:
    """What a closed address says to whoever holds it, nobody knowing who that is: language, direction, title, text, and
    what stands before an urgent number."""
    said = []
    for language, _name in LANGUAGES:
        with translation.override(language):
            direction = "rtl" if translation.get_language_bidi() else "ltr"
            text = gettext("Please call us. Our number stands in our messages.")
            urgent = gettext("Urgent? Call at any time:")
            said.append((language, direction, gettext("This page is not open"), text, urgent))
    return said


def moment_words(local: datetime) -> str:
    """Thu 15 Jan, 08:00 in the page's language; `local` is wall time."""
    return f"{day_words(local)}, {local:%H:%M}"


def day_words(on: date) -> str:
    """Thu 15 Jan; in other languages the month in full, which has no short form that everybody reads."""
    return date_format(on, "D j M" if translation.get_language() == Language.ENGLISH else "D j F")


def way_words(way: Way) -> str:
    """How a code comes, without giving the address away."""
    if way.channel == RouteChannel.EMAIL:
        return gettext("by e-mail")
    channel = "WhatsApp" if way.channel == RouteChannel.WHATSAPP else "SMS"
    text = gettext("by %(channel)s to the number that ends in %(end)s")
    return text % {"channel": channel, "end": way.address[-2:]}
