"""Every address of the desk beyond the lists. Names begin with what they show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path, register_converter
from django.urls.converters import StringConverter

from apps.desk.pages import (
    arrivals,
    booking_urls,
    clinic,
    closing_urls,
    couple_urls,
    couples,
    day_urls,
    dose_urls,
    flags,
    joining,
    links,
    listing_urls,
    post_urls,
    protocol_editor,
    protocol_signing,
    protocols,
    records,
    resource_urls,
    staff,
    treatments,
    versions,
    visits,
    worklist_urls,
)
from apps.desk.pages.routes import Route

_COUPLE = "couples/couple/<uuid:pk>/"
_PERSON = "couples/person/<uuid:pk>/"
_TREATMENT = "treatments/treatment/<uuid:pk>/"
_VISIT = "treatments/appointment/<uuid:pk>/"
_FLAG = "treatments/flag/<uuid:pk>/"
_PROTOCOL = "treatments/protocolversion/"
_MOVE = "treatments/versionmove/<uuid:pk>/"
_DRAFT = "treatments/protocolversion/draft/<uuid:pk>/"
_CLINIC = "clinic/clinic/<uuid:pk>/"
_STAFF = "clinic/membership/"


class DayConverter(StringConverter):
    """A day written as 2026-01-12; anything else is no address."""

    regex = r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"


register_converter(DayConverter, "day")


def pages(signed_in: Callable[..., Any]) -> list[URLPattern]:
    """`signed_in` wraps a view so that only staff reach it."""
    return [path(route, signed_in(view), name=name) for route, view, name in ROUTES]


ROUTES: list[Route] = [
    *resource_urls.ROUTES,
    *booking_urls.ROUTES,
    *day_urls.ROUTES,
    *worklist_urls.ROUTES,
    *couple_urls.ROUTES,
    *listing_urls.ROUTES,
    *closing_urls.ROUTES,
    *dose_urls.ROUTES,
    *post_urls.ROUTES,
    (_COUPLE + "start/", couples.start, "couple_start"),
    (_PERSON + "change/", couples.edit_person, "person_edit"),
    (_PERSON + "links/", links.show, "person_links"),
    (_PERSON + "links/issue/", links.issue, "link_issue"),
    ("feeds/link/<uuid:pk>/choose/", links.choose, "link_choose"),
    ("feeds/link/<uuid:pk>/rotate/", links.renew, "link_rotate"),
    ("feeds/link/<uuid:pk>/revoke/", links.withdraw, "link_revoke"),
    (_TREATMENT + "change/", treatments.show, "treatments_treatment_change"),
    (_TREATMENT + "record/<slug:kind>/", records.add, "treatment_record"),
    (_TREATMENT + "join/", joining.join, "treatment_join"),
    (_TREATMENT + "loss/", records.loss, "treatment_loss"),
    ("treatments/record/<uuid:pk>/correct/", records.amend, "record_correct"),
    (_VISIT + "change/", visits.show, "treatments_appointment_change"),
    (_VISIT + "confirm/", visits.ink, "visit_confirm"),
    (_VISIT + "cancel/", visits.call_off, "visit_cancel"),
    (_VISIT + "arrive/", arrivals.come, "visit_arrive"),
    (_VISIT + "attend/", visits.perform, "visit_attend"),
    (_VISIT + "miss/", visits.not_come, "visit_miss"),
    (_FLAG + "change/", flags.show, "treatments_flag_change"),
    (_PROTOCOL + "publish/", protocols.publish, "protocol_publish"),
    (_PROTOCOL + "copy/", protocol_editor.copy, "protocol_copy"),
    (_DRAFT + "edit/", protocol_editor.edit, "protocol_edit"),
    (_DRAFT + "preview/", protocol_editor.preview, "protocol_preview"),
    (_DRAFT + "discard/", protocol_editor.discard, "protocol_discard"),
    (_DRAFT + "sign/", protocol_signing.sign, "protocol_sign"),
    (_PROTOCOL + "<uuid:pk>/change/", protocols.show, "treatments_protocolversion_change"),
    (_PROTOCOL + "<uuid:pk>/compare/", versions.compare, "version_compare"),
    (_PROTOCOL + "<uuid:pk>/move/", versions.move, "version_preview"),
    (_MOVE + "change/", versions.show, "version_move"),
    (_MOVE + "undo/", versions.undo, "version_move_undo"),
    ("treatments/versionmoveline/<uuid:pk>/undo/", versions.undo_one, "version_line_undo"),
    (_CLINIC + "change/", clinic.show, "clinic_clinic_change"),
    (_CLINIC + "hours/", clinic.hours, "clinic_hours"),
    (_CLINIC + "close/", clinic.close, "clinic_close"),
    (_CLINIC + "reopen/<day:from_on>/<day:to_on>/", clinic.reopen, "clinic_reopen"),
    (_CLINIC + "holiday/", clinic.add_holiday, "clinic_holiday"),
    (_CLINIC + "holiday/<day:on>/", clinic.tick, "clinic_tick"),
    (_CLINIC + "holidays/<int:year>/", clinic.list_year, "clinic_year"),
    (_STAFF + "add/", staff.add, "clinic_membership_add"),
    (_STAFF + "<uuid:pk>/end/", staff.end, "member_end"),
]
