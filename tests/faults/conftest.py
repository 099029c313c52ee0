"""Failures inside the driver show what was compared."""

import pytest

pytest.register_assert_rewrite("tests.clinic_day", "tests.seen", "tests.houses", "tests.live_house")
