"""What may stand in a log line: a feed's address is a password and is masked."""

import logging
import re

_TOKEN = re.compile(r"(/feeds/)[^/\s\"'?]+")


class MaskTokens(logging.Filter):
    """Replaces the token in every /feeds/<token> of a record by ***; lets every record through."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        masked = _TOKEN.sub(r"\1***", message)
        if masked != message:
            record.msg, record.args = masked, ()
        return True
