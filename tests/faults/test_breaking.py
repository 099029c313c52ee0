"""The table of what is taken out, and the tests that must notice it, keeps up with the code."""

from __future__ import annotations

import pytest

from tests.faults.breaking import BREAKS, ROOT, Break


@pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: broken.protection)
def test_each_protection_stands_once_where_it_is_said_to_stand(broken: Break) -> None:
    assert (ROOT / broken.file).read_text().count(broken.old) == 1
    assert all((ROOT / test).exists() for test in broken.tests)
