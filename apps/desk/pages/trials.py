"""A trial message to somebody of the house, and what becomes of it while one looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.clinic.models import Clinic, User
from apps.couples.models import Language, RouteChannel
from apps.desk import languages
from apps.desk.access import Desk, desk_of
from apps.desk.forms.messages import TrialForm
from apps.desk.pages.base import FormPage, page
from apps.desk.post import moment_words
from apps.reminders.channels.office import PostOffice
from apps.reminders.models import Receipt, Trial, TrialState
from apps.reminders.queries import carried_by, trial_by_id, trials_of
from apps.reminders.samples import sample
from apps.reminders.services import begin_trial, send_trial
from apps.reminders.texts import TRIAL
from apps.reminders.words import ClinicalWord

# So long a page looks again by itself for the provider's next word.
_WATCHED = timedelta(minutes=3)
_SHOWN = 5
# What each code of ours means, and what mends it. A provider's own codes stand as they are.
_WHY = {
    "no provider": gettext_lazy("the channel has no provider, or it is switched off"),
    "no secret": gettext_lazy("the provider's secret cannot be read: type it again"),
    "ConnectionRefusedError": gettext_lazy("nobody answers at the server's outgoing address"),
    "429": gettext_lazy("too many at once: wait a little"),
    "401": gettext_lazy("the provider does not know this account and secret"),
    "403": gettext_lazy("the provider does not let this account send"),
}


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One trial: to where and in which words, and what is known of it."""

    trial: Trial
    channel: str
    language: str
    direction: str
    when: str
    state: str
    tone: str
    detail: str
    url: str


def ask(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The form; the trial leaves at once and its own page says what became of it."""
    desk = desk_of(request)
    clinic = desk.clinic(pk)
    actor = desk.require("run the clinic", clinic)
    own = desk.user.email if isinstance(desk.user, User) else ""
    able = [(one, str(RouteChannel(one).label)) for one in carried_by(clinic)]
    form = TrialForm(
        request.POST or None,
        channels=able,
        languages=languages.choices([clinic]),
        initial={"channel": RouteChannel.EMAIL.value, "address": own, "language": Language.ENGLISH.value},
    )

    def act() -> str:
        trial = begin_trial(clinic=clinic, actor=actor, at=desk.at, **form.cleaned_data)
        send_trial(trial=trial, carrier=PostOffice(), at=desk.at)
        return reverse("admin:trial", args=[trial.pk])

    return FormPage(
        title=_("Send a trial"),
        form=form,
        act=act,
        button=_("Send it now"),
        back=reverse("admin:clinic_messages", args=[clinic.pk]),
        template="desk/trial_ask.html",
        context={"texts": _texts(clinic)},
    ).answer(request)


def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What is known of one trial; the page looks again by itself while more may come."""
    desk = desk_of(request)
    trial = desk.find(lambda clinic: trial_by_id(clinic, pk))
    desk.require("run the clinic", trial.clinic)
    context = {
        "row": row_of(trial, desk),
        "clinic": trial.clinic,
        "watches": _awaits_more(trial) and desk.at < trial.asked_at + _WATCHED,
        "awaits": _awaits_more(trial),
    }
    return page(request, "desk/trial.html", _("Trial message"), context)


def trial_rows(clinic: Clinic, desk: Desk) -> list[TrialRow]:
    """The latest trials of the clinic."""
    return [row_of(trial, desk) for trial in trials_of(clinic)[:_SHOWN]]


def row_of(trial: Trial, desk: Desk) -> TrialRow:
    state, tone, detail = _state(trial, desk)
    return TrialRow(
        trial=trial,
        channel=str(RouteChannel(trial.channel).label),
        language=languages.name_of(trial.language),
        direction=languages.direction(trial.language),
        when=moment_words(trial.asked_at, trial.clinic, desk),
        state=state,
        tone=tone,
        detail=detail,
        url=reverse("admin:trial", args=[trial.pk]),
    )


def _state(trial: Trial, desk: Desk) -> tuple[str, str, str]:
    """In a word, how it is to be seen, and the rest."""
    if trial.receipt == Receipt.FAILED:
        return _("not delivered"), "bad", _why(trial)
    if trial.receipt and trial.receipt_at is not None:
        word = _("read") if trial.receipt == Receipt.READ else _("delivered")
        return word, "good", moment_words(trial.receipt_at, trial.clinic, desk)
    if trial.state == TrialState.SENT:
        return _("sent"), "good", _("the provider has taken it")
    if trial.state == TrialState.REFUSED:
        return _("not sent"), "bad", _why(trial)
    if trial.state == TrialState.UNKNOWN:
        return _("not known whether it arrived"), "warn", _why(trial)
    if trial.settled_at is None:
        return _("not sent"), "bad", _("interrupted before it left")
    return _("handed over"), "info", _("nothing is known of it yet")


def _why(trial: Trial) -> str:
    last = trial.error.rpartition(" ")[2]
    said = _WHY.get(trial.error) or _WHY.get(last)
    return f"{said} ({trial.error})" if said else trial.error


def _awaits_more(trial: Trial) -> bool:
    """A receipt may still come: plain e-mail has none."""
    is_open = trial.settled_at is not None and trial.state != TrialState.REFUSED
    return is_open and trial.channel != RouteChannel.EMAIL and trial.receipt in ("", Receipt.DELIVERED)


def _texts(clinic: Clinic) -> list[dict[str, str]]:
    """What would go, in every language."""
    try:
        found = [(code, sample(TRIAL, clinic=clinic, language=code)) for code in Language.values]
    except ClinicalWord:
        return []
    unread = languages.unread([clinic])
    return [
        {
            "language": languages.with_mark(code, code in unread),
            "code": code,
            "direction": languages.direction(code),
            "short": text.short,
            "subject": text.subject,
            "body": text.body,
        }
        for code, text in found
    ]
