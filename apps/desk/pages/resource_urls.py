"""Addresses of resources, hours and holidays."""

from __future__ import annotations

from apps.desk.pages import holidays, resources
from apps.desk.pages.routes import Route

_CLINIC = "clinic/clinic/<uuid:pk>/"
_RESOURCE = "clinic/resource/<uuid:pk>/"
_HOLIDAY = "clinic/holiday/<uuid:pk>/"

ROUTES: list[Route] = [
    (_CLINIC + "resources/", resources.show, "clinic_resources"),
    (_CLINIC + "resources/add/", resources.add, "resource_add"),
    (_CLINIC + "resources/close/", resources.close, "resource_close"),
    (_RESOURCE + "edit/", resources.edit, "resource_edit"),
    (_RESOURCE + "hours/", resources.hours, "resource_hours"),
    (_RESOURCE + "batches/", resources.batches, "resource_batches"),
    ("clinic/resourceclosure/<uuid:pk>/reopen/", resources.reopen, "resource_reopen"),
    (_CLINIC + "festivals/<int:year>/", holidays.festivals, "clinic_festivals"),
    (_HOLIDAY + "earlier/", holidays.shift_earlier, "holiday_earlier"),
    (_HOLIDAY + "later/", holidays.shift_later, "holiday_later"),
]
