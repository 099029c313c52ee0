"""The product as it really runs: the Procfile's web, worker and beat, and a mail server that keeps all."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from pathlib import Path
from typing import TypeVar
from urllib.error import URLError

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from lit_tracker.local import processes

ROOT = Path(__file__).resolve().parents[1]
Answer = TypeVar("Answer")


class Mailbox:
    """An SMTP server's handler: every mail it took, in the order of arrival."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        mail = message_from_bytes(content, policy=modern)
        assert isinstance(mail, EmailMessage)
        # Bcc is in no header: keep whom it really went to.
        mail["X-Envelope-To"] = ", ".join(envelope.rcpt_tos)
        self.mails.append(mail)
        return "250 kept"


class LiveStack:
    """web, worker and beat as processes of their own, on one database and one broker.

    `base_url` is where web answers; `mails` is everything sent so far. The worker can be killed and started
    again at any moment. Ticks come every `sweep_seconds`; wait for their effect with `until`.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], *, sweep_seconds: float = 1.0) -> None:
        self.folder = folder
        self.mailbox = Mailbox()
        self._smtp = Controller(self.mailbox, hostname="127.0.0.1", port=processes.free_port())
        self._smtp.start()
        port = processes.free_port()
        self.base_url = f"http://127.0.0.1:{port}"
        self.environment = processes.environment(
            {
                **environment,
                "PORT": str(port),
                "BASE_URL": self.base_url,
                "EMAIL_URL": f"smtp://127.0.0.1:{self._smtp.port}",
                "SWEEP_SECONDS": str(sweep_seconds),
                "BEAT_FILE": str(folder / "beat"),
                "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            }
        )
        lines = (ROOT / "Procfile").read_text().splitlines()
        self._commands = dict(line.split(": ", 1) for line in lines)
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def mails(self) -> list[EmailMessage]:
        return self.mailbox.mails

    @property
    def mail_port(self) -> int:
        """Where the mail server listens."""
        return int(self._smtp.port)

    def pid(self, name: str) -> int:
        """The process id of `web`, `worker` or `beat`."""
        return self._running[name].pid

    def start(self, name: str) -> None:
        command = ["sh", "-c", self._commands[name]]
        log = self.folder / f"{name}.log"
        self._running[name] = processes.spawn(command, log=log, cwd=ROOT, env=self.environment)

    def kill(self, name: str) -> None:
        """SIGKILL to the process and its children, as when the machine loses power."""
        os.killpg(self.pid(name), signal.SIGKILL)
        self._running.pop(name).wait()

    def kill_worker(self) -> None:
        self.kill("worker")

    def restart_worker(self) -> None:
        """Starts the worker; one that still runs is killed first."""
        if "worker" in self._running:
            self.kill_worker()
        self.start("worker")

    def until(self, question: Callable[[], Answer], *, seconds: float = 30, what: str = "") -> Answer:
        """Asks until the answer is truthy and returns it; after `seconds` fails with the processes' logs."""
        deadline = time.monotonic() + seconds
        while not (answer := question()):
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"{what or question} did not come true in {seconds} s\n{self.last_words()}"
                )
            time.sleep(0.1)
        return answer

    def last_words(self) -> str:
        return "\n".join(
            f"--- {log.name}\n{processes.tail(log, 25)}" for log in sorted(self.folder.glob("*.log"))
        )

    def mend(self) -> None:
        """Starts what a test has killed and left so."""
        for name in self._commands:
            if name not in self._running:
                self.start(name)

    def start_all(self) -> None:
        for name in self._commands:
            self.start(name)
        self.until(self.is_up, seconds=60, what="web")

    def is_up(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.base_url}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def stop_all(self) -> None:
        for name in ("beat", "worker", "web"):
            if name in self._running:
                processes.end(self._running.pop(name), seconds=10)
        self._smtp.stop()
