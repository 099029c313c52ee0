"""Addresses of the page of a couple and what hangs on it."""

from __future__ import annotations

from apps.desk.pages import couple, files, notes, own_page, results, transfers
from apps.desk.pages.routes import Route

_COUPLE = "couples/couple/<uuid:pk>/"
_PERSON = "couples/person/<uuid:pk>/"
_PAGE = "portal/page/<uuid:pk>/"
_NOTE = "couples/note/<uuid:pk>/"
_RECORD = "treatments/record/<uuid:pk>/"
_FILE = "treatments/attachment/<uuid:pk>/"

ROUTES: list[Route] = [
    (_COUPLE + "change/", couple.show, "couples_couple_change"),
    (_COUPLE + "note/", notes.write, "couple_note"),
    (_PERSON + "page/", own_page.show, "person_page"),
    (_PERSON + "page/issue/", own_page.issue, "page_issue"),
    (_PAGE + "rotate/", own_page.renew, "page_renew"),
    (_PAGE + "revoke/", own_page.withdraw, "page_revoke"),
    (_NOTE + "replace/", notes.replace, "note_replace"),
    (_NOTE + "withdraw/", notes.withdraw, "note_withdraw"),
    (_RECORD + "attach/", files.attach, "record_attach"),
    (_RECORD + "read/", results.read, "record_read"),
    (_FILE + "fetch/", files.fetch, "file_fetch"),
    (_FILE + "withdraw/", files.withdraw, "file_withdraw"),
    (_RECORD + "move/", transfers.choose, "record_move"),
    (_RECORD + "move/<uuid:to>/", transfers.confirm, "record_move_to"),
]
