"""Why there is no link: told once for each reason, with what to do."""

import logging
from pathlib import Path

import pytest

from host.tls import TlsFiles, TlsUnusable, Troubles, advice, context, load, noting


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


def troubles(*, secured: bool = True) -> Troubles:
    return Troubles(logging.getLogger("test"), "broker:8883", secured=secured)


def test_one_reason_is_told_once_and_again_after_the_link_stood(caplog: pytest.LogCaptureFixture) -> None:
    here = troubles()
    for _ in range(3):
        here.failed("Connection refused")
    assert len(told(caplog)) == 1
    here.failed("timed out")
    assert len(told(caplog)) == 2
    here.well()
    here.failed("timed out")
    assert len(told(caplog)) == 3


def test_what_is_known_first_is_nearest_to_the_cause(caplog: pytest.LogCaptureFixture) -> None:
    here = troubles()
    here.note("the certificate ended")
    noting(here, "client").error("failed to receive: %s", "alert")
    here.failed("lost")
    assert "reason='the certificate ended'" in told(caplog)[0]
    here.failed("lost")
    assert "reason='lost'" in told(caplog)[1]


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (
            "[SSL: SSLV3_ALERT_CERTIFICATE_REVOKED] sslv3 alert certificate revoked",
            "was revoked: enrol again",
        ),
        ("[SSL: SSLV3_ALERT_CERTIFICATE_EXPIRED] expired", "expired, or a clock is wrong: enrol again"),
        ("[SSL: TLSV1_ALERT_UNKNOWN_CA] tlsv1 alert unknown ca", "of another place: enrol again"),
        ("certificate verify failed: certificate has expired (_ssl.c:992)", "run passerelle broker-config"),
        ("certificate verify failed: certificate is not yet valid", "clock is behind"),
        ("certificate verify failed: IP address mismatch", "broker-config with --name"),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number", "look at broker_port"),
        ("[Errno 111] Connection refused", "look whether the broker is up"),
    ],
)
def test_each_reason_comes_with_what_to_do(reason: str, told: str) -> None:
    assert told in advice(reason)


def test_in_the_clear_the_first_thought_is_that_the_port_wants_tls(caplog: pytest.LogCaptureFixture) -> None:
    here = troubles(secured=False)
    here.failed("lost: Unspecified error")
    assert "if that port speaks TLS, enrol this node" in told(caplog)[0]


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    with pytest.raises(TlsUnusable, match=r"ca\.pem cannot be used: No such file"):
        load(context(), TlsFiles(authority))
    authority.write_text("no PEM")
    with pytest.raises(TlsUnusable, match=r"ca\.pem cannot be used"):
        load(context(), TlsFiles(authority))
