"""Which keys of cards go out to which nodes, and that nobody else can read them."""

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gateway import commands as ask
from gateway.adapters.card_vault import FileVault
from gateway.commands import Refused
from gateway.domain.authority import SYSTEM, Actor
from gateway.domain.people import Card
from gateway.ports import KeyUnreadable
from protocol.identifiers import credential_ref
from protocol.sealing import SealBroken, sealing_text, unseal
from protocol.signing import Signed
from tests.unit.gateway.house import ANA, BOB, House

UID = bytes.fromhex("04a1b2c3d4e5f6")
REF = credential_ref(b"site key", UID)
LOW_ORDER = [
    base64.b64encode(bytes.fromhex(point)).decode()
    for point in ("00" * 32, "01" + "00" * 31, "ec" + "ff" * 30 + "7f")
]
"""Points of Curve25519 that make every shared secret zero (RFC 7748, 6.1): nothing can be sealed to them."""

ENTRANCE = X25519PrivateKey.from_private_bytes(bytes(range(32)))


def give_aes(house: House, member: str = "ana") -> None:
    card = Card(REF, house.vault.lock(REF, house.vault.key_of(UID)))
    house.gateway.handle(ask.GiveCredential(member, card), SYSTEM)


def enrol(house: House, node: str = "ss-entrance", key: X25519PrivateKey = ENTRANCE) -> None:
    house.gateway.handle(ask.EnrolSealingKey(node, sealing_text(key.public_key())), SYSTEM)


def keys_in(signed: Signed, key: X25519PrivateKey = ENTRANCE) -> dict[str, bytes]:
    body = signed.body
    return unseal(key, body["card_keys"], body["site"], body["node"], body["revision"])


def last_for(house: House, node: str = "ss-entrance") -> Signed:
    sent = [*house.downlink.lists, *house.downlink.patches]
    return max((s for s in sent if s.body["node"] == node), key=lambda s: int(s.body["revision"]))


def test_a_node_gets_the_keys_of_the_cards_on_its_list(house: House) -> None:
    enrol(house)
    house.join("ana", ANA)
    give_aes(house)
    house.gateway.issue()
    assert keys_in(last_for(house)) == {REF: house.vault.key_of(UID)}
    assert last_for(house).body["credentials"][REF]["aes"]
    assert not last_for(house).body["credentials"][ANA]["aes"]


def test_a_node_that_nobody_enrolled_gets_no_keys(house: House) -> None:
    enrol(house)
    house.join("ana")
    give_aes(house)
    house.gateway.issue()
    assert last_for(house, "ss-garden").body["card_keys"] is None
    assert last_for(house, "ss-garden").body["sealed_to"] is None


def test_no_other_node_can_read_them(house: House) -> None:
    enrol(house)
    house.join("ana")
    give_aes(house)
    house.gateway.issue()
    with pytest.raises(SealBroken):
        keys_in(last_for(house), X25519PrivateKey.generate())


def test_a_card_that_comes_later_travels_with_its_key_in_a_small_patch(house: House) -> None:
    enrol(house)
    house.join("ana", ANA)
    house.gateway.issue()
    give_aes(house)
    house.gateway.issue()
    patch = last_for(house)
    assert (patch.kind, keys_in(patch)) == ("access_patch", {REF: house.vault.key_of(UID)})
    assert len(patch.model_dump_json()) < 2048


def test_a_revoked_card_takes_its_key_along(house: House) -> None:
    enrol(house)
    house.join("ana")
    give_aes(house)
    house.gateway.issue()
    house.gateway.handle(ask.RevokeCredential(REF), SYSTEM)
    house.gateway.issue()
    assert last_for(house).body["credentials"] == {REF: None}
    house.clock.pass_s(31)
    house.gateway.issue()
    whole = last_for(house)
    assert (whole.kind, whole.body["card_keys"]) == ("access_list", None)


def test_a_node_enrolled_later_gets_its_list_whole_with_the_keys(house: House) -> None:
    house.join("ana")
    give_aes(house)
    house.gateway.issue()
    enrol(house)
    house.gateway.issue()
    assert last_for(house).kind == "access_list"
    assert keys_in(last_for(house)) == {REF: house.vault.key_of(UID)}


