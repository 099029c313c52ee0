"""What every page has in common: whose it is, its language, its headers, and who may send a form to it.

The address holds 256 secret bits that no other site knows, so a form from elsewhere has nowhere to go. Besides, every
form carries a key of its address, the cookie of a code is not sent by other sites (SameSite), and a browser that says
that another site is asking is refused. Django's own cookie for forms is not used: it is lost where cookies are
blocked, and without a referrer a browser names no origin to compare.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import get_language_bidi
from django.views.decorators.csrf import csrf_exempt

from apps.clinic.actors import Actor
from apps.clinic.errors import NotFound
from apps.clinic.models import Clinic
from apps.clinic.queries import only_clinic
from apps.couples.models import Language, Person
from apps.portal.facts import Outside
from apps.portal.models import PageLink, PageVisit
from apps.portal.queries import live_link, visit_of
from apps.portal.words import LANGUAGES, in_each_language

# What this edge takes for now.
clock: Callable[[], datetime] = timezone.now
_HOST_ONLY = "__Host-" if settings.HTTPS else ""
OPENED, CHOSEN, MADE = f"{_HOST_ONLY}opened", f"{_HOST_ONLY}language", f"{_HOST_ONLY}made"
# So long an answer may be shown again: a phone that loads the page anew an hour later says nothing of it.
SAID_FOR = timedelta(minutes=2)
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Frame:
    """One request at one address. `visit` is what a code opened, None without one; `here` is this very page, for the choice
    of its language.
    """

    link: PageLink
    visit: PageVisit | None
    base: str
    here: str
    language: str
    at: datetime
    said: str = ""

    @property
    def person(self) -> Person:
        return self.link.person

    @property
    def clinic(self) -> Clinic:
        return self.link.clinic

    @property
    def actor(self) -> Actor:
        return Actor.patient(person_id=self.link.person_id, clinic_id=self.link.clinic_id)

    @property
    def key(self) -> str:
        """What each form of this address carries."""
        return self.seal("form")

    def seal(self, text: str) -> str:
        """What proves that this server wrote the text for this address."""
        return _seal(self.link, text)


View = Callable[..., HttpResponse]


def at_page(view: View) -> View:
    """A view of one address: `view(request, frame, ...)`. Plain 404 for a token that nobody has."""

    @csrf_exempt
    @wraps(view)
    def answered(request: HttpRequest, token: str, **given: Any) -> HttpResponse:
        if request.method not in ("GET", "HEAD", "POST"):
            return quiet(HttpResponseNotAllowed(["GET", "HEAD", "POST"]))
        at = clock()
        link = live_link(token)
        if link is None:
            return unknown()
        frame = _frame(request, link, token, at)
        with translation.override(frame.language):
            try:
                if request.method == "POST" and not _is_own(request, frame):
                    answer = page(frame, "portal/again.html", status=403)
                else:
                    answer = view(request, frame, **given)
            except NotFound:
                # An appointment that the page showed a while ago and shows no more.
                answer = page(frame, "portal/gone.html", status=404)
        if request.GET.get("l") in Language.values:
            keep(answer, CHOSEN, frame.language)
        return quiet(answer)

    return answered


def opened(view: View) -> View:
    """A view that needs a code: whoever has given none is asked for one and comes back here."""

    @wraps(view)
    def answered(request: HttpRequest, frame: Frame, **given: Any) -> HttpResponse:
        if frame.visit is None:
            return go(frame, f"code/?next={request.path.removeprefix(frame.base)}")
        return view(request, frame, **given)

    return answered


def page(
    frame: Frame, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """A page of the address in its language."""
    shown = {
        "frame": frame,
        "outside": Outside.of(frame.clinic),
        "languages": LANGUAGES,
        "rtl": get_language_bidi(),
        **(context or {}),
    }
    return HttpResponse(render_to_string(template, shown), status=status)


def go(frame: Frame, where: str = "", *, said: str = "") -> HttpResponse:
    """On to another page of the same address; `said` is one of `words.SAID`, shown there and for a moment only."""
    more = f"{'&' if '?' in where else '?'}said={_sealed(frame.link, said, frame.at)}" if said else ""
    return HttpResponseRedirect(f"{frame.base}{where}{more}")


def unknown() -> HttpResponse:
    """What every address says that is not open, whether it ended or never was: nothing but how to go on.

    The urgent number stands here where the service is one clinic's: it then follows from no address.
    """
    clinic = only_clinic()
    shown = {"closed": in_each_language(), "outside": Outside.of(clinic) if clinic is not None else None}
    return quiet(HttpResponse(render_to_string("portal/unknown.html", shown), status=404))


def quiet(response: HttpResponse) -> HttpResponse:
    """Kept nowhere, listed nowhere, shown inside nothing; loads nothing from elsewhere, runs nothing, tells nobody."""
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response["Referrer-Policy"] = "no-referrer"
    response["Content-Security-Policy"] = _POLICY
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    return response


def open_with(response: HttpResponse, token: str, seconds: int) -> HttpResponse:
    """Gives the browser the cookie of what a code opened."""
    return keep(response, OPENED, token, seconds)


def keep(response: HttpResponse, name: str, value: str, seconds: int | None = None) -> HttpResponse:
    """Leaves a cookie that no script reads and no other site sends; without `seconds` until the browser is closed."""
    response.set_cookie(
        name, value, max_age=seconds, secure=settings.HTTPS, httponly=True, samesite="Lax", path="/"
    )
    return response


def _frame(request: HttpRequest, link: PageLink, token: str, at: datetime) -> Frame:
    wanted = (request.GET.get("l"), request.COOKIES.get(CHOSEN), link.person.language)
    after = request.POST.get("next") or request.GET.get("next") or ""
    return Frame(
        link=link,
        visit=visit_of(link, request.COOKIES.get(OPENED, ""), at),
        base=f"/p/{token}/",
        here=f"{request.path}?{urlencode({'next': after})}&" if after else f"{request.path}?",
        language=next((one for one in wanted if one in Language.values), Language.ENGLISH.value),
        at=at,
        said=_opened(link, request.GET.get("said", ""), at),
    )


def _sealed(link: PageLink, said: str, at: datetime) -> str:
    """The word with its minute and a seal: an address that is kept or made up says nothing later."""
    moment = int(at.timestamp())
    return f"{said}.{moment}.{_seal(link, f'{said}.{moment}')}"


def _opened(link: PageLink, sealed: str, at: datetime) -> str:
    text, _, seal = sealed.rpartition(".")
    if not constant_time_compare(seal, _seal(link, text)):
        return ""
    said, _, moment = text.partition(".")
    age = at - datetime.fromtimestamp(int(moment), UTC)
    return said if age <= SAID_FOR else ""


def _seal(link: PageLink, text: str) -> str:
    return salted_hmac("apps.portal.page", f"{link.pk}:{text}", algorithm="sha256").hexdigest()[:32]


def _is_own(request: HttpRequest, frame: Frame) -> bool:
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    return site in ("same-origin", "none") and constant_time_compare(request.POST.get("key", ""), frame.key)
