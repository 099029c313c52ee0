"""Ways out of the house.

Adding a channel or a provider: a class with what `Channel` asks for, its line in `office.py`, its name in
`channel_models.Provider`; receipts and replies come in through `apps/api/views/hooks.py`.
"""

from apps.reminders.channels.contract import (
    CANNOT_SAY,
    Channel,
    DemoChannel,
    Letter,
    MemoryChannel,
    Outcome,
    Verdict,
)
from apps.reminders.channels.email import EmailChannel

__all__ = [
    "CANNOT_SAY",
    "Channel",
    "DemoChannel",
    "EmailChannel",
    "Letter",
    "MemoryChannel",
    "Outcome",
    "Verdict",
]
