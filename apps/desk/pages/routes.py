"""What an address of the desk is: its path below the admin, its view, its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Route = tuple[str, Callable[..., Any], str]
