"""A feed's address is a password: no log line shows it."""

import logging

import pytest

from lit_tracker.logs import MaskTokens


@pytest.mark.parametrize(
    ("message", "arguments", "shown"),
    [
        ("Not Found: %s", ("/feeds/s3cr3t.ics",), "Not Found: /feeds/***"),
        ("GET /feeds/s3cr3t.ics?x=1 200", (), "GET /feeds/***?x=1 200"),
        ("GET /healthz %d", (200,), "GET /healthz 200"),
    ],
)
def test_the_token_of_a_feed_is_masked(message: str, arguments: tuple[object, ...], shown: str) -> None:
    record = logging.LogRecord("django.request", logging.WARNING, __file__, 1, message, arguments, None)
    assert MaskTokens().filter(record) is True
    assert record.getMessage() == shown
