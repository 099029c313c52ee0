"""Django's entry for the reminders app."""

from importlib import import_module

from django.apps import AppConfig


class RemindersConfig(AppConfig):
    name = "apps.reminders"
    label = "reminders"
    verbose_name = "Reminders"

    def ready(self) -> None:
        import_module("apps.reminders.checks")  # registers what every start checks
