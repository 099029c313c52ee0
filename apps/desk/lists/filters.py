"""How lists of couples and treatments are narrowed: by protocol, state, messages and who answers for the couple."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.admin import ModelAdmin as DjangoModelAdmin
from django.contrib.admin import SimpleListFilter
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.clinic.models import Membership
from apps.couples.models import Couple
from apps.desk.access import desk_of
from apps.treatments.models import ProtocolVersion, Treatment

Choices = list[tuple[str, Any]]


def _prefix(queryset: QuerySet[Any]) -> str:
    """How a row of this list names its couple's columns."""
    return "" if queryset.model is Couple else "couple__"


class ProtocolFilter(SimpleListFilter):
    """By any treatment of the couple that is on a version of the protocol."""

    title, parameter_name = _("protocol"), "protocol"

    def lookups(self, request: HttpRequest, model_admin: DjangoModelAdmin[Any]) -> Choices:
        found = ProtocolVersion.objects.filter(clinic__in=desk_of(request).clinics).order_by("published_at")
        return sorted(dict(found.values_list("name", "title")).items(), key=lambda one: one[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        if queryset.model is Treatment:
            return queryset.filter(protocol_version__name=self.value())
        on_it = Treatment.objects.filter(couple=OuterRef("pk"), protocol_version__name=self.value())
        return queryset.filter(Exists(on_it))


class CourseFilter(SimpleListFilter):
    """Whether a treatment runs."""

    title, parameter_name = _("treatment"), "treatment"

    def lookups(self, request: HttpRequest, model_admin: DjangoModelAdmin[Any]) -> Choices:
        either: Choices = [("running", _("running")), ("closed", _("closed"))]
        return either if model_admin.model is Treatment else [*either, ("none", _("none yet"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value()
        if wanted not in ("running", "closed", "none"):
            return queryset
        if queryset.model is Treatment:
            return (
                queryset.filter(closed_reason="")
                if wanted == "running"
                else queryset.exclude(closed_reason="")
            )
        theirs = Treatment.objects.filter(couple=OuterRef("pk"))
        running = Exists(theirs.filter(closed_reason=""))
        if wanted == "running":
            return queryset.filter(running)
        return (
            queryset.filter(Exists(theirs)).exclude(running)
            if wanted == "closed"
            else queryset.exclude(Exists(theirs))
        )


class MessagesFilter(SimpleListFilter):
    """Whether anything is sent, and who came in by file and waits for a release."""

    title, parameter_name = _("messages"), "messages"
    _WANTED: ClassVar = {
        "sent": {"silent_since__isnull": True},
        "silent": {"silent_since__isnull": False},
        "imported": {"unreleased_since__isnull": False},
    }

    def lookups(self, request: HttpRequest, model_admin: DjangoModelAdmin[Any]) -> Choices:
        return [("sent", _("sent")), ("silent", _("none")), ("imported", _("imported, still silent"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self._WANTED.get(str(self.value()), {})
        return queryset.filter(**{f"{_prefix(queryset)}{name}": value for name, value in wanted.items()})


class _Answering(SimpleListFilter):
    """By who answers for the couple in one role."""

    role = ""

    def lookups(self, request: HttpRequest, model_admin: DjangoModelAdmin[Any]) -> Choices:
        staff = Membership.objects.filter(clinic__in=desk_of(request).clinics, role=self.role).select_related(
            "user"
        )
        named = {str(one.user_id): one.user.get_full_name() or one.user.username for one in staff}
        return [*sorted(named.items(), key=lambda one: one[1]), ("nobody", _("nobody"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted, column = str(self.value() or ""), f"{_prefix(queryset)}{self.role}"
        if wanted == "nobody":
            return queryset.filter(**{f"{column}__isnull": True})
        return (
            queryset.filter(**{f"{column}_id": int(wanted)})
            if wanted.isascii() and wanted.isdigit()
            else queryset
        )


class NurseFilter(_Answering):
    title, parameter_name, role = _("nurse"), "nurse", "nurse"


class DoctorFilter(_Answering):
    title, parameter_name, role = _("doctor"), "doctor", "doctor"


COUPLE_FILTERS = (ProtocolFilter, CourseFilter, MessagesFilter, NurseFilter, DoctorFilter)
