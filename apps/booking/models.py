"""Rows of booking beyond the appointment itself. Each family of rows stands in a module of its own."""

from __future__ import annotations

from apps.booking.call_models import CallOutcome as CallOutcome
from apps.booking.call_models import CallState as CallState
from apps.booking.call_models import CallTask as CallTask
from apps.booking.call_models import CallWhy as CallWhy
from apps.booking.call_models import Outcome as Outcome
from apps.booking.closing_models import Closing as Closing
from apps.booking.closing_models import ClosingLine as ClosingLine
from apps.booking.closing_models import ClosingLineState as ClosingLineState
from apps.booking.closing_models import ClosingState as ClosingState
from apps.booking.closing_models import LineDecision as LineDecision
from apps.booking.closing_models import Stage as Stage
from apps.booking.coming_models import ComingWord as ComingWord
from apps.booking.day_models import DayEnd as DayEnd
from apps.booking.day_models import DaySheet as DaySheet
from apps.booking.donor_models import DonorContact as DonorContact
from apps.booking.fitness_models import Checked as Checked
from apps.booking.fitness_models import FitnessCheck as FitnessCheck
from apps.booking.fitness_models import FitnessSetting as FitnessSetting
from apps.booking.session_models import ActivityState as ActivityState
from apps.booking.session_models import SessionActivity as SessionActivity
from apps.booking.undo_models import ActKind as ActKind
from apps.booking.undo_models import BookingAct as BookingAct
from apps.booking.unit_models import DonorUnit as DonorUnit
from apps.booking.unit_models import ReleaseRefusal as ReleaseRefusal
from apps.booking.unit_models import UnitCheck as UnitCheck
from apps.booking.unit_models import WitnessAttempt as WitnessAttempt
from apps.booking.waiting_models import WaitingWish as WaitingWish
from apps.booking.waiting_models import WishEnd as WishEnd
