"""What several commands print alike."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

from protocols import Fault


def complain(faults: Iterable[Fault]) -> None:
    """Each fault in a line on standard error."""
    for fault in faults:
        print(fault, file=sys.stderr)


def print_json(data: Any) -> None:
    print(json.dumps(data, indent=2, ensure_ascii=False))
