"""The error tree: one base, and every fault of an input at once."""

import pytest

from apps.clinic.errors import Conflict, Fault, Forbidden, Invalid, LitError, NotFound


@pytest.mark.parametrize(
    ("error", "status"), [(NotFound, 404), (Forbidden, 403), (Conflict, 409), (Invalid, 400)]
)
def test_each_error_carries_its_code_field_remedy_and_a_hint_for_http(
    error: type[LitError], status: int
) -> None:
    raised = error("Not so.", field="on", remedy="Otherwise.")
    assert isinstance(raised, LitError)
    assert (raised.status, raised.field, raised.remedy) == (status, "on", "Otherwise.")
    assert raised.code == error.code
    assert raised.faults == (Fault("on", "Not so.", "Otherwise."),)


def test_invalid_holds_every_fault_and_speaks_for_the_first() -> None:
    faults = [Fault("a", "First.", "Do."), Fault("b", "Second.")]
    raised = Invalid(faults=faults)
    assert raised.faults == tuple(faults)
    assert (raised.field, raised.remedy, raised.message) == ("a", "Do.", "First. Second.")
