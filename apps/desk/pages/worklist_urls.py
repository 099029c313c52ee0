"""Addresses of the first page, its calls, who answers for whom, and decisions by phone."""

from __future__ import annotations

from apps.desk.pages import calls, disposing, donors, kept_times, phone, responsible, worklist
from apps.desk.pages.routes import Route

_PHONE = "worklist/phone/<uuid:pk>/"

ROUTES: list[Route] = [
    ("worklist/filter/", worklist.keep, "worklist_filter"),
    ("worklist/list/<slug:kind>/", worklist.whole, "worklist_kind"),
    ("worklist/call/<uuid:pk>/", calls.ring, "call"),
    ("worklist/call/<uuid:pk>/note/", calls.note, "call_note"),
    ("worklist/call/<uuid:pk>/whose/", calls.whose, "call_whose"),
    ("worklist/visit/<uuid:pk>/", calls.ring_about, "call_visit"),
    ("worklist/donor/<uuid:pk>/", donors.ring, "call_donor"),
    ("treatments/treatment/<uuid:pk>/donor/<str:donor>/", donors.contact, "donor_contact"),
    ("worklist/couple/<uuid:pk>/", calls.ring_couple, "call_couple"),
    ("kept-times/", kept_times.show, "kept_times"),
    ("worklist/outcome/<uuid:pk>/undo/", calls.undo, "call_undo"),
    ("worklist/unit/<uuid:pk>/dispose/", disposing.dispose, "unit_dispose"),
    ("worklist/covers/<uuid:pk>/", responsible.covers, "covers"),
    ("worklist/cover/<uuid:pk>/end/", responsible.uncover, "cover_end"),
    (_PHONE + "sign/", phone.sign, "phone_sign"),
    (_PHONE + "refuse/", phone.refuse, "phone_refuse"),
    (_PHONE + "withdraw/", phone.withdraw, "phone_withdraw"),
    ("treatments/flag/<uuid:pk>/phone/", phone.enter, "flag_phone"),
    ("couples/couple/<uuid:pk>/assign/", responsible.couple, "couple_assign"),
    ("couples/couple/<uuid:pk>/ask/", calls.ask, "couple_ask"),
    ("couples/assign/", responsible.several, "couples_assign"),
]
