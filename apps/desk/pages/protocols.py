"""Protocol versions: read, and publish one of the library with a doctor's signature."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.desk.access import desk_of
from apps.desk.forms.clinic import PublishForm
from apps.desk.pages.base import FormPage, page
from apps.treatments.queries import protocol_by_id, template
from apps.treatments.services import publish_protocol
from apps.treatments.version_queries import movable, moves_of, progress
from protocols import library_names, library_text


def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The version as it was signed: steps and numbers with their sources, the document below."""
    desk = desk_of(request)
    version = desk.find(lambda clinic: protocol_by_id(clinic, pk))
    context = {
        "version": version,
        "template": template(version),
        "count": version.treatments.count(),
        "candidates": movable(version).count(),
        "may_edit": desk.may("edit protocols", version.clinic),
        "may_move": desk.may("move treatments", version.clinic),
        "moves": [(move, progress(move)) for move in moves_of(version.clinic).filter(to_version=version)[:5]],
    }
    return page(request, "desk/protocol.html", version.title, context)


def publish(request: HttpRequest) -> HttpResponse:
    desk = desk_of(request)
    clinics = desk.where("publish")
    if not clinics:
        raise PermissionDenied("Only a doctor of the clinic publishes a protocol.")
    names = [(name, name) for name in library_names()]
    form = PublishForm(request.POST or None, names=names, clinics=clinics)

    def act() -> str:
        clinic = desk.clinic(UUID(form.cleaned_data["clinic"]))
        actor = desk.require("publish", clinic)
        version = publish_protocol(
            clinic=clinic,
            document=library_text(form.cleaned_data["name"]),
            signed_by=actor.name,
            actor=actor,
            at=desk.at,
        )
        return reverse("admin:treatments_protocolversion_change", args=[version.pk])

    return FormPage(
        title="Publish a protocol",
        form=form,
        act=act,
        done="Published. It can no longer be changed; treatments may start on it.",
        button="Sign and publish",
        back=reverse("admin:treatments_protocolversion_changelist"),
    ).answer(request)
