"""Making a machine a node of a place: everything is written, or nothing is."""

from datetime import timedelta
from pathlib import Path

import pytest

from edge.adapters.certificate import FileCertificate
from edge.adapters.sealing_key import sealing_key
from edge.enrolment import EnrolmentFailed, enrol, install, request
from edge.settings import read_settings
from protocol.certificates import CertificateRefused
from protocol.codec import decode, encode
from protocol.enrolment import Bundle, EnrolmentRequest
from protocol.sealing import sealing_text
from tests.unit.edge.authority import Authority
from tests.unit.edge.fakes import NINE

NODE = "ss-entrance"


@pytest.fixture
def authority() -> Authority:
    return Authority("ledger-1")


def carried(authority: Authority, into: Path, **changes: str) -> Path:
    """Ask in `into`, and have the answer carried back, with `changes`."""
    asked = request(NODE, into)
    bundle = authority.answer(asked).model_copy(update=changes)
    file = into.parent / "bundle.json"
    file.write_bytes(encode(bundle))
    return file


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def enrolled(authority: Authority, into: Path) -> Bundle:
    return install(carried(authority, into), into, {}, NINE)


def test_an_enrolled_node_is_ready_to_run(authority: Authority, tmp_path: Path) -> None:
    into = tmp_path / "node"
    install(carried(authority, into), into, {"entrance-in": "usb:054c:06c3"}, NINE)
    settings = read_settings(into / "edge.toml")
    file = settings.file
    assert (file.node, file.ledger, file.broker_host, file.broker_port) == (
        NODE,
        "ledger-1",
        "192.0.2.1",
        8883,
    )
    assert file.readers == {"entrance-in": "usb:054c:06c3", "entrance-out": "tty:USB0:pn532"}
    assert file.tls is not None
    assert (file.data_dir, file.tls.authority) == (into, into / "ca.pem")
    FileCertificate(into / "node.pem", into / "ca.pem", NODE).check(NINE)
    assert names(into) == ["ca.pem", "edge.toml", "node.pem", "sealing.key", "site.toml"]


def test_card_keys_can_be_sealed_to_the_machine_that_asked(authority: Authority, tmp_path: Path) -> None:
    into = tmp_path / "node"
    file = request("ss-entrance", into)
    asked = decode(EnrolmentRequest, file.read_bytes()).sealing_key
    assert asked == sealing_text(sealing_key(into).public_key())
    assert decode(EnrolmentRequest, request("ss-entrance", into).read_bytes()).sealing_key == asked


def test_what_is_written_is_for_nobody_else_to_read(authority: Authority, tmp_path: Path) -> None:
    enrolled(authority, tmp_path / "node")
    assert {file.stat().st_mode & 0o077 for file in (tmp_path / "node").iterdir()} == {0}


def test_the_private_key_does_not_leave_the_machine(authority: Authority, tmp_path: Path) -> None:
    file = carried(authority, tmp_path / "node")
    assert b"PRIVATE" not in (tmp_path / "node" / "request.json").read_bytes() + file.read_bytes()


def test_a_bundle_of_another_place_is_refused_and_changes_nothing(
    authority: Authority, tmp_path: Path
) -> None:
    into = tmp_path / "node"
    enrolled(authority, into)
    file = carried(Authority("ledger-2"), into)
    before = {each.name: each.read_bytes() for each in into.iterdir()}
    with pytest.raises(EnrolmentFailed, match=r"belongs to the place 'ledger-1'.* bundle of 'ledger-2'"):
        install(file, into, {}, NINE)
    assert {each.name: each.read_bytes() for each in into.iterdir()} == before


