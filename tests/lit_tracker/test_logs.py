"""A feed's or page's address is a password and the desk's acts are clinical: no log line shows them."""

import logging

import pytest

from lit_tracker.logs import ClassAlone, MaskTokens


@pytest.mark.parametrize(
    ("message", "arguments", "shown"),
    [
        ("Not Found: %s", ("/feeds/s3cr3t.ics",), "Not Found: /feeds/***"),
        ("GET /feeds/s3cr3t.ics?x=1 200", (), "GET /feeds/***?x=1 200"),
        ("POST %s 302", ("/p/s3cr3t/stop/",), "POST /p/***/stop/ 302"),
        ("GET /healthz %d", (200,), "GET /healthz 200"),
    ],
)
def test_the_token_of_a_feed_and_of_a_page_is_masked(
    message: str, arguments: tuple[object, ...], shown: str
) -> None:
    record = logging.LogRecord("django.request", logging.WARNING, __file__, 1, message, arguments, None)
    assert MaskTokens().filter(record) is True
    assert record.getMessage() == shown


def test_a_log_line_does_not_tell_what_was_done_at_the_desk() -> None:
    row = "/admin/treatments/treatment/0c5f7d1e-6a52-4c1c-9d2e-0d6a3b8f4c11/"
    record = logging.LogRecord("django.request", 30, "", 0, "%s: %s", ("Unprocessable", f"{row}loss/"), None)
    MaskTokens().filter(record)
    assert record.getMessage() == f"Unprocessable: {row}***"


def test_of_an_error_the_log_tells_its_place_and_class_and_not_its_text() -> None:
    quoted = "Failing row contains (Lalitha)"
    try:
        raise ValueError(quoted)
    except ValueError as error:
        told = ClassAlone("%(message)s").formatException((type(error), error, error.__traceback__))
    assert told.endswith("ValueError")
    assert "raise ValueError(quoted)" in told
    assert "Lalitha" not in told
