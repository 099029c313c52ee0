"""Addresses of lists that come in and go out."""

from __future__ import annotations

from apps.desk.pages import importing
from apps.desk.pages.routes import Route

_IMPORT = "couples/import/<uuid:pk>/"

ROUTES: list[Route] = [
    ("couples/import/", importing.upload, "couple_import"),
    ("couples/import/template.<slug:form>", importing.template, "couple_import_template"),
    (_IMPORT, importing.show, "couple_import_show"),
    (_IMPORT + "confirm/", importing.confirm, "couple_import_confirm"),
    (_IMPORT + "discard/", importing.discard, "couple_import_discard"),
    ("couples/unreleased/", importing.unreleased, "couples_unreleased"),
]
