"""The demo's outbox: what was or would be sent, and to whom, so that a visitor sees the product talk. With DEBUG only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET, require_POST

from apps.clinic.actors import Actor
from apps.couples.models import Person, RouteChannel
from apps.portal import frame
from apps.portal.services import address_of, issue_page, revoke_page
from apps.reminders.models import Delivery, DeliveryState, Provider, Trial, TrialState
from apps.reminders.secret_blanks import blanks_of
from apps.reminders.texts import CODE

_SHOWN = 60
# The backend that keeps its mails for this page.
DEMO_MAIL = "lit_tracker.local.demo_mail.DemoMail"
_VISITOR = "A visitor of the demo"


@dataclass(frozen=True, slots=True)
class Message:
    """One delivery as a visitor reads it. `text` is empty for what is not worded yet."""

    row: Delivery
    text: str

    @property
    def who(self) -> str:
        return self.row.person.full_name

    @property
    def out(self) -> bool:
        return self.row.state == DeliveryState.SENT.value


@require_GET
def outbox(request: HttpRequest) -> HttpResponse:
    """The latest messages of all clinics. 404 unless DEBUG: names and codes stand here."""
    _only_demo()
    now = frame.clock()
    rows = Delivery.objects.select_related("clinic", "person")
    out = rows.filter(sent_at__isnull=False).order_by("-sent_at")[:_SHOWN]
    due = rows.filter(state__in=("pending", "leased"), not_after__gt=now).order_by("due_at")[:_SHOWN]
    tried = Trial.objects.select_related("clinic").filter(_of_the_demo(), state=TrialState.SENT)
    shown = {
        "out": [_message(one) for one in out],
        "due": [_message(one) for one in due],
        "trials": tried.order_by("-asked_at")[:_SHOWN],
    }
    answer = frame.quiet(render(request, "portal/outbox.html", shown))
    # Without any, a browser names no origin beside its form, and Django refuses the form.
    answer["Referrer-Policy"] = "same-origin"
    return answer


@require_POST
def visit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Opens that person's page, by an address of its own in the place of the visitor's last one."""
    _only_demo()
    person = Person.objects.select_related("clinic").filter(pk=pk).first()
    if person is None:
        raise Http404("There is no such page.")
    actor, at = Actor.system("demo"), frame.clock()
    for link in person.page_links.filter(label=_VISITOR, ended_at=None):
        revoke_page(link=link, actor=actor, at=at)
    _, token = issue_page(person=person, label=_VISITOR, actor=actor, at=at)
    return HttpResponseRedirect(address_of(token).removeprefix(settings.BASE_URL))


urlpatterns: list[URLPattern] = [
    path("", outbox, name="demo_outbox"),
    path("<uuid:pk>/", visit, name="demo_page"),
]


def _only_demo() -> None:
    if not settings.DEBUG:
        raise Http404("There is no such page.")


def _of_the_demo() -> Q:
    """Trials that left this machine no more than the messages did."""
    own = Q(provider=Provider.DEMO)
    return own | Q(channel=RouteChannel.EMAIL) if settings.EMAIL_BACKEND == DEMO_MAIL else own


def _message(row: Delivery) -> Message:
    kept = Path(settings.DEMO_OUTBOX or "/nowhere") / f"{row.pk}.txt"
    if kept.is_file():
        return Message(row, kept.read_text(encoding="utf-8"))
    waiting = row.kind == CODE and blanks_of(row).get("code")
    return Message(row, f"Your code is {waiting}." if waiting else row.body)
