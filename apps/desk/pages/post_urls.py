"""Addresses of what is sent, and of what stops it."""

from __future__ import annotations

from apps.desk.pages import (
    brake,
    call_us,
    cards,
    contact,
    couple_messages,
    message_settings,
    own_texts,
    silence,
    texts,
    trials,
    undelivered,
    visit_messages,
)
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
    (_COUPLE + "call-us/", call_us.show, "couple_call_us"),
    (_COUPLE + "written/", call_us.after_loss, "couple_after_loss"),
    (_COUPLE + "messages/", couple_messages.show, "couple_messages"),
    (_CLINIC + "messages/", message_settings.show, "clinic_messages"),
    (_CLINIC + "messages/wording/", message_settings.wording, "clinic_wording"),
    (_CLINIC + "messages/hours/", message_settings.hours, "clinic_message_hours"),
    (_CLINIC + "messages/registered/", message_settings.register, "clinic_register"),
    (_CLINIC + "messages/trial/", trials.ask, "clinic_trial"),
    (_CLINIC + "messages/texts/", own_texts.show, "clinic_texts"),
    (_CLINIC + "messages/by/<slug:kind>/", message_settings.channel, "clinic_channel"),
    ("reminders/registered/<uuid:pk>/forget/", message_settings.forget, "registered_forget"),
    ("reminders/trial/<uuid:pk>/", trials.show, "trial"),
    ("cards/", cards.show, "cards"),
    ("reminders/delivery/<uuid:pk>/card/", cards.one, "card"),
    ("reminders/delivery/<uuid:pk>/handed/", cards.handed, "card_handed"),
    ("texts/", texts.show, "texts"),
    ("messages/undelivered/", undelivered.show, "undelivered"),
    ("texts/<uuid:pk>/read/", texts.read, "text_read"),
    ("couples/person/<uuid:pk>/routes/", contact.show, "person_routes"),
    ("treatments/appointment/<uuid:pk>/messages/", visit_messages.show, "visit_messages"),
]
