"""The place's authority on real files: what it keeps, and when it makes it anew."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from gateway.adapters.certificate_authority import FileAuthority
from gateway.ports import NodeCertificate
from protocol.certificates import Holder, holder_of
from tests.unit.gateway.house import NINE


@pytest.fixture
def authority(tmp_path: Path) -> FileAuthority:
    return FileAuthority(tmp_path / "authority.pem", "ledger-1", 365, NINE)


def certificate(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())


def test_it_is_the_same_authority_at_every_start_and_its_key_is_its_owners(
    authority: FileAuthority, tmp_path: Path
) -> None:
    again = FileAuthority(tmp_path / "authority.pem", "ledger-1", 365, NINE + timedelta(days=900))
    assert again.certificate == authority.certificate
    assert (tmp_path / "authority.pem").stat().st_mode & 0o077 == 0
    assert "PRIVATE" not in (tmp_path / "ca.pem").read_text()


def test_a_client_keeps_its_certificate_until_a_third_of_its_life_is_left(
    authority: FileAuthority, tmp_path: Path
) -> None:
    file = tmp_path / "gateway.pem"
    authority.keep_client(file, "gateway.sceaux-smart", NINE)
    assert holder_of(certificate(file)) == Holder("ledger-1", "gateway.sceaux-smart")
    first = file.read_bytes()
    authority.keep_client(file, "gateway.sceaux-smart", NINE + timedelta(days=240))
    assert file.read_bytes() == first
    authority.keep_client(file, "gateway.sceaux-smart", NINE + timedelta(days=245))
    assert file.read_bytes() != first
    assert file.stat().st_mode & 0o077 == 0


def test_a_broker_gets_another_certificate_where_its_names_change(
    authority: FileAuthority, tmp_path: Path
) -> None:
    file = tmp_path / "server.pem"
    authority.keep_server(file, ["broker.example", "192.0.2.10"], NINE)
    first = file.read_bytes()
    authority.keep_server(file, ["192.0.2.10", "broker.example"], NINE)
    assert file.read_bytes() == first
    authority.keep_server(file, ["192.0.2.11"], NINE)
    names = certificate(file).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.11"]


def test_what_another_authority_signed_is_made_anew(authority: FileAuthority, tmp_path: Path) -> None:
    other = FileAuthority(tmp_path / "other.pem", "ledger-2", 365, NINE)
    file = tmp_path / "gateway.pem"
    other.keep_client(file, "gateway.sceaux-smart", NINE)
    authority.keep_client(file, "gateway.sceaux-smart", NINE)
    assert holder_of(certificate(file)).place == "ledger-1"


def test_the_list_of_the_revoked_changes_only_when_they_do(authority: FileAuthority, tmp_path: Path) -> None:
    file = tmp_path / "revoked.pem"

    def issued(serial: str, *, revoked: bool) -> NodeCertificate:
        return NodeCertificate(serial, "ss-garden", NINE, NINE, "", NINE if revoked else None)

    authority.tell_revoked([issued("ab", revoked=False)], NINE)
    nobody = file.read_bytes()
    authority.tell_revoked([issued("ab", revoked=False)], NINE + timedelta(days=30))
    assert file.read_bytes() == nobody
    authority.tell_revoked([issued("ab", revoked=True), issued("cd", revoked=False)], NINE)
    listed = x509.load_pem_x509_crl(file.read_bytes())
    assert [each.serial_number for each in listed] == [0xAB]
    assert listed.next_update_utc == certificate(tmp_path / "ca.pem").not_valid_after_utc
