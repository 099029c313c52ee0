"""A doctor signs a draft: what differs, what is the clinic's own, the evidence, and the typed name."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from apps.clinic.errors import Invalid
from apps.desk.forms.protocol_numbers import FaultLine
from apps.desk.forms.protocols import SignForm
from apps.desk.pages.base import FormPage
from apps.desk.pages.protocol_editor import draft_for
from apps.desk.protocol_sheet import Sheet
from apps.treatments.drafts import publish_draft
from apps.treatments.models import ProtocolDraft
from apps.treatments.queries import protocols_of
from protocols import ProtocolsError, differences, library_names, library_text, load
from protocols.editing.exchanging import still_cited
from protocols.editing.numbers import OWN


def sign(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The last page before a version is published: nothing can be edited here, and only a doctor gets past it."""
    desk, draft = draft_for(request, pk)
    actor = desk.actor(draft.clinic)
    may_sign = desk.may("publish", draft.clinic)
    if request.method == "POST" and not may_sign:
        raise PermissionDenied("Only a doctor of the clinic signs a protocol.")
    sheet = Sheet(draft.document)
    origin = _origin(draft)
    obstacles = (*(_in_words(fault) for fault in sheet.listed), *_taken(draft, sheet))
    form = SignForm(request.POST or None, signer=actor.name, revision=draft.revision)

    def act() -> str:
        if obstacles:
            raise Invalid("It cannot be signed yet, see above.", remedy="Go back to the editor and mend it.")
        version = publish_draft(draft=draft, revision=form.cleaned_data["revision"], actor=actor, at=desk.at)
        return reverse("admin:treatments_protocolversion_change", args=[version.pk])

    template = sheet.examined.template
    return FormPage(
        title=f"Sign: {draft.title or draft.name}",
        form=form,
        act=act,
        done="Signed and published. It can no longer be changed; treatments may start on it.",
        button="Sign and publish",
        back=reverse("admin:protocol_edit", args=[draft.pk]),
        template="desk/protocol_sign.html",
        context={
            "draft": draft,
            "sheet": sheet,
            "template": template,
            "origin": origin_words(draft),
            "differences": _differences(origin, sheet),
            "still_cited": still_cited(sheet.text, origin) if origin else (),
            "obstacles": obstacles,
            "may_sign": may_sign and not obstacles,
            "is_doctor": may_sign,
            "edit_address": reverse("admin:protocol_edit", args=[draft.pk]),
        },
    ).answer(request)


def _in_words(fault: FaultLine) -> str:
    where = f"Line {fault.line}, " if fault.line else ""
    return f"{where}{fault.label}: {fault.text}"


def _taken(draft: ProtocolDraft, sheet: Sheet) -> tuple[str, ...]:
    """Whether the clinic has published this name and version before."""
    heading = sheet.heading
    used = protocols_of(draft.clinic).filter(name=heading["name"], version=heading["version"]).exists()
    if not used:
        return ()
    return (
        f"Version: {heading['name']} {heading['version']} is published and never changes. Give another version.",
    )


def origin_words(draft: ProtocolDraft) -> str:
    """What the draft was copied from, in words."""
    if draft.based_on is not None:
        return f"{draft.based_on.title}, version {draft.based_on.version}"
    return f"the library's {draft.based_on_library}" if draft.based_on_library else ""


def _differences(origin: str, sheet: Sheet) -> tuple[str, ...] | None:
    """What differs from what it was copied from; None where there is nothing to compare with.

    The notes that keep what the library said are left out: the list of the clinic's own numbers says the same.
    """
    if sheet.examined.template is None or not origin:
        return None
    try:
        lines = differences(load(origin), sheet.examined.template)
    except ProtocolsError:
        # An old version's document may no longer be read.
        return None
    return tuple(line for line in lines if f'"{OWN}' not in line)


def _origin(draft: ProtocolDraft) -> str:
    """The document that was copied; empty if there is none or it is gone from the library."""
    if draft.based_on is not None:
        return draft.based_on.document
    return library_text(draft.based_on_library) if draft.based_on_library in library_names() else ""
