"""Names that may be mistaken for those of the couple whose page it is."""

from __future__ import annotations

from typing import Any

from django import template

from apps.couples.queries import similar_to
from apps.desk.access import Desk
from apps.desk.rows import Who, who

register = template.Library()


@register.simple_tag(takes_context=True)
def similar_names(context: dict[str, Any], shown: Who) -> list[Who]:
    """Other couples of the clinic with a name like one of these two. Two indexed look-ups, asked by the banner alone: a
    list of couples shows no warnings.
    """
    desk = context.get("desk")
    if not isinstance(desk, Desk) or shown.couple is None:
        return []
    return [who(couple, desk) for couple in similar_to(shown.couple)]
