"""A step's title in further languages: part of the document, of no plan."""

from __future__ import annotations

import pytest

from protocols import library_text
from protocols.errors import TemplateFaults
from protocols.loader import load
from protocols.versions.scheduling import scheduling_hash

TEXT = library_text("lit-standard")
TITLE = "    title: Sensitisation dose\n"


def with_titles(said: str) -> str:
    assert TITLE in TEXT
    return TEXT.replace(TITLE, f"{TITLE}    titles: {said}\n")


def test_a_title_in_further_languages_changes_no_plan() -> None:
    found = load(with_titles("{te: మొదటి మోతాదు, ur: خوراک}"))
    assert found.step_named["sensitisation"].titles == {"te": "మొదటి మోతాదు", "ur": "خوراک"}
    assert scheduling_hash(found) == scheduling_hash(load(TEXT))


@pytest.mark.parametrize("said", ["{Telugu: x}", "{te: ''}", "[te]"])
def test_what_is_no_language_or_no_title_is_a_fault_of_the_document(said: str) -> None:
    with pytest.raises(TemplateFaults) as refused:
        load(with_titles(said))
    assert all("titles" in fault.field for fault in refused.value.faults)
