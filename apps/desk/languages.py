"""Languages as the desk shows them: by name, and marked while nobody who speaks them has read our texts in them."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.clinic.models import Clinic
from apps.couples.models import Language
from apps.reminders.messages import SPOKEN
from apps.reminders.reviewing import reviewed_languages

NAMES = {
    Language.ENGLISH: gettext_lazy("English"),
    Language.HINDI: gettext_lazy("Hindi"),
    Language.TELUGU: gettext_lazy("Telugu"),
    Language.URDU: gettext_lazy("Urdu"),
}
UNREAD = gettext_lazy("not yet read by a native speaker")
_RIGHT_TO_LEFT = frozenset({"ur"})


def name_of(language: str) -> str:
    """The language as a nurse calls it; the code itself for one that we do not know."""
    return str(NAMES[Language(language)]) if language in NAMES else language


def direction(language: str) -> str:
    """``rtl`` or ``ltr``: which way the language is written."""
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"


def unread(clinics: Iterable[Clinic]) -> frozenset[str]:
    """Languages in which somebody would be sent what no native speaker has read for every one of these clinics."""
    return frozenset(language for clinic in clinics for language in set(SPOKEN) - reviewed_languages(clinic))


def choices(clinics: Iterable[Clinic]) -> list[tuple[str, str]]:
    """Every language to choose from, each that is unread marked so."""
    marked = unread(clinics)
    return [(code, with_mark(code, code in marked)) for code in Language.values]


def with_mark(language: str, is_unread: bool) -> str:
    if not is_unread:
        return name_of(language)
    return _("%(language)s (texts %(mark)s)") % {"language": name_of(language), "mark": UNREAD}
