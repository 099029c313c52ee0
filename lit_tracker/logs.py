"""What may stand in a log line: a feed's or a page's address is a password, and what is done at the desk is clinical.
All are masked, and of an error only its class is told, for its text may quote what people wrote.
"""

import logging
import re
import traceback
from types import TracebackType

_TOKEN = re.compile(r"(/(?:feeds|p)/)[^/\s\"'?]+")
_KEY = re.compile(r"([?&]key=)[^&\s\"']+")
_DESK = re.compile(r"(/admin/\w+/\w+/[0-9a-f-]{36}/)[^\s\"'?]+")


def without_token(text: str) -> str:
    """The text with *** for every token of an address."""
    return _TOKEN.sub(r"\1***", text)


class MaskTokens(logging.Filter):
    """Replaces by *** the token of /feeds/<token> and /p/<token>/, what follows the id of a row in an address of the
    desk, and the key of a provider's call; lets every record through.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        masked = _KEY.sub(r"\1***", _DESK.sub(r"\1***", without_token(message)))
        if masked != message:
            record.msg, record.args = masked, ()
        return True


class ClassAlone(logging.Formatter):
    """Writes where an error came from and its class, never its text: a database quotes whole rows in it."""

    def formatException(
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        kind, error, frames = ei
        if kind is None or error is None:
            return ""
        causes: list[str] = []
        cause = error.__cause__ or error.__context__
        while cause is not None and len(causes) < 5:
            causes.append(f" from {type(cause).__name__}")
            cause = cause.__cause__ or cause.__context__
        return "".join(traceback.format_tb(frames)) + kind.__name__ + "".join(causes)
