"""Addresses of lists that come in and go out."""

from __future__ import annotations

from apps.desk.pages import enrolling, exporting, importing, merging
from apps.desk.pages.routes import Route

_PERSON = "couples/person/<uuid:pk>/"
_IMPORT = "couples/import/<uuid:pk>/"

ROUTES: list[Route] = [
    ("couples/couple/add/", enrolling.enrol, "couples_couple_add"),
    ("couples/import/", importing.upload, "couple_import"),
    ("couples/import/template.<slug:form>", importing.template, "couple_import_template"),
    (_IMPORT, importing.show, "couple_import_show"),
    (_IMPORT + "confirm/", importing.confirm, "couple_import_confirm"),
    (_IMPORT + "discard/", importing.discard, "couple_import_discard"),
    ("export/<slug:name>.<slug:form>", exporting.export, "list_export"),
    (_PERSON + "same/", merging.candidates, "person_same"),
    (_PERSON + "same/<uuid:other>/", merging.preview, "person_merge"),
    ("couples/merge/<uuid:pk>/", merging.show, "merge_show"),
    ("couples/merge/<uuid:pk>/undo/", merging.undo, "merge_undo"),
    ("couples/unreleased/", importing.unreleased, "couples_unreleased"),
]
