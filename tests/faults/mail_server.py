"""An SMTP server in a process of its own, which outlives every sender: it takes, holds, refuses and breaks off."""

from __future__ import annotations

import asyncio
import mmap
import os
import signal
import socket
from collections import Counter
from contextlib import suppress
from email import message_from_bytes
from enum import IntEnum
from pathlib import Path
from random import Random

from aiosmtpd.smtp import SMTP, Envelope, Session

# Of a hundred mails so many are answered 451, answered 550, or taken without an answer.
LATER, REFUSED, BROKEN = 4, 3, 4


class Held(IntEnum):
    """What is done with the mail that is waited for."""

    NOTHING = 0
    BEFORE = 1  # it lies there whole and is not taken
    AFTER = 2  # it is taken, and nobody is told


class MailServer:
    """Forked at once, so before any connection is open. `reached` can be read when a mail is held."""

    def __init__(self, journal: Path, seed: int) -> None:
        self.journal = journal
        self._random = Random(seed)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._told = mmap.mmap(-1, 2)  # how, and at which mail from now; shared by both processes
        self.reached, self._reach = os.pipe()
        self._alive, self._owner = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._owner)
            with suppress(BaseException):
                asyncio.run(self._serve())
            os._exit(0)
        self._listening.close()

    def hold(self, how: Held, mail: int) -> None:
        """The `mail`-th from now is held."""
        self._told[0], self._told[1] = how, mail

    def taken(self) -> Counter[str]:
        """How often it took the mail of each delivery."""
        return Counter(self.journal.read_text().split()) if self.journal.exists() else Counter()

    def stop(self) -> None:
        os.kill(self.pid, signal.SIGTERM)
        os.waitpid(self.pid, 0)

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        over = loop.create_future()
        # The owner's end is closed when the owner is gone, however it went.
        loop.add_reader(self._alive, over.set_result, None)
        self._out = os.open(self.journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        await loop.create_server(
            lambda: SMTP(self, hostname="localhost", enable_SMTPUTF8=True, loop=loop), sock=self._listening
        )
        await over

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        delivery = message_from_bytes(content)["Message-ID"].strip("<>").split("@")[0]
        how = self._told[0] if self._told[1] == 1 else Held.NOTHING
        self._told[1] = max(self._told[1] - 1, 0)
        mood = self._random.randrange(100) if how == Held.NOTHING else 100
        if mood < LATER:
            return "451 later"
        if mood < LATER + REFUSED:
            return "550 nobody"
        if how == Held.BEFORE:
            await self._held()
        os.write(self._out, f"{delivery}\n".encode())
        if how == Held.AFTER:
            await self._held()
        if mood < LATER + REFUSED + BROKEN and server.transport is not None:
            server.transport.abort()
        return "250 kept"

    async def _held(self) -> None:
        """Until the sender's end of the line is gone, which ends this task."""
        os.write(self._reach, b"!")
        await asyncio.sleep(60)
