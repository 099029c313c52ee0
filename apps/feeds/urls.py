"""Addresses of calendar feeds."""

from django.urls import URLPattern, path

from apps.feeds.views import calendar

urlpatterns: list[URLPattern] = [path("<str:token>.ics", calendar, name="feed")]
