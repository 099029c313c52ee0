"""Rows of booking beyond the appointment itself. Each family of rows stands in a module of its own."""

from __future__ import annotations

from apps.booking.session_models import ActivityState as ActivityState
from apps.booking.session_models import SessionActivity as SessionActivity
