"""The admin site: staff of a clinic get in, and every page of the desk hangs here."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.forms import AuthenticationForm as PlainAuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from unfold.forms import AuthenticationForm
from unfold.sites import UnfoldAdminSite

from apps.clinic.models import User
from apps.desk.access import desk_of
from apps.desk.navigation import groups
from apps.desk.pages.urls import pages
from apps.desk.pages.worklist import home


class LoginForm(AuthenticationForm):  # type: ignore[misc]  # unfold ships no types
    """Membership decides who may enter, not Django's staff mark: any active user may sign in and then be refused."""

    def confirm_login_allowed(self, user: User) -> None:
        PlainAuthenticationForm.confirm_login_allowed(self, user)


class DeskSite(UnfoldAdminSite):  # type: ignore[misc]  # unfold ships no types
    """Nobody without an active membership gets further than the log-in page, superusers included."""

    index_title = "Worklist"
    site_title = "LIT Tracker"
    site_header = "LIT Tracker"
    enable_nav_sidebar = True
    login_form = LoginForm

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_authenticated and request.user.is_active and desk_of(request).clinics)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return home(request)

    def extra_urls(self) -> list[URLPattern]:
        """Before the lists' own addresses, so that a row's page is the desk's and never a raw form."""
        return pages(self.admin_view)

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        return groups(request)

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Unfold's command search caches results by user and knows no clinic: the desk does not have it."""
        return HttpResponse(status=404)
