"""Django's entry for the feeds app."""

from importlib import import_module

from django.apps import AppConfig


class FeedsConfig(AppConfig):
    name = "apps.feeds"
    label = "feeds"
    verbose_name = "Calendar feeds"

    def ready(self) -> None:
        import_module("apps.feeds.checks")  # registers what every start checks
