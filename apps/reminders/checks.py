"""The word lint at check time: every text in every language that ships, before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, register
from django.utils import translation
from django.utils.translation import gettext

from apps.reminders.messages import SPOKEN
from apps.reminders.texts import ASK, END_BY_CALL, END_BY_REPLY, TEXTS
from apps.reminders.words import clinical_words


@register
def texts_are_neutral(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """`reminders.E001`: a text or a translation holds a clinical word. `reminders.I001`: so does our own address, which
    stands in the links that people are sent."""
    found: list[CheckMessage] = []
    for language in SPOKEN:
        with translation.override(language):
            texts = {
                name: [
                    gettext(text) for text in (words.subject, *words.parts, words.short, words.asking) if text
                ]
                for name, words in TEXTS.items()
            }
            texts["end"] = [gettext(END_BY_CALL), gettext(END_BY_REPLY), gettext(ASK)]
        found += [Error(f"{language}, {line}", id="reminders.E001") for line in clinical_texts(texts)]
    said = clinical_words(urlsplit(settings.BASE_URL).hostname or "")
    if said and not settings.DEBUG:
        hint = "Give the service a neutral name: it stands in links that are sent to people."
        found.append(Info(f"BASE_URL holds {', '.join(said)}", hint=hint, id="reminders.I001"))
    return found


def clinical_texts(texts: Mapping[str, Sequence[str]]) -> list[str]:
    """Which of the texts holds which words, one line each."""
    return [
        f"{name}: {', '.join(found)}"
        for name, lines in texts.items()
        if (found := clinical_words("\n".join(lines)))
    ]
