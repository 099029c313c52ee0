"""The rows of the claim's figure are whole: what the model asks for since then is filled in too."""

from __future__ import annotations

import re

from apps.reminders.models import Delivery
from benchmarks import claiming


def test_the_claims_rows_have_every_column_that_must_not_be_empty() -> None:
    (named,) = re.findall(r"reminders_delivery \((.*?)\)", claiming._LOAD, re.DOTALL)
    columns = {name.strip() for name in named.split(",")}
    assert {one.column for one in Delivery._meta.concrete_fields if not one.null} <= columns