def test_enrolling_again_keeps_what_was_set_by_hand(authority: Authority, tmp_path: Path) -> None:
    into = tmp_path / "node"
    enrolled(authority, into)
    settings = into / "edge.toml"
    by_hand = settings.read_text().replace("tty:USB0:pn532", "tty:USB7:pn532")
    settings.write_text(by_hand)
    first = (into / "node.pem").read_bytes()
    enrolled(authority, into)
    assert settings.read_text() == by_hand
    assert (into / "node.pem").read_bytes() != first


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("certificate", "no PEM", "this node's certificate is no certificate in PEM"),
        ("ledger", "ledger-2", "expected 'ss-entrance' at 'ledger-2'"),
        ("node", "ss-garden", "expected 'ss-garden' at"),
        ("gateway_key", "c2hvcnQ=", "gateway_key: Value error, expected the gateway's Ed25519 public key"),
        ("credential_key", "00", "credential_key: Value error"),
        ("site_file", "id = 1", "the bundle's site file: id: "),
        ("site", "le-petit-voisin", "has no node 'ss-entrance' at 'le-petit-voisin'"),
    ],
)
def test_a_bundle_that_does_not_fit_together_is_refused_and_leaves_no_node(
    authority: Authority, tmp_path: Path, key: str, value: str, complaint: str
) -> None:
    into = tmp_path / "node"
    file = carried(authority, into, **{key: value})
    with pytest.raises(EnrolmentFailed, match=complaint):
        install(file, into, {}, NINE)
    assert names(into) == ["request.json", "request.key", "sealing.key"]


def test_a_bundle_for_another_machines_key_is_refused(authority: Authority, tmp_path: Path) -> None:
    file = carried(authority, tmp_path / "other")
    request(NODE, tmp_path / "node")
    with pytest.raises(EnrolmentFailed, match="for another key than this node's"):
        install(file, tmp_path / "node", {}, NINE)


def test_a_bundle_without_a_request_says_what_to_do(authority: Authority, tmp_path: Path) -> None:
    file = carried(authority, tmp_path / "other")
    with pytest.raises(EnrolmentFailed, match="run `passerelle node request` here first"):
        install(file, tmp_path / "node", {}, NINE)


def test_a_machine_whose_clock_is_wrong_is_told_to_set_it(authority: Authority, tmp_path: Path) -> None:
    file = carried(authority, tmp_path / "node")
    with pytest.raises(EnrolmentFailed, match="set this machine's clock"):
        install(file, tmp_path / "node", {}, NINE - timedelta(days=20_000))


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        ("192.0.2.1:8000", "expected http://HOST:PORT"),
        ("http://127.0.0.1:1", "cannot be reached"),
    ],
)
def test_a_gateway_that_is_not_there_is_told(tmp_path: Path, address: str, complaint: str) -> None:
    with pytest.raises(EnrolmentFailed, match=complaint):
        enrol(address, f"{NODE}.1.{'a' * 32}", tmp_path / "node", {}, NINE)
    assert not (tmp_path / "node").exists()


def held(authority: Authority, into: Path) -> FileCertificate:
    enrolled(authority, into)
    return FileCertificate(into / "node.pem", into / "ca.pem", NODE)


def test_a_certificate_is_due_when_a_third_of_its_life_is_left(authority: Authority, tmp_path: Path) -> None:
    certificate = held(authority, tmp_path / "node")
    assert not certificate.due(NINE + timedelta(days=240))
    assert certificate.due(NINE + timedelta(days=245))


def test_a_renewed_certificate_replaces_the_old_one_with_its_key(
    authority: Authority, tmp_path: Path
) -> None:
    certificate = held(authority, tmp_path / "node")
    before = (tmp_path / "node" / "node.pem").read_bytes()
    later = NINE + timedelta(days=300)
    wish = certificate.ask("sceaux-smart", NODE)
    assert certificate.ask("sceaux-smart", NODE).serial == wish.serial
    certificate.take(authority.certify(NODE, wish.csr, later), later)
    assert (tmp_path / "node" / "node.pem").read_bytes() != before
    certificate.check(later)
    assert not certificate.due(later)


@pytest.mark.parametrize("name", [NODE, "ss-garden"])
def test_a_certificate_that_is_not_this_nodes_is_not_taken(
    authority: Authority, tmp_path: Path, name: str
) -> None:
    certificate = held(authority, tmp_path / "node")
    before = (tmp_path / "node" / "node.pem").read_bytes()
    wish = certificate.ask("sceaux-smart", NODE)
    other = Authority("ledger-1") if name == NODE else authority
    with pytest.raises(CertificateRefused):
        certificate.take(other.certify(name, wish.csr, NINE), NINE)
    assert (tmp_path / "node" / "node.pem").read_bytes() == before


def test_a_certificate_that_nobody_asked_for_is_not_taken(authority: Authority, tmp_path: Path) -> None:
    certificate = held(authority, tmp_path / "node")
    with pytest.raises(CertificateRefused, match="has not asked"):
        certificate.take((tmp_path / "node" / "node.pem").read_text(), NINE)
