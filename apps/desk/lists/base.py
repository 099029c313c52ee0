"""What every list of the desk has in common: only rows of the user's clinics, and nothing edited in place."""

from __future__ import annotations

from typing import Any, cast

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from apps.desk.access import Desk, desk_of


class KeyPaginator(Paginator):  # type: ignore[type-arg]  # not subscriptable at run time
    """Finds first which rows a page holds, then reads those few: whole rows are dear to sort."""

    def page(self, number: int | str) -> Page[Any]:
        valid = self.validate_number(number)
        start = (valid - 1) * self.per_page
        rows = cast(QuerySet[Any], self.object_list)
        keys = list(rows.values_list("pk", flat=True)[start : start + self.per_page])
        return Page(rows.filter(pk__in=keys), valid, self)


class ScopedList(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    """A list of rows. Each row's page is the desk's own; the raw forms of Django's admin do not exist."""

    change_list_template = "desk/change_list.html"
    # What the button above the list says and opens, for whoever may add.
    add_words = ""
    add_name = ""
    # Under which name the list goes out as a file; without one it does not.
    export_name = ""
    actions = None
    paginator = KeyPaginator
    list_per_page = 50
    list_filter_sheet = False
    show_facets = False
    list_disable_select_all = True

    def rows(self, desk: Desk) -> QuerySet[Any]:
        """The rows that this user may see; each list says which."""
        return self.model._default_manager.none()  # type: ignore[no-any-return]

    def more_links(self, request: HttpRequest) -> tuple[tuple[Any, str], ...]:
        """Further words and addresses above the list."""
        return ()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {**(extra_context or {}), "more_links": self.more_links(request)}
        return cast(HttpResponse, super().changelist_view(request, context))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.rows(desk_of(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(desk_of(request).clinics)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        clinics = desk_of(request).clinics
        return bool(clinics) and (obj is None or getattr(obj, "clinic", obj) in clinics)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def add_view(self, request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
        """The admin's own plus sign leads where the list's button leads."""
        if self.add_name and self.has_add_permission(request):
            return HttpResponseRedirect(reverse(self.add_name))
        raise Http404("There is no such page.")

    def change_view(self, request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
        raise Http404("There is no such page.")

    def delete_view(self, request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
        raise Http404("There is no such page.")

    def history_view(self, request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
        raise Http404("There is no such page.")


def pill(text: str, tone: str) -> SafeString:
    """A word with a colour; the word alone says all."""
    return format_html('<span class="desk-pill desk-{}">{}</span>', tone, text)


TONES = {
    "fulfilled": "good",
    "booked": "info",
    "arrived": "info",
    "proposed": "warn",
    "noshow": "bad",
    "missed": "bad",
    "cancelled": "quiet",
    "entered-in-error": "quiet",
    "open": "warn",
    "decided": "good",
    "cleared": "quiet",
    "urgent": "bad",
    "warning": "warn",
    "info": "info",
}


def tone(code: str) -> str:
    return TONES.get(code, "quiet")
