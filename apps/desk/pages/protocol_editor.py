"""The editor of protocols: copy, edit by numbers or as a document, see at once what it does.

One of the two is worked on at a time, and the page says which: the numbers, with the document following, or the document,
with the numbers resting. Nothing here is in use before it is signed (`protocol_signing`).
"""

from __future__ import annotations

import difflib
from functools import cache
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse

from apps.clinic.errors import Conflict, Invalid, LitError
from apps.clinic.loading import workdays_of
from apps.clinic.models import Clinic
from apps.desk.access import Desk, desk_of
from apps.desk.forms.base import in_one_line
from apps.desk.forms.protocols import CopyForm
from apps.desk.pages.base import FormPage, page, press
from apps.desk.protocol_sheet import DOCUMENT, NUMBERS, Preview, Sheet, edited, heading_problems, preview_of
from apps.treatments.drafts import discard_draft, draft_by_id, save_draft, start_draft
from apps.treatments.models import ProtocolDraft
from apps.treatments.queries import protocol_by_id, protocols_of
from protocols import library_names, library_text
from protocols.editing.exchanging import heading_of, numbers_of, with_heading
from protocols.places import is_endless

RIGHT = "edit protocols"
LIST = "admin:treatments_protocolversion_changelist"


def copy(request: HttpRequest) -> HttpResponse:
    """A new draft from the library or from a version of the clinic's own, under a version label of its own."""
    desk = desk_of(request)
    clinics = desk.where(RIGHT)
    if not clinics:
        raise PermissionDenied("Only a doctor or a manager of the clinic edits its protocols.")
    origins = _origins(clinics)
    initial = {"origin": request.GET.get("origin", origins[0][0])}
    form = CopyForm(request.POST or None, origins=origins, clinics=clinics, initial=initial)

    def act() -> str:
        data = form.cleaned_data
        clinic = desk.clinic(UUID(data["clinic"]))
        heading = {"version": data["version"], "title": data["title"].strip()}
        draft = _started(desk, clinic, data["origin"], {name: said for name, said in heading.items() if said})
        return _address(draft)

    return FormPage(
        title="Copy a protocol",
        form=form,
        act=act,
        done="Copied. Nothing is in use until a doctor signs it.",
        button="Copy and edit",
        back=reverse(LIST),
        template="desk/protocol_copy.html",
        context={
            "may_publish": desk.may_anywhere("publish"),
        },
    ).answer(request)


def _origins(clinics: tuple[Clinic, ...]) -> list[tuple[str, str]]:
    """What may be copied: the library, and what these clinics have published."""
    library = [(f"library:{name}", f"Library: {title}") for name, title in _library()]
    versions = [version for clinic in clinics for version in protocols_of(clinic)]
    return library + [(f"version:{row.pk}", f"{row.title}, version {row.version}") for row in versions]


@cache
def _library() -> tuple[tuple[str, str], ...]:
    """Names of the protocols that ship, each with its title and how many numbers it leaves to the clinic."""
    found = []
    for name in library_names():
        text = library_text(name)
        blanks = sum(number.blank for number in numbers_of(text))
        left = f", {blanks} blank{'' if blanks == 1 else 's'}" if blanks else ""
        found.append((name, f"{heading_of(text)['title']}{left}"))
    return tuple(sorted(found, key=lambda entry: entry[1]))


def _started(desk: Desk, clinic: Clinic, origin: str, heading: dict[str, str]) -> ProtocolDraft:
    actor = desk.require(RIGHT, clinic)
    kind, _, key = origin.partition(":")
    if kind == "library":
        text = with_heading(library_text(key), heading)
        return start_draft(clinic=clinic, document=text, library=key, actor=actor, at=desk.at)
    version = protocol_by_id(clinic, UUID(key))
    text = with_heading(version.document, heading)
    return start_draft(clinic=clinic, document=text, based_on=version, actor=actor, at=desk.at)


def draft_for(request: HttpRequest, pk: UUID) -> tuple[Desk, ProtocolDraft]:
    """A draft of one of the user's clinics in which they may edit; else there is none, or they may not."""
    desk = desk_of(request)
    draft = desk.find(lambda clinic: draft_by_id(clinic, pk))
    desk.require(RIGHT, draft.clinic)
    return desk, draft


def edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The page. A POST checks, saves, changes between numbers and document, or goes on to the signature."""
    desk, draft = draft_for(request, pk)
    if request.method != "POST":
        return _page(
            request, draft, Sheet(draft.document), _source(request.GET.get("source"), draft.document)
        )
    posted = request.POST.dict()
    text, act, source = edited(posted), posted.get("act", "check"), _source(posted.get("source"), "")
    if act in (NUMBERS, DOCUMENT):
        return _turn(request, draft, Sheet(text), act, source)
    problems = heading_problems(posted) if source == NUMBERS else []
    if act not in ("save", "publish") or problems:
        return _page(request, draft, Sheet(text), source, problems=problems, status=422 if problems else 200)
    try:
        saved = _saved(desk, draft, text, posted.get("revision", ""))
    except Conflict as error:
        return _conflict(request, draft, Sheet(text), source, error)
    except LitError as error:
        return _page(request, draft, Sheet(text), source, problems=[in_one_line(error)], status=422)
    if act == "publish":
        return HttpResponseRedirect(reverse("admin:protocol_sign", args=[saved.pk]))
    return HttpResponseRedirect(f"{_address(saved)}?source={source}&saved=1")


def _saved(desk: Desk, draft: ProtocolDraft, text: str, revision: str) -> ProtocolDraft:
    if is_endless(text):
        remedy = "Write out what the alias stands for; the draft is as it was."
        raise Invalid("The document nests without end.", field="document", remedy=remedy)
    if not revision.isdecimal():
        raise Invalid(
            "It is not said which draft this was.", field="revision", remedy="Open the draft again."
        )
    actor = desk.require(RIGHT, draft.clinic)
    return save_draft(draft=draft, document=text, revision=int(revision), actor=actor, at=desk.at)


def _source(asked: str | None, text: str) -> str:
    """What is worked on: the document if asked for, or where there are no numbers to read from it."""
    return DOCUMENT if asked == DOCUMENT or (text and not Sheet(text).numbers) else NUMBERS


def _turn(request: HttpRequest, draft: ProtocolDraft, sheet: Sheet, wanted: str, source: str) -> HttpResponse:
    if wanted == NUMBERS and not sheet.numbers:
        problem = "No numbers can be read from this document. Mend the faults below first."
        return _page(request, draft, sheet, source, problems=[problem], status=422)
    return _page(request, draft, sheet, wanted)


def _conflict(
    request: HttpRequest, draft: ProtocolDraft, sheet: Sheet, source: str, error: Conflict
) -> HttpResponse:
    """The second of two is told and loses nothing: what they typed stands here, what the other saved beside it."""
    problem = (
        f"{error.message} Nothing is overwritten: what you typed still stands here, and the difference below it. "
        "Save again to replace theirs by yours, or take theirs."
    )
    theirs = difflib.unified_diff(
        draft.document.splitlines(), sheet.text.splitlines(), "theirs", "yours", n=1, lineterm=""
    )
    return _page(request, draft, sheet, source, problems=[problem], theirs=list(theirs), status=409)


def _page(
    request: HttpRequest,
    draft: ProtocolDraft,
    sheet: Sheet,
    source: str,
    *,
    problems: list[str] | None = None,
    theirs: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    desk = desk_of(request)
    template = sheet.examined.template
    context = {
        "draft": draft,
        "sheet": sheet,
        "source": source,
        "preview": _preview(desk, draft, sheet),
        "revision": draft.revision,
        "heading": sheet.heading,
        "line_numbers": "\n".join(str(number) for number in range(1, sheet.lines + 1)),
        "problems": problems or [],
        "theirs": theirs or [],
        "saved": "saved" in request.GET and request.method == "GET",
        "address": _address(draft),
        "preview_address": reverse("admin:protocol_preview", args=[draft.pk]),
        "discard_address": reverse("admin:protocol_discard", args=[draft.pk]),
        "back": reverse(LIST),
    }
    title = template.title if template else draft.title or draft.name
    return page(request, "desk/protocol_editor.html", f"Draft: {title}", context, status=status)


def preview(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What the editor's script asks for while somebody types. Saves nothing."""
    desk, draft = draft_for(request, pk)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    posted = request.POST.dict()
    sheet, source = Sheet(edited(posted)), _source(posted.get("source"), "")
    shown = _preview(desk, draft, sheet)
    context = {"sheet": sheet, "source": source, "preview": shown}
    ready = sheet.examined.template is not None
    said = {
        "faults": render_to_string("desk/_protocol_faults.html", context),
        "lines": render_to_string("desk/_protocol_lines.html", context),
        "preview": render_to_string("desk/_protocol_preview.html", context) if ready else None,
        "beside": sheet.beside,
        "says": sheet.says,
        "document": sheet.text,
        "status": " ".join(heading_problems(posted) if source == NUMBERS else []) or sheet.standing,
    }
    return JsonResponse(said, headers={"Cache-Control": "no-store"})


def _preview(desk: Desk, draft: ProtocolDraft, sheet: Sheet) -> Preview:
    return preview_of(sheet, workdays_of(draft.clinic), desk.today(draft.clinic))


def discard(request: HttpRequest, pk: UUID) -> HttpResponse:
    desk, draft = draft_for(request, pk)
    actor = desk.actor(draft.clinic)
    revision = request.POST.get("revision", "")
    return press(
        request,
        lambda: discard_draft(
            draft=draft,
            revision=int(revision) if revision.isdecimal() else 0,
            actor=actor,
            at=desk.at,
        ),
        done="The draft is thrown away. Its history stays.",
        back=reverse(LIST),
    )


def _address(draft: ProtocolDraft) -> str:
    return reverse("admin:protocol_edit", args=[draft.pk])
