"""The sidebar: what a role works with, in the order of a day."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse

from apps.clinic.models import User
from apps.desk.access import Desk, desk_of


def stylesheet(request: HttpRequest) -> str:
    return static("desk/desk.css")


def icon(request: HttpRequest) -> str:
    return static("desk/icon.svg")


def groups(request: HttpRequest) -> list[dict[str, Any]]:
    """Groups of links, each marked if it is the page shown."""
    desk = desk_of(request)
    return [
        {
            "title": title,
            "separator": bool(n),
            "items": [_item(request, *entry) for entry in entries],
        }
        for n, (title, entries) in enumerate(_entries(desk))
        if entries
    ]


def _entries(desk: Desk) -> list[tuple[str, list[tuple[str, str, str]]]]:
    work = [
        ("Worklist", "checklist", "admin:index"),
        ("Day", "view_timeline", "admin:day"),
        ("Load", "grid_view", "admin:load"),
        ("Couples", "group", "admin:couples_couple_changelist"),
        ("Treatments", "route", "admin:treatments_treatment_changelist"),
        ("Appointments", "calendar_month", "admin:treatments_appointment_changelist"),
        ("Flags", "flag", "admin:treatments_flag_changelist"),
        ("Waiting list", "hourglass_empty", "admin:waiting"),
        ("Texts", "sms", "admin:texts"),
        ("Close a day", "event_busy", "admin:closings"),
    ]
    house = [
        ("Protocols", "menu_book", "admin:treatments_protocolversion_changelist"),
        ("Clinic", "home_health", "admin:clinic_clinic_changelist"),
    ]
    if desk.may_anywhere("run the clinic"):
        house.append(("Staff", "badge", "admin:clinic_membership_changelist"))
    return [("", work), ("Clinic", house), ("Service", _service(desk.user))]


def _service(user: User | AnonymousUser) -> list[tuple[str, str, str]]:
    if not user.is_superuser:
        return []
    return [("API clients", "key", "admin:oauth2_provider_application_changelist")]


def _item(request: HttpRequest, title: str, icon: str, name: str) -> dict[str, Any]:
    link = reverse(name)
    here = request.path == link if name == "admin:index" else request.path.startswith(link)
    return {"title": title, "icon": icon, "link": link, "active": here, "has_permission": True}
