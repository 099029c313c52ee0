"""The desk as a Django app, and the admin site it runs on."""

from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig


class DeskAdminConfig(SimpleAdminConfig):
    """Django's admin without autodiscovery: only what the desk registers exists, so no other app can add a page."""

    default_site = "apps.desk.site.DeskSite"


class DeskConfig(AppConfig):
    name = "apps.desk"
    label = "desk"

    def ready(self) -> None:
        import_module("apps.desk.admin")
