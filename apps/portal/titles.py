"""What a visit is called on the page that a code opens, in the reader's language.

A protocol's own title stands there where it is in that language: the document says it in English and may say it in
others (`titles`). Else plain words for the kind of visit stand first and the English title below them, for talking with
the clinic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.couples.models import Language
from apps.treatments.models import Appointment
from protocols.plan import says_its_number
from protocols.template import Step

_PLAIN: Mapping[str, Promise] = {
    "dose": _("Dose"),
    "test": _("Test"),
    "review": _("Visit with the doctor"),
    "contact": _("We talk with you"),
}


@dataclass(frozen=True, slots=True)
class Title:
    """`text` is in the reader's language; `own` is the protocol's English title where the text is not it."""

    text: str
    own: str = ""


def title_of(row: Appointment, step: Step | None, language: str) -> Title:
    """Told apart by its number, and by that it is done once more. `step` is None for what the protocol no longer has."""
    with translation.override(language):
        if language == Language.ENGLISH:
            return Title(_told_apart(row.title, row))
        given = step.titles.get(language, "") if step else ""
        if given:
            return Title(_told_apart(given, row))
        plain = _PLAIN[step.kind] if step else _("Appointment")
        return Title(_told_apart(str(plain), row), row.title)


def _told_apart(title: str, row: Appointment) -> str:
    dose = row.plan.get("dose") if says_its_number(row.title) else None
    number = dose or (row.occurrence if row.occurrence > 1 else None)
    numbered = f"{title} {number}" if number else title
    if row.plan.get("attempt", 1) > 1:
        return gettext("%(title)s, once more") % {"title": numbered}
    return numbered
