"""The list of couples, searched by name, code, hospital number and phone."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import display
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest

from apps.couples.models import Couple, Person
from apps.couples.queries import couples_of, search
from apps.desk import words
from apps.desk.access import Desk, desk_of
from apps.desk.lists.base import ScopedList, pill
from apps.treatments.models import Treatment


class CoupleList(ScopedList):
    add_words, add_name = "Enrol a couple", "admin:couples_couple_add"
    list_display = ("code", "names", "phones", "protocol", "messages_sent", "enrolled")
    list_display_links = ("code", "names")
    search_fields = ("code",)
    search_help_text = "Name, phone, code or hospital number"
    ordering = ("code",)

    def rows(self, desk: Desk) -> QuerySet[Any]:
        treatments = Prefetch(
            "treatments", Treatment.objects.select_related("protocol_version").order_by("-created_at")
        )
        return (
            desk.everywhere(couples_of, Couple.objects.none())
            .select_related("clinic")
            .prefetch_related(treatments)
        )

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        desk = desk_of(request)
        hidden = set() if desk.may_anywhere("see contact data") else {"phones"}
        shown = tuple(name for name in self.list_display if name not in hidden)
        return shown if desk.has_one_clinic else (*shown, "clinic")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The couples' own search. Who may not see contact data finds nobody by a phone number."""
        if not search_term.strip():
            return queryset, False
        desk = desk_of(request)
        found = {
            pk
            for clinic in desk.clinics
            if desk.may("see contact data", clinic) or not _looks_like_phone(search_term)
            for pk in search(clinic, search_term).values_list("pk", flat=True)
        }
        return queryset.filter(pk__in=found), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return desk_of(request).may_anywhere("enrol")

    @display(description="names (age)")
    def names(self, couple: Couple) -> str:
        return " & ".join(_named(person, couple) for person in (couple.recipient, couple.partner))

    @display(description="phones")
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
        return pill("none", "bad") if couple.is_silent else pill("sent", "good")

    @display(description="enrolled")
    def enrolled(self, couple: Couple) -> str:
        return f"{couple.enrolled_at:%Y-%m-%d}"


def _named(person: Person, couple: Couple) -> str:
    age = words.age(person.birth_on, couple.enrolled_at.date())
    return f"{person.full_name} ({age})" if age else person.full_name


def _looks_like_phone(text: str) -> bool:
    return sum(sign.isdigit() for sign in text) >= 4 and not any(sign.isalpha() for sign in text)
