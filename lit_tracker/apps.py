"""The wiring as a Django app, so that its system checks run with everybody's."""

from django.apps import AppConfig

from lit_tracker import checks

__all__ = ["WiringConfig", "checks"]


class WiringConfig(AppConfig):
    name = "lit_tracker"
    label = "lit_tracker"
