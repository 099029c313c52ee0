"""What makes the revision of an entry newer besides the visit's own counter: everything else that its words hang on.

Programs keep what they have of an event whose SEQUENCE is not higher. So each part only ever grows, and is read from
rows that are never taken back: the history of the clinic, of the link and of the people whose link it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any

from django.apps import apps

from apps.clinic.models import Clinic
from apps.feeds.models import FeedLink
from apps.feeds.words import Wording

# Part of every SEQUENCE: to be raised with any change of a word, of a translation, or of a field that an entry has. A test
# knows what it stands for. Whoever takes words from the list of clinical words raises it by 8.
WORDING_REVISION = 1
# More than `Wording.withheld` can be: a clinic that mends its wording gets a higher number, not a lower one.
_EACH_WRITE = 8


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around every entry of one link: a part of SEQUENCE, and the newest change of any of it."""

    number: int
    changed_at: datetime


def around(link: FeedLink, wording: Wording) -> Around:
    """The clinic's row, the language of the person, what was chosen for the link, and what the word list withholds."""
    turns = list(_languages(link))
    written = _EACH_WRITE * _versions_of(link.clinic) + wording.withheld
    chosen = [link.changed_at] if link.revision else []
    return Around(
        WORDING_REVISION + written + link.revision + len(turns),
        max([link.clinic.changed_at, *chosen, *turns]),
    )


def _versions_of(clinic: Clinic) -> int:
    """How often the clinic's row was written: its words, place and number stand in every entry."""
    return int(_history("clinic", "ClinicEvent").filter(pgh_obj=clinic).count())


def _languages(link: FeedLink) -> Iterator[datetime]:
    """When the language of the link changed: with its person's wish, or with its person, where two rows were merged."""
    rows = _history("feeds", "FeedLinkEvent").filter(pgh_obj=link).order_by("pgh_id")
    owners = list(rows.values_list("person_id", "pgh_created_at"))
    yield from _turns(owners)
    people = _history("couples", "PersonEvent").filter(pgh_obj__in={owner for owner, _at in owners})
    spoken = people.order_by("pgh_obj", "pgh_id").values_list("pgh_obj_id", "language", "changed_at")
    for _person, of_one in groupby(spoken, key=lambda row: row[0]):
        yield from _turns((language, at) for _of, language, at in of_one)


def _turns(values: Iterable[tuple[object, datetime]]) -> Iterator[datetime]:
    """The moments at which a value is another than the one before."""
    yield from (at for (before, _at), (after, at) in pairwise(values) if before != after)


def _history(app: str, name: str) -> Any:
    return apps.get_model(app, name)._default_manager
