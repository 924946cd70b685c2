"""Mail, handed to a real SMTP server."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from gateway.adapters.mail import Mailer, MailServer
from gateway.adapters.notifier import OutboxNotifier
from gateway.domain.accounts import Account
from gateway.domain.people import Member
from tests.fakes import SetClock

_URL = "https://portes.example.org/login/secret"


class _Mailbox:
    """Takes what it is handed, but for one address that it does not know."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("unknown@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        self.letters.append(message_from_bytes(content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def mailbox() -> _Mailbox:
    return _Mailbox()


@pytest.fixture
def server(mailbox: _Mailbox) -> Iterator[MailServer]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield MailServer("127.0.0.1", port, "none", "Sceaux Smart <portes@example.org>")
    controller.stop()


def _member(mail: str | None) -> Member:
    return Member("m-1", "Ana", "member", "nomad", ("s",), None, SetClock().now(), None, mail)


def _tell(outbox: Path, *mails: str | None) -> None:
    notifier = OutboxNotifier(outbox)
    for mail in mails:
        notifier.come_in(_member(mail), _URL, SetClock().now() + timedelta(minutes=15))


def test_a_letter_arrives_in_french_first_with_its_link(
    tmp_path: Path, server: MailServer, mailbox: _Mailbox
) -> None:
    _tell(tmp_path, "ana@example.org")
    Mailer(tmp_path, server, SetClock()).send()
    [letter] = mailbox.letters
    assert letter["To"] == "ana@example.org"
    assert letter["Auto-Submitted"] == "auto-generated"
    text = letter.get_content()
    assert text.index("Bonjour") < text.index(_URL) < text.index("This link")
    assert list(tmp_path.iterdir()) == []


def test_an_invitation_reaches_whom_it_is_for(tmp_path: Path, server: MailServer, mailbox: _Mailbox) -> None:
    account = Account("u-1", "bob@example.org", "Bob", "staff", SetClock().now())
    OutboxNotifier(tmp_path).choose_password(account, _URL, SetClock().now() + timedelta(days=3))
    Mailer(tmp_path, server, SetClock()).send()
    [letter] = mailbox.letters
    assert letter["To"] == "bob@example.org"
    text = letter.get_content()
    assert text.index("mot de passe") < text.index(_URL) < text.index("This link")


def test_what_nobody_takes_waits_and_what_is_refused_holds_nothing_up(
    tmp_path: Path, server: MailServer, mailbox: _Mailbox
) -> None:
    _tell(tmp_path, "ana@example.org", "unknown@example.org", None)
    gone = MailServer("127.0.0.1", 1, "none", server.sender)
    with pytest.raises(OSError, match="refused"):
        Mailer(tmp_path, gone, SetClock()).send()
    assert len(list(tmp_path.iterdir())) == 3
    Mailer(tmp_path, server, SetClock()).send()
    assert [letter["To"] for letter in mailbox.letters] == ["ana@example.org"]
    assert len(list(tmp_path.iterdir())) == 1, "the one without an address waits for a person"


def test_a_link_that_has_ended_is_not_mailed(tmp_path: Path, server: MailServer, mailbox: _Mailbox) -> None:
    _tell(tmp_path, "ana@example.org")
    late = SetClock()
    late.pass_s(15 * 60)
    Mailer(tmp_path, server, late).send()
    assert mailbox.letters == []
    assert list(tmp_path.iterdir()) == []


def test_a_server_without_tls_is_told_nothing_where_tls_was_asked(
    tmp_path: Path, server: MailServer, mailbox: _Mailbox
) -> None:
    _tell(tmp_path, "ana@example.org")
    guarded = MailServer(server.host, server.port, "starttls", server.sender, "portes", "secret")
    with pytest.raises(OSError, match="STARTTLS"):
        Mailer(tmp_path, guarded, SetClock()).send()
    assert mailbox.letters == []
