"""Lists of clinics and staff, and the one list for whoever runs the service."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from django.contrib.admin import display
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from oauth2_provider.models import Application

from apps.clinic.models import Clinic, Membership, User
from apps.clinic.queries import members
from apps.desk.access import Desk, desk_of
from apps.desk.lists.base import ScopedList, pill


class ClinicList(ScopedList):
    list_display = ("name", "zone", "phone")

    def rows(self, desk: Desk) -> QuerySet[Any]:
        return Clinic.objects.filter(pk__in=[clinic.pk for clinic in desk.clinics]).order_by("name")


class MembershipList(ScopedList):
    """Staff of the clinics that the user manages."""

    add_words, add_name = "Add to the staff", "admin:clinic_membership_add"
    list_display = ("who", "username", "role", "clinic", "works_here", "end")
    list_display_links = None

    def rows(self, desk: Desk) -> QuerySet[Any]:
        found = [members(clinic) for clinic in desk.where("run the clinic")]
        rows = reduce(or_, found) if found else Membership.objects.none()
        return rows.select_related("user", "clinic")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return desk_of(request).may_anywhere("run the clinic")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_module_permission(request)

    @display(description="name")
    def who(self, row: Membership) -> str:
        return row.user.get_full_name() or row.user.username

    @display(description="user name")
    def username(self, row: Membership) -> str:
        return row.user.username

    @display(description="works here")
    def works_here(self, row: Membership) -> SafeString:
        return pill("yes", "good") if row.is_active and row.user.is_active else pill("no", "quiet")

    @display(description="")
    def end(self, row: Membership) -> str | SafeString:
        if not row.is_active:
            return ""
        # The list stands inside Django's own form, which carries the token: the button only changes its address.
        return format_html(
            '<button class="desk-button" type="submit" formaction="{}" aria-label="End the membership of {}">End</button>',
            reverse("admin:member_end", args=[row.pk]),
            row.user.username,
        )


class ApplicationList(ScopedList):
    """Machine clients of the API: seen by whoever runs the service, never by a clinic's staff."""

    list_display = ("name", "client_id", "client_type", "authorization_grant_type", "created")
    list_display_links = None

    def rows(self, desk: Desk) -> QuerySet[Any]:
        rows: QuerySet[Any] = Application.objects.order_by("name")
        return rows if _runs_service(desk.user) else rows.none()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _runs_service(desk_of(request).user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)


def _runs_service(user: User | AnonymousUser) -> bool:
    return user.is_active and user.is_superuser
