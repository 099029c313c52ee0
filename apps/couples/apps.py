"""Django's entry for the couples app."""

from django.apps import AppConfig


class CouplesConfig(AppConfig):
    name = "apps.couples"
    label = "couples"
    verbose_name = "Couples"
