"""Passing the outbox on by mail (RFC 5321), over TLS where the server is not this machine."""

import json
import logging
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Any, Final, Literal

from gateway.ports import Clock

_log = logging.getLogger(__name__)

_PATIENCE_S: Final = 20.0

Security = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in, and as whom."""

    host: str
    port: int
    security: Security
    sender: str
    user: str | None = None
    password: str | None = None


_UNSENDABLE: Final = (smtplib.SMTPNotSupportedError, ValueError)


class Mailer:
    """Sends what waits in the outbox. A message stays until a server took it, or until nobody needs it."""

    def __init__(self, folder: Path, server: MailServer, clock: Clock) -> None:
        self._folder = folder
        self._server = server
        self._clock = clock

    def send(self) -> None:
        """Pass on all that waits. Raises OSError or SMTPException where no server takes it."""
        waiting = sorted(self._folder.glob("*.json"))
        letters = [(file, letter) for file in waiting if (letter := self._to_send(file)) is not None]
        if not letters:
            return
        with self._connected() as server:
            for file, letter in letters:
                try:
                    server.send_message(letter)
                except smtplib.SMTPRecipientsRefused:
                    _log.warning("event=mail_refused file=%s", file.name)
                except _UNSENDABLE as error:  # this letter's own fault: the others must not wait for it
                    _log.error("event=mail_unsendable file=%s error=%s", file.name, type(error).__name__)
                file.unlink()

    def _to_send(self, file: Path) -> EmailMessage | None:
        """Write a letter of a message; late ones are dropped, those without an address wait for a person."""
        message: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if self._clock.now() >= datetime.fromisoformat(message["until"]):
            file.unlink()
            return None
        if message["mail"] is None:
            return None
        letter = EmailMessage()
        letter["From"], letter["To"] = self._server.sender, message["mail"]
        letter["Subject"], letter["Message-ID"] = message["subject"], make_msgid(domain="passerelle.invalid")
        letter["Date"] = self._clock.now()
        letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice answers it
        letter.set_content(message["text"])
        return letter

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        at, trust = (self._server.host, self._server.port), ssl.create_default_context()
        if self._server.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(*at, timeout=_PATIENCE_S, context=trust)
        else:
            connection = smtplib.SMTP(*at, timeout=_PATIENCE_S)
        with connection:
            if self._server.security == "starttls":
                connection.starttls(context=trust)
            if self._server.user is not None:
                connection.login(self._server.user, self._server.password or "")
            yield connection
