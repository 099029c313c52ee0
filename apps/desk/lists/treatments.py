"""Lists of treatments, appointments, flags and protocol versions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.admin import ModelAdmin as DjangoModelAdmin
from django.contrib.admin import SimpleListFilter, display
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Coalesce, TruncDate
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from apps.clinic.clock import day_bounds
from apps.clinic.models import Clinic
from apps.couples.models import Couple
from apps.desk import words
from apps.desk.access import Desk, desk_of
from apps.desk.lists.base import ScopedList, pill, tone
from apps.desk.lists.couples import found_couples
from apps.desk.lists.filters import COUPLE_FILTERS
from apps.desk.rows import local, number
from apps.treatments.drafts import drafts_of
from apps.treatments.models import Appointment, Flag, FlagState, ProtocolVersion, Treatment
from apps.treatments.queries import appointments_of, flags_of, protocols_of, treatments_of
from protocols.editing.exchanging import heading_of


def names_of(couple: Couple) -> str:
    return f"{couple.code} · {couple.recipient.full_name} & {couple.partner.full_name}"


class _ByCouple(ScopedList):
    """A list that is searched by whom it concerns."""

    search_fields = ("treatment__couple__code",)
    search_help_text = "Name, phone, code or hospital number of the couple"
    couple_field = "treatment__couple"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        found = found_couples(desk_of(request), search_term)
        return queryset.filter(**{f"{self.couple_field}__in": found}), False


class TreatmentList(_ByCouple):
    export_name = "treatments"
    list_before_template = "desk/_list_links.html"
    list_display = ("couple_names", "protocol_version", "started_on", "open_flags", "closed")
    list_filter = COUPLE_FILTERS
    list_display_links = ("couple_names",)
    couple_field = "couple"

    def rows(self, desk: Desk) -> QuerySet[Any]:
        rows = desk.everywhere(treatments_of, Treatment.objects.none())
        counted = rows.annotate(n_open=Count("flags", filter=Q(flags__state=FlagState.OPEN)))
        return counted.defer("protocol_version__document").order_by("couple__code")

    @display(description="couple", ordering="couple__code")
    def couple_names(self, row: Treatment) -> str:
        return names_of(row.couple)

    @display(description="open flags", ordering="n_open")
    def open_flags(self, row: Any) -> str | SafeString:
        return pill(str(row.n_open), "warn") if row.n_open else "—"

    @display(description="state")
    def closed(self, row: Treatment) -> SafeString:
        return pill("closed", "quiet") if row.is_closed else pill("running", "good")


class DayFilter(SimpleListFilter):
    """By the day on which the visit is booked, or proposed if it is not."""

    title, parameter_name = "day", "day"
    _DAYS: ClassVar = {
        "yesterday": (-1, 0),
        "today": (0, 1),
        "tomorrow": (1, 2),
        "week": (0, 7),
        "month": (0, 31),
    }

    def lookups(self, request: HttpRequest, model_admin: DjangoModelAdmin[Any]) -> list[tuple[str, str]]:
        return [
            ("yesterday", "Yesterday"),
            ("today", "Today"),
            ("tomorrow", "Tomorrow"),
            ("week", "Next 7 days"),
            ("month", "Next 31 days"),
            ("all", "All days"),
        ]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """The first choice is what is shown without any: not all days, but those that ask for something."""
        given = super().choices(changelist)
        yield {**next(given), "display": "Open or ahead"}
        yield from given

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        desk = desk_of(request)
        if self.value() == "all":
            return queryset
        if self.value() not in self._DAYS:
            return queryset.filter(self._open_or_ahead(desk))
        first, end = self._DAYS[str(self.value())]
        wanted = Q(pk__in=[])
        for clinic in desk.clinics:
            wanted |= self._in(clinic, desk, first, end)
        return queryset.filter(wanted)

    def _open_or_ahead(self, desk: Desk) -> Q:
        wanted = (
            Q(held=True)
            | Q(status__in=("booked", "arrived"))
            | Q(state__in=("proposed", "missed", "expired"))
        )
        for clinic in desk.clinics:
            begins, _ = day_bounds(clinic.zone, desk.today(clinic))
            wanted |= Q(clinic=clinic, starts_at__gte=begins)
        return wanted

    def _in(self, clinic: Clinic, desk: Desk, first: int, end: int) -> Q:
        today = desk.today(clinic)
        begins, _ = day_bounds(clinic.zone, today + timedelta(days=first))
        ends, _ = day_bounds(clinic.zone, today + timedelta(days=end))
        booked = Q(starts_at__gte=begins, starts_at__lt=ends)
        proposed = Q(
            starts_at=None,
            proposed_on__gte=today + timedelta(days=first),
            proposed_on__lt=today + timedelta(days=end),
        )
        return Q(clinic=clinic) & (booked | proposed)


class StatusFilter(SimpleListFilter):
    title, parameter_name = "status", "status"

    def lookups(self, request: HttpRequest, model_admin: DjangoModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("held", "on hold"), *words.STATUSES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "held":
            return queryset.filter(held=True)
        return queryset.filter(status=self.value()) if self.value() else queryset


class StepFilter(SimpleListFilter):
    """Steps by the title that they have in the rows themselves."""

    title, parameter_name = "step", "step"

    def lookups(self, request: HttpRequest, model_admin: DjangoModelAdmin[Any]) -> list[tuple[str, str]]:
        rows = model_admin.get_queryset(request).order_by().values_list("step", flat=True).distinct()
        return [(step, words.words(step)) for step in sorted(rows)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(step=self.value()) if self.value() else queryset


class AppointmentList(_ByCouple):
    export_name = "appointments"
    list_before_template = "desk/_list_links.html"
    list_display = ("what", "couple_names", "when", "shown_status", "good_days")
    list_filter = (DayFilter, StatusFilter, StepFilter)
    ordering = (Coalesce(TruncDate("starts_at"), F("proposed_on"), F("earliest_on")), "starts_at", "pk")

    def rows(self, desk: Desk) -> QuerySet[Any]:
        """Waiting visits have no day yet and stand in the plan only; so does what is not needed."""
        rows = desk.everywhere(appointments_of, Appointment.objects.none())
        asked_for = rows.exclude(state__in=("waiting", "not_applicable"), status="proposed", held=False)
        return asked_for.defer("treatment__protocol_version__document")

    @display(description="visit")
    def what(self, row: Appointment) -> str:
        return " ".join(filter(None, (row.title, number(row.plan))))

    @display(description="couple")
    def couple_names(self, row: Appointment) -> str:
        return names_of(row.treatment.couple)

    @display(description="when")
    def when(self, row: Appointment) -> str:
        if row.starts_at is not None:
            start = local(row)
            return f"{start:%a} {start.day} {start:%b %Y, %H:%M}"
        return (
            f"around {row.proposed_on:%a} {row.proposed_on.day} {row.proposed_on:%b %Y}"
            if row.proposed_on
            else "—"
        )

    @display(description="status")
    def shown_status(self, row: Appointment) -> SafeString:
        if row.held:
            return pill(
                "on hold" if row.status == "proposed" else f"{words.STATUSES[row.status]}, on hold", "bad"
            )
        if row.status == "proposed" and row.state != "proposed":
            return pill(words.STATES[row.state], tone(row.state))
        return pill(
            "pencilled" if row.pencilled and row.in_force else words.STATUSES[row.status], tone(row.status)
        )

    @display(description="good days")
    def good_days(self, row: Appointment) -> str:
        window = words.window_of(row.plan)
        near = row.earliest_on or row.latest_on
        return words.good_days(window, near, words.room_of(row.plan)) if near else "—"


class FlagStateFilter(SimpleListFilter):
    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: DjangoModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("all", "all"), *FlagState.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value() or FlagState.OPEN
        return queryset if wanted == "all" else queryset.filter(state=wanted)


class OwnerFilter(SimpleListFilter):
    title, parameter_name = "owner", "owner"

    def lookups(self, request: HttpRequest, model_admin: DjangoModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("doctor", "doctor"), ("nurse", "nurse"), ("manager", "manager")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(owner=self.value()) if self.value() else queryset


def _all_flags(clinic: Clinic) -> QuerySet[Flag]:
    return flags_of(clinic, state=None)


class FlagList(_ByCouple):
    export_name = "flags"
    list_before_template = "desk/_list_links.html"
    list_display = ("title", "couple_names", "text", "owner", "due", "shown_state")
    list_filter = (FlagStateFilter, OwnerFilter)

    def rows(self, desk: Desk) -> QuerySet[Any]:
        return desk.everywhere(_all_flags, Flag.objects.none()).order_by("due_on", "raised_at", "pk")

    @display(description="flag", ordering="code")
    def title(self, flag: Flag) -> SafeString:
        return pill(words.flag_words(flag.code), tone(flag.severity))

    @display(description="couple")
    def couple_names(self, flag: Flag) -> str:
        return names_of(flag.treatment.couple)

    @display(description="due", ordering="due_on")
    def due(self, flag: Flag) -> str:
        return f"{flag.due_on:%a} {flag.due_on.day} {flag.due_on:%b %Y}"

    @display(description="state")
    def shown_state(self, flag: Flag) -> SafeString:
        return pill(flag.state, tone(flag.state))


class ProtocolList(ScopedList):
    add_words, add_name = "Copy and edit a protocol", "admin:protocol_copy"
    list_before_template = "desk/_drafts_above_list.html"
    list_display = ("title", "name", "version", "published_on", "published_by")

    def rows(self, desk: Desk) -> QuerySet[Any]:
        return desk.everywhere(protocols_of, ProtocolVersion.objects.none())

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return self.list_display if desk_of(request).has_one_clinic else (*self.list_display, "clinic")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return desk_of(request).may_anywhere("edit protocols")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Above what is published, the drafts of the clinics in which the user edits."""
        desk = desk_of(request)
        mine = [draft for clinic in desk.where("edit protocols") for draft in drafts_of(clinic)]
        drafts = [(draft, heading_of(draft.document)["version"]) for draft in mine]
        context = {**(extra_context or {}), "drafts": drafts, "desk": desk}
        return super().changelist_view(request, context)

    @display(description="published", ordering="published_at")
    def published_on(self, row: ProtocolVersion) -> str:
        return f"{row.published_at:%Y-%m-%d}"
