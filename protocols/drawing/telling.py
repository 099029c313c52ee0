"""The picture in words, for those who hear it read aloud."""

from __future__ import annotations

from protocols.drawing.spine import Marker, Passage, bands_of
from protocols.drawing.words import condition_words, rows_of
from protocols.template import Step, Template


def told(template: Template) -> str:
    """Everything that the picture says of the course, band by band."""
    said = [f"Evidence: {template.evidence}"]
    for band in bands_of(template):
        said.append(f"{band.title}:")
        said += [_told(template, item) for item in band.items]
    return " ".join(said)


def _told(template: Template, item: Marker | Step | Passage) -> str:
    if isinstance(item, Marker):
        return f"Milestone: {item.title}."
    if isinstance(item, Passage):
        return f"{item.gate.title}: {' '.join(f'{way.label}: {way.text}' for way in item.gate.outcomes)}"
    rows = [
        f"{f'{row.heading}: ' if row.heading else ''}{row.amount} {row.hangs_on}"
        for row in rows_of(template, item)
    ]
    only = f" Only with {condition_words(template, item.when)}." if item.when is not None else ""
    return f"{item.title}: {'; '.join(rows)}.{only}"
