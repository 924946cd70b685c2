"""TLS towards a broker: the files it takes, and what to do where it fails."""

import logging
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final


class TlsUnusable(Exception):
    """A file that TLS needs cannot be used; the text names it."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Whom to believe, and who we are: `certificate` holds its private key too, or `key` does."""

    authority: Path
    certificate: Path | None = None
    key: Path | None = None


def context() -> ssl.SSLContext:
    """Make a client's context that believes nobody yet: `load` tells it whom."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # which asks for a certificate of the right name
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made


def load(into: ssl.SSLContext, files: TlsFiles) -> None:
    """Take up the files as they are now: connections from here on use them. Raises TlsUnusable."""
    file = files.authority
    try:
        into.load_verify_locations(files.authority)
        if files.certificate is not None:
            file = files.certificate
            into.load_cert_chain(files.certificate, files.key, password="")  # nobody is there to be asked
    except OSError as error:  # SSLError is one
        raise TlsUnusable(f"{file} cannot be used: {error.strerror or error}") from error


_ENROL_AGAIN: Final = "enrol again with a new invitation"
_RENAME: Final = "the broker's certificate has another name: run passerelle broker-config with --name"
_ADVICE: Final = {
    "CERTIFICATE_REVOKED": f"our certificate was revoked: {_ENROL_AGAIN}",
    "CERTIFICATE_EXPIRED": f"our certificate has expired, or a clock is wrong: {_ENROL_AGAIN}",
    "ALERT_UNKNOWN_CA": f"our certificate is of another place: {_ENROL_AGAIN}",
    "BAD_CERTIFICATE": f"the broker does not take our certificate: {_ENROL_AGAIN}",
    "CERTIFICATE_REQUIRED": "the broker asks for a certificate: enrol, or set broker_certificate",
    "HANDSHAKE_FAILURE": f"the broker does not take our certificate: {_ENROL_AGAIN}",
    "certificate has expired": "the broker's certificate has expired: run passerelle broker-config there",
    "certificate is not yet valid": "this machine's clock is behind: let it be synchronised",
    "Hostname mismatch": _RENAME,
    "IP address mismatch": _RENAME,
    "self-signed certificate": "the broker is of another place, or not the one we were enrolled with",
    "unable to get local issuer": "the broker is of another place, or not the one we were enrolled with",
    "WRONG_VERSION_NUMBER": "that port does not speak TLS: look at broker_port",
    "UNEXPECTED_EOF": "the broker hung up: its log says why",
    "EOF occurred": "the broker hung up: its log says why",
    "Not authorized": f"the broker does not know us, or no more: {_ENROL_AGAIN}",
    "certificate": f"what we would show is no good: {_ENROL_AGAIN}",
}
"""By words of OpenSSL's: alerts are what the other side says of us, sentences what we find in it."""


def advice(reason: str) -> str:
    """Say what a person can do about a connection that failed for `reason`, in the system's own words."""
    found = (told for words, told in _ADVICE.items() if words.lower() in reason.lower())
    return next(found, "look whether the broker is up, and reached at this address")


class Troubles:
    """Tells why there is no connection to `broker`, once for each reason, with what to do about it."""

    def __init__(self, log: logging.Logger, broker: str, *, secured: bool) -> None:
        self._log = log
        self._broker = broker
        self._secured = secured
        self._noted = ""
        self._told = ""
        self._linked = False

    def note(self, reason: str) -> None:
        """Keep a reason until the connection has failed for it; the first one is nearest to the cause."""
        self._noted = self._noted or reason

    def failed(self, reason: str) -> None:
        """Tell that it failed, for what was noted where something was."""
        reason, self._noted = self._noted or reason, ""
        if reason != self._told:
            self._told = reason
            self._log.error(
                "event=no_link broker=%s reason=%r do=%r", self._broker, reason, self._advice(reason)
            )
        self._linked = False

    def well(self) -> None:
        """Forget what was told: the connection stands."""
        if self._told:
            self._log.info("event=link_restored broker=%s", self._broker)
        self._noted = self._told = ""
        self._linked = True

    def _advice(self, reason: str) -> str:
        if not self._secured and not self._linked:
            return "if that port speaks TLS, enrol this node, or set broker_ca and broker_certificate"
        return advice(reason)


class NotedErrors(logging.Handler):
    """Keeps, as `logging.Handler`s do, what a client library has logged as an error."""

    def __init__(self, troubles: Troubles) -> None:
        super().__init__(logging.ERROR)
        self._troubles = troubles

    def emit(self, record: logging.LogRecord) -> None:
        self._troubles.note(record.getMessage())


def noting(troubles: Troubles, name: str) -> logging.Logger:
    """Make a logger for a client library's own words: its errors become reasons, the rest is let go."""
    logger = logging.Logger(name, logging.ERROR)  # noqa: LOG001 - one for each client, known to nobody else
    logger.addHandler(NotedErrors(troubles))
    return logger
