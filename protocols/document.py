"""A document's relations, numbers and bands with the dotted paths of their fields, for whoever goes through them all."""

from __future__ import annotations

from collections.abc import Iterator

from protocols.template import OFFSETS, Band, LabTest, Number, Relation, Step, Template


def all_relations(template: Template) -> Iterator[tuple[str, Step, Relation]]:
    """Every relation with its field and its step."""
    for index, step in enumerate(template.steps):
        for group, relations in step.groups:
            for number, relation in enumerate(relations):
                yield f"steps.{index}.{group}.{number}", step, relation
        if step.repeat is not None:
            yield f"steps.{index}.repeat.until", step, step.repeat.until


def all_numbers(template: Template) -> Iterator[tuple[str, Number]]:
    """Every duration of the document with its field."""
    for field, _, relation in all_relations(template):
        for name in OFFSETS:
            number = getattr(relation, name)
            if number is not None:
                yield f"{field}.{name}", number
    for index, step in enumerate(template.steps):
        for place, requirement in enumerate(step.requires):
            if requirement.not_older_than is not None:
                yield f"steps.{index}.requires.{place}.not_older_than", requirement.not_older_than
    for name, test in template.tests.items():
        if test.result_due is not None:
            yield f"tests.{name}.result_due", test.result_due
        if test.valid_for is not None:
            yield f"tests.{name}.valid_for.number", test.valid_for.number


def bands_of(name: str, test: LabTest) -> Iterator[tuple[str, Band]]:
    """Every band of a test with its field, as the document writes it: flat where the test has one assay."""
    for assay, measured in test.assays.items():
        here = f"tests.{name}" if test.only else f"tests.{name}.assays.{assay}"
        for index, band in enumerate(measured.bands):
            yield f"{here}.bands.{index}", band
