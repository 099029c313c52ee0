"""Lets mypy read settings.py without a database: the addresses below are never connected to.

Listed first among mypy's plugins, so that the environment stands before django-stubs imports the settings.
"""

import os

from mypy.plugin import Plugin

os.environ.setdefault("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/types-only")
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")
os.environ.setdefault("DEBUG", "1")


def plugin(version: str) -> type[Plugin]:
    """mypy's hook; the import of this module was the point."""
    return Plugin
