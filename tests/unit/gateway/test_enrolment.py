"""How the gateway lets nodes in, renews what they show, and puts them out."""

import base64
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID

from gateway import commands as ask
from gateway.commands import Refused
from gateway.domain.authority import SYSTEM, Actor
from protocol.access import Denied, Granted
from protocol.certificates import Holder, holder_of, read_certificate, signing_request
from protocol.codec import decode, encode
from protocol.enrolment import Bundle, CertificateIssued, EnrolmentRequest, Renewal, SealedRequest
from protocol.invitation import NONCE_BYTES, Invitation, InvitationRefused
from protocol.sealing import sealing_text
from protocol.topics import NodeTopics
from tests.unit.gateway.house import ANA, SCEAUX, House

NODE = "ss-entrance"
NONCE = bytes(NONCE_BYTES)


class Machine:
    """A machine that would be the entrance: its key, and what it asks."""

    def __init__(self) -> None:
        self.key = generate_private_key(SECP256R1())
        self.sealing_key = X25519PrivateKey.generate()
        public = sealing_text(self.sealing_key.public_key())
        self.request = EnrolmentRequest(node=NODE, csr=signing_request(self.key), sealing_key=public)

    def sealed(self, invitation: Invitation, request: EnrolmentRequest | None = None) -> SealedRequest:
        box = invitation.seal("request", encode(request or self.request), NONCE)
        return SealedRequest(invitation=invitation.number, box=box)

    def enrol(self, house: House, invitation: Invitation) -> Bundle:
        answer = house.enrolment.enrol(self.sealed(invitation))
        return decode(Bundle, invitation.open("bundle", answer.box))

    def renewal(self, certificate: str, **changes: Any) -> Renewal:
        """Ask for the certificate that follows, for a new key."""
        csr = signing_request(generate_private_key(SECP256R1()))
        signature = base64.b64encode(self.key.sign(csr.encode(), ECDSA(SHA256()))).decode()
        serial = f"{read_certificate(certificate, 'it').serial_number:x}"
        asked = {"site": SCEAUX, "node": NODE, "serial": serial, "csr": csr, "signature": signature}
        return Renewal(**asked | changes)


def invited(house: House, **more: Any) -> Invitation:
    return house.enrolment.invite(NODE, SYSTEM, **more)


def why_not(house: House, sealed: SealedRequest) -> str:
    with pytest.raises(Refused) as refusal:
        house.enrolment.enrol(sealed)
    return refusal.value.faults[0].code


def test_who_was_invited_gets_a_certificate_of_the_place_in_the_nodes_name(house: House) -> None:
    machine = Machine()
    bundle = machine.enrol(house, invited(house))
    own = read_certificate(bundle.certificate, "it")
    assert holder_of(own) == Holder(house.ledger.id, NODE)
    assert own.public_key() == machine.key.public_key()
    own.verify_directly_issued_by(read_certificate(bundle.authority, "it"))
    assert own.not_valid_after_utc - house.clock.now() == timedelta(days=365)
    usage = own.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert (bundle.node, bundle.site, bundle.broker_port) == (NODE, SCEAUX, 8883)


def test_an_invitation_is_good_once_and_for_its_time(house: House) -> None:
    spent, late = invited(house), invited(house)
    assert why_not(house, Machine().sealed(spent)) == "spent"  # the later one replaces it
    Machine().enrol(house, late)
    assert why_not(house, Machine().sealed(late)) == "spent"
    late = invited(house, lives=timedelta(minutes=5))
    house.clock.pass_s(300)
    assert why_not(house, Machine().sealed(late)) == "spent"


def test_who_does_not_hold_the_invitation_neither_enrols_nor_spends_it(house: House) -> None:
    invitation = invited(house)
    forged = Invitation(NODE, invitation.number, b"x" * 20)
    assert why_not(house, Machine().sealed(forged)) == "not_sealed_by_it"
    Machine().enrol(house, invitation)


def test_an_invitation_lets_no_other_node_in(house: House) -> None:
    invitation = invited(house)
    other = EnrolmentRequest(node="ss-garden", csr=Machine().request.csr)
    assert why_not(house, Machine().sealed(invitation, other)) == "wrong_node"