def test_a_node_with_a_new_key_gets_what_that_one_opens(house: House) -> None:
    enrol(house)
    house.join("ana")
    give_aes(house)
    house.gateway.issue()
    other = X25519PrivateKey.generate()
    enrol(house, key=other)
    house.gateway.issue()
    assert keys_in(last_for(house), other) == {REF: house.vault.key_of(UID)}


def test_lists_with_keys_are_not_sent_again_while_nothing_changes(house: House) -> None:
    enrol(house)
    house.join("ana")
    give_aes(house)
    house.beat("ss-entrance")
    house.gateway.issue()
    house.beat("ss-entrance", list_revision=1)
    house.downlink.lists.clear()
    house.downlink.patches.clear()
    house.clock.pass_s(60)
    house.gateway.issue()
    assert (house.downlink.lists, house.downlink.patches) == ([], [])


def test_the_whole_list_that_newcomers_find_has_the_keys_too(house: House) -> None:
    enrol(house)
    house.join("ana")
    give_aes(house)
    house.gateway.issue()
    house.downlink.lists.clear()
    house.gateway.connected()
    house.gateway.issue()
    assert keys_in(last_for(house)) == {REF: house.vault.key_of(UID)}


def test_no_key_stands_open_in_the_ledger(house: House, tmp_path: Path) -> None:
    house.join("ana", BOB)
    give_aes(house)
    with house.ledger.reading() as books:
        (held,) = [c for c in books.people.credentials() if c.ref == REF]
    assert held.locked_key is not None
    assert house.vault.key_of(UID) not in held.locked_key
    house.ledger.close()
    for file in tmp_path.glob("ledger.sqlite*"):
        assert house.vault.key_of(UID) not in file.read_bytes()


@pytest.mark.parametrize("key", ["", "c2hvcnQ=", "not base64", *LOW_ORDER])
def test_what_is_no_key_is_refused(house: House, key: str) -> None:
    with pytest.raises(Refused, match="X25519"):
        house.gateway.handle(ask.EnrolSealingKey("ss-entrance", key), SYSTEM)


def test_a_node_that_no_site_has_is_refused(house: House) -> None:
    with pytest.raises(Refused, match="no site file"):
        enrol(house, "ss-cellar")


def test_only_who_administers_trusts_a_node_with_keys(house: House) -> None:
    with pytest.raises(Refused, match="administer"):
        house.gateway.handle(ask.EnrolSealingKey("ss-entrance", "x"), Actor.of("someone", "staff"))


def test_a_locked_key_opens_for_its_own_card_alone(tmp_path: Path) -> None:
    vault = FileVault(tmp_path / "card-master.key")
    locked = vault.lock(REF, bytes(16))
    assert vault.unlock(REF, locked) == bytes(16)
    with pytest.raises(KeyUnreadable):
        vault.unlock(ANA, locked)
    with pytest.raises(KeyUnreadable):
        vault.unlock(REF, locked[:-1] + bytes((locked[-1] ^ 1,)))
    with pytest.raises(KeyUnreadable):
        FileVault(tmp_path / "another.key").unlock(REF, locked)
    with pytest.raises(KeyUnreadable):
        vault.unlock(REF, b"")


def test_a_master_key_is_read_again_and_only_its_owner_may(tmp_path: Path) -> None:
    file = tmp_path / "card-master.key"
    assert FileVault(file).key_of(UID) == FileVault(file).key_of(UID)
    assert file.stat().st_mode & 0o077 == 0
    file.write_bytes(b"short")
    with pytest.raises(ValueError, match="5 bytes, expected the 16"):
        FileVault(file)


def test_a_key_that_does_not_open_keeps_no_other_card_out(house: House) -> None:
    enrol(house)
    house.join("ana")
    give_aes(house)
    house.gateway.handle(ask.GiveCredential("ana", Card(BOB, b"locked elsewhere")), SYSTEM)
    house.gateway.issue()
    assert keys_in(last_for(house)) == {REF: house.vault.key_of(UID)}
