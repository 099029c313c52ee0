"""The word lint at check time: every word of a calendar in every language that ships."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, register
from django.utils import translation
from django.utils.translation import gettext

from apps.feeds.ical import PRODID
from apps.feeds.words import TEXTS
from apps.reminders.checks import clinical_texts
from apps.reminders.messages import SPOKEN
from apps.reminders.words import clinical_words


@register
def calendars_are_neutral(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """`feeds.E001`: a word of ours or a translation is a clinical word. `feeds.I001`: so is one in the domain of the ids
    of events, which stand in everybody's calendar."""
    found: list[CheckMessage] = []
    for language in SPOKEN:
        with translation.override(language):
            texts = {f"calendar, {text!r}": [gettext(text)] for text in TEXTS} | {"PRODID": [PRODID]}
        found += [Error(f"{language}, {line}", id="feeds.E001") for line in clinical_texts(texts)]
    said = clinical_words(settings.FEED_UID_DOMAIN)
    if said and not settings.DEBUG:
        hint = "Choose a neutral one before the first calendar is given away, and never change it afterwards."
        found.append(Info(f"FEED_UID_DOMAIN holds {', '.join(said)}", hint=hint, id="feeds.I001"))
    return found