def test_whoever_listens_to_an_enrolment_reads_nothing_and_can_change_nothing(house: House) -> None:
    invitation, machine = invited(house), Machine()
    sealed = machine.sealed(invitation)
    for place in (0, 20, len(sealed.box) // 2, len(sealed.box) - 8):
        changed = bytearray(base64.b64decode(sealed.box))
        changed[place % len(changed)] ^= 1
        box = base64.b64encode(changed).decode()
        assert why_not(house, sealed.model_copy(update={"box": box})) == "not_sealed_by_it"
    answer = house.enrolment.enrol(sealed)
    assert b"credential_key" not in base64.b64decode(answer.box)
    with pytest.raises(InvitationRefused):
        invitation.open("request", answer.box)  # nor can an answer pass for a question


def test_a_node_that_no_site_file_has_is_not_invited(house: House) -> None:
    with pytest.raises(Refused, match="no site file has a node 'ss-cellar', expected one of: ss-entrance"):
        house.enrolment.invite("ss-cellar", SYSTEM)


def test_letting_nodes_in_and_putting_them_out_is_for_administrators(house: House) -> None:
    staff = Actor.of("staff", "staff")
    for attempt in (
        lambda: house.enrolment.invite(NODE, staff),
        lambda: house.enrolment.sign(Machine().request, staff),
        lambda: house.enrolment.revoke(NODE, staff),
    ):
        with pytest.raises(Refused, match="administer"):
            attempt()


def test_who_let_a_node_in_and_put_it_out_stands_in_the_audit(house: House) -> None:
    Machine().enrol(house, house.enrolment.invite(NODE, Actor.of("key:7", "admin")))
    house.enrolment.revoke(NODE, SYSTEM)
    with house.ledger.reading() as books:
        acts = [record.act for record in books.audit.after(0, 10)]
    assert [(act.actor, act.act, act.subject) for act in acts] == [
        ("key:7", "InviteNode", f"node:{NODE}"),
        ("anyone", "EnrolNode", f"node:{NODE}"),
        ("system", "RevokeNode", f"node:{NODE}"),
    ]


@pytest.mark.parametrize("csr", ["", "no PEM", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END"])
def test_a_request_without_a_key_is_refused(house: House, csr: str) -> None:
    with pytest.raises(Refused, match="PKCS #10"):
        house.enrolment.sign(EnrolmentRequest(node=NODE, csr=csr), SYSTEM)


def serials(house: House, *, revoked: bool) -> list[str]:
    with house.ledger.reading() as books:
        held = books.enrolments.certificates(NODE)
    return [each.serial for each in held if (each.revoked_at is not None) == revoked]


def revoked_for_brokers(folder: Path) -> list[str]:
    listed = x509.load_pem_x509_crl((folder / "revoked.pem").read_bytes())
    return [f"{each.serial_number:x}" for each in listed]


def test_enrolling_again_revokes_what_the_machine_before_had(house: House, tmp_path: Path) -> None:
    Machine().enrol(house, invited(house))
    (first,) = serials(house, revoked=False)
    Machine().enrol(house, invited(house))
    assert serials(house, revoked=True) == revoked_for_brokers(tmp_path) == [first]
    assert len(serials(house, revoked=False)) == 1


def renewed(house: House, renewal: Renewal) -> list[CertificateIssued]:
    """What goes down to the node, once its wish has come over the wire."""
    house.downlink.certificates.clear()
    house.gateway.receive(NodeTopics(renewal.site, renewal.node).up("renewal"), encode(renewal))
    house.gateway.take_in()
    return [CertificateIssued.model_validate(signed.body) for signed in house.downlink.certificates]


def test_a_certificate_is_followed_by_another_for_a_new_key(house: House) -> None:
    machine = Machine()
    bundle = machine.enrol(house, invited(house))
    house.clock.pass_s(250 * 86_400)
    renewal = machine.renewal(bundle.certificate)
    (issued,) = renewed(house, renewal)
    own = read_certificate(issued.certificate, "it")
    assert own.not_valid_after_utc - house.clock.now() == timedelta(days=365)
    assert own.public_key() == x509.load_pem_x509_csr(renewal.csr.encode()).public_key()
    assert renewed(house, renewal) == [issued], "asked again, the answer is the same"
    assert len(serials(house, revoked=False)) == 2


def test_a_renewal_that_the_old_key_has_not_signed_is_refused(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    machine, thief = Machine(), Machine()
    bundle = machine.enrol(house, invited(house))
    good, other = machine.renewal(bundle.certificate), machine.renewal(bundle.certificate)
    for forged in (
        thief.renewal(bundle.certificate),
        machine.renewal(bundle.certificate, csr=other.csr),
        machine.renewal(bundle.certificate, signature="no base64"),
        machine.renewal(bundle.certificate, serial="1"),
        machine.renewal(bundle.certificate, node="ss-garden"),
    ):
        assert renewed(house, forged) == []
    assert caplog.text.count("event=renewal_refused") == 5
    assert len(renewed(house, good)) == 1


def test_what_was_revoked_or_has_expired_is_not_renewed(house: House) -> None:
    machine = Machine()
    bundle = machine.enrol(house, invited(house))
    house.clock.pass_s(366 * 86_400)
    assert renewed(house, machine.renewal(bundle.certificate)) == []
    bundle = machine.enrol(house, invited(house))
    house.enrolment.revoke(NODE, SYSTEM)
    assert renewed(house, machine.renewal(bundle.certificate)) == []


def test_a_node_that_is_put_out_is_told_of_no_card_and_sent_no_command(house: House, tmp_path: Path) -> None:
    house.join("ana", ANA)
    Machine().enrol(house, invited(house))
    house.gateway.issue()
    house.beat(NODE, list_revision=1)
    assert house.list_of(NODE).decide(ANA, "entrance", house.clock.now()) == Granted("member")
    invitation = invited(house)
    assert house.enrolment.revoke(NODE, SYSTEM) == 1
    assert revoked_for_brokers(tmp_path) == serials(house, revoked=True)
    house.gateway.issue()
    assert house.list_of(NODE).credentials == {}
    assert house.list_of("ss-garden").credentials.keys() == {ANA}
    assert isinstance(house.list_of(NODE).decide(ANA, "entrance", house.clock.now()), Denied)
    with pytest.raises(Refused, match="was put out"):
        house.gateway.handle(ask.OpenDoor(SCEAUX, "entrance"), SYSTEM)
    assert why_not(house, Machine().sealed(invitation)) == "spent"


def test_what_a_node_that_is_put_out_goes_on_to_say_is_kept_apart_and_not_acknowledged(house: House) -> None:
    Machine().enrol(house, invited(house))
    house.enrolment.revoke(NODE, SYSTEM)
    house.tell(NODE, {"seq": 1})
    assert house.downlink.answers == []
    with house.ledger.reading() as books:
        assert [letter.reason for letter in books.journal.dead_letters(9)] == ["revoked_node"]


def test_a_node_that_is_let_in_again_gets_its_list_back(house: House) -> None:
    house.join("ana", ANA)
    Machine().enrol(house, invited(house))
    house.enrolment.revoke(NODE, SYSTEM)
    house.gateway.issue()
    Machine().enrol(house, invited(house))
    house.gateway.issue()
    assert house.list_of(NODE).credentials.keys() == {ANA}


@pytest.mark.parametrize(
    "token", ["", "ss-entrance", "a.b.c.d", "ss-entrance.1234.abc", "ss-entrance.1234.!!"]
)
def test_a_token_that_is_none_is_told_to_whoever_typed_it(token: str) -> None:
    with pytest.raises(InvitationRefused, match="invitation"):
        Invitation.read(token)


def test_a_token_survives_being_copied_by_hand(house: House) -> None:
    invitation = invited(house)
    assert Invitation.read(f"  {invitation.token}\n") == invitation


def sealed_to(house: House) -> str | None:
    house.gateway.issue()
    return house.list_of(NODE).sealed_to


def test_card_keys_are_sealed_to_the_machine_that_was_enrolled_last_and_to_none_that_was_put_out(
    house: House,
) -> None:
    assert sealed_to(house) is None
    first, second = Machine(), Machine()
    first.enrol(house, invited(house))
    assert sealed_to(house) == first.request.sealing_key
    house.enrolment.sign(second.request, SYSTEM)
    assert sealed_to(house) == second.request.sealing_key
    house.enrolment.revoke(NODE, SYSTEM)
    assert sealed_to(house) is None


def test_a_machine_that_brings_no_key_is_not_taken_for_the_one_before(house: House) -> None:
    Machine().enrol(house, invited(house))
    house.enrolment.sign(Machine().request.model_copy(update={"sealing_key": None}), SYSTEM)
    assert sealed_to(house) is None


def test_a_key_that_nothing_can_be_sealed_to_is_refused(house: House) -> None:
    request = Machine().request.model_copy(update={"sealing_key": base64.b64encode(bytes(32)).decode()})
    with pytest.raises(Refused, match="nothing can be sealed"):
        house.enrolment.sign(request, SYSTEM)
