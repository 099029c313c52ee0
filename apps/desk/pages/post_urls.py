"""Addresses of what is sent, and of what stops it."""

from __future__ import annotations

from apps.desk.pages import brake, contact, silence, texts, visit_messages
from apps.desk.pages.routes import Route

_COUPLE = "couples/couple/<uuid:pk>/"
_CLINIC = "clinic/clinic/<uuid:pk>/"

ROUTES: list[Route] = [
    (_COUPLE + "silence/", silence.silence, "couple_silence"),
    (_COUPLE + "stop/", silence.stop, "couple_stop"),
    (_COUPLE + "speak/", silence.speak, "couple_speak"),
    (_COUPLE + "slip/", silence.take_back, "couple_slip"),
    (_COUPLE + "release/", silence.release, "couple_release"),
    (_CLINIC + "brake/", brake.pull, "clinic_brake"),
    (_CLINIC + "brake/release/", brake.release, "clinic_unbrake"),
    ("texts/", texts.show, "texts"),
    ("texts/<uuid:pk>/read/", texts.read, "text_read"),
    ("couples/person/<uuid:pk>/routes/", contact.show, "person_routes"),
    ("treatments/appointment/<uuid:pk>/messages/", visit_messages.show, "visit_messages"),
]
