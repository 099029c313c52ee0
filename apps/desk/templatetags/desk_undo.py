"""The one undo of a visit, on any page that shows it."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context
from django.utils.translation import gettext_lazy as _

from apps.booking.models import ActKind
from apps.booking.undoing import undoable
from apps.desk.access import Desk
from apps.treatments.models import Appointment

register = template.Library()
_SAID = {
    ActKind.BOOK: _("Booked."),
    ActKind.MOVE: _("Moved."),
    ActKind.CANCEL: _("Cancelled."),
}


@register.inclusion_tag("desk/_undo.html", takes_context=True)
def undo_of(context: Context, visit: Appointment) -> dict[str, Any]:
    """What was done last, by whom, and the button; nothing where it cannot be undone or the role may not."""
    desk: Desk = context["desk"]
    act = undoable(visit, at=desk.at) if desk.may("book", visit.clinic) else None
    return {
        "act": act,
        "said": _SAID[ActKind(act.kind)] if act else "",
        "visit": visit,
        "csrf_token": context.get("csrf_token"),
    }
