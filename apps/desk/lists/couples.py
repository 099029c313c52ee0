"""The list of couples, searched by name, code, hospital number and phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib.admin import action, display
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from apps.couples.models import Couple
from apps.couples.queries import couples_of, search, unreleased_of
from apps.desk.access import Desk, desk_of
from apps.desk.lists.base import ScopedList, pill
from apps.desk.lists.filters import COUPLE_FILTERS
from apps.desk.rows import who
from apps.treatments.models import Treatment


class CoupleList(ScopedList):
    add_words, add_name = "Enrol a couple", "admin:couples_couple_add"
    export_name = "couples"
    list_before_template = "desk/_list_links.html"
    list_display_links = ("code",)
    search_fields = ("code",)
    search_help_text = "Name, phone, code or hospital number"
    ordering = ("code",)
    list_filter = COUPLE_FILTERS
    actions: Any = ("give_to",)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Only for whoever may say who answers for a couple."""
        able = desk_of(request).may_anywhere("assign")
        found: dict[str, Any] = super().get_actions(request) if able else {}
        return found

    @action(description=_("Give to a nurse or doctor"))
    def give_to(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        ticked = urlencode([("couple", pk) for pk in queryset.values_list("pk", flat=True)])
        return HttpResponseRedirect(f"{reverse('admin:couples_assign')}?{ticked}")

    def rows(self, desk: Desk) -> QuerySet[Any]:
        treatments = Prefetch(
            "treatments", Treatment.objects.select_related("protocol_version").order_by("-created_at")
        )
        return (
            desk.everywhere(couples_of, Couple.objects.none())
            .select_related("clinic")
            .prefetch_related(treatments)
        )

    def get_list_display(self, request: HttpRequest) -> tuple[str | Callable[[Couple], str], ...]:
        """Ages are those of today in the couple's clinic, so the column is made for this request."""
        desk = desk_of(request)

        @display(description="names (age)")
        def names(couple: Couple) -> str:
            return who(couple, desk).text

        @display(description="phones")
        def phones_here(couple: Couple) -> str:
            return self.phones(couple) if desk.may("see contact data", couple.clinic) else "—"

        phones = (phones_here,) if desk.may_anywhere("see contact data") else ()
        clinic = () if desk.has_one_clinic else ("clinic",)
        return ("code", names, *phones, "protocol", "messages_sent", "enrolled", *clinic)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(pk__in=found_couples(desk_of(request), search_term)), False

    def more_links(self, request: HttpRequest) -> tuple[tuple[Any, str], ...]:
        """Couples by file, and those who came in that way and hear nothing yet."""
        desk = desk_of(request)
        links: list[tuple[Any, str]] = []
        if desk.may_anywhere("import"):
            links.append((_("Import"), reverse("admin:couple_import")))
        waiting = sum(unreleased_of(clinic).count() for clinic in desk.where("release"))
        if waiting:
            links.append((_("%(n)d still silent") % {"n": waiting}, reverse("admin:couples_unreleased")))
        return tuple(links)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return desk_of(request).may_anywhere("enrol")

    def phones(self, couple: Couple) -> str:
        return ", ".join(dict.fromkeys(filter(None, (couple.recipient.phone, couple.partner.phone)))) or "—"

    @display(description="treatment")
    def protocol(self, couple: Couple) -> str:
        rows = couple.treatments.all()
        return (
            "—" if not rows else rows[0].protocol_version.title + (" (closed)" if rows[0].is_closed else "")
        )

    @display(description="messages")
    def messages_sent(self, couple: Couple) -> str:
        if couple.unreleased_since is not None:
            return pill("none: imported", "warn")
        return pill("none", "bad") if couple.is_silent else pill("sent", "good")

    @display(description="enrolled")
    def enrolled(self, couple: Couple) -> str:
        return f"{couple.enrolled_at:%Y-%m-%d}"


def found_couples(desk: Desk, text: str) -> set[UUID]:
    """Who answers to these words; nobody by a phone number for those who may not see contact data."""
    return {
        pk
        for clinic in desk.clinics
        for pk in search(clinic, text, by_contact=desk.may("see contact data", clinic)).values_list(
            "pk", flat=True
        )
    }
