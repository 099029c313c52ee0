"""Rows of booking beyond the appointment itself. Each family of rows stands in a module of its own."""

from __future__ import annotations

from apps.booking.call_models import CallOutcome as CallOutcome
from apps.booking.call_models import CallState as CallState
from apps.booking.call_models import CallTask as CallTask
from apps.booking.call_models import CallWhy as CallWhy
from apps.booking.call_models import Outcome as Outcome
from apps.booking.day_models import DayEnd as DayEnd
from apps.booking.day_models import DaySheet as DaySheet
from apps.booking.session_models import ActivityState as ActivityState
from apps.booking.session_models import SessionActivity as SessionActivity
