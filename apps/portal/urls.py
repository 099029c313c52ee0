"""Addresses of the patient's page. Not one of them says what it is about."""

from django.urls import URLPattern, path

from apps.portal.pages import calendar, details, home, opening, visits, wishes

_PAGE = "<str:token>/"

urlpatterns: list[URLPattern] = [
    path(_PAGE, home.home, name="page"),
    path(_PAGE + "stop/", home.stop, name="page_stop"),
    path(_PAGE + "stopped/", home.stopped, name="page_stopped"),
    path(_PAGE + "code/", opening.code, name="page_code"),
    path(_PAGE + "code/enter/", opening.enter, name="page_enter"),
    path(_PAGE + "leave/", opening.leave, name="page_leave"),
    path(_PAGE + "visit/<uuid:pk>/coming/", visits.coming, name="page_coming"),
    path(_PAGE + "visit/<uuid:pk>/change/", visits.change, name="page_change"),
    path(_PAGE + "away/", wishes.away, name="page_away"),
    path(_PAGE + "wishes/", wishes.wishes, name="page_wishes"),
    path(_PAGE + "end/", wishes.end, name="page_end"),
    path(_PAGE + "calendar/", calendar.calendar, name="page_calendar"),
    path(_PAGE + "more/", details.more, name="page_more"),
]
