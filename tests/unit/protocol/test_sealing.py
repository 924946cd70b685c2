"""Card keys on their way to one node."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from protocol.sealing import SealBroken, seal, sealing_from_text, sealing_text, unseal

NODE = X25519PrivateKey.from_private_bytes(bytes(range(32)))
KEYS = {"c_" + "a" * 32: b"A" * 16, "c_" + "b" * 32: b"B" * 16}
HERE = ("sceaux-smart", "ss-entrance", 7)


@given(st.dictionaries(st.from_regex(r"c_[0-9a-f]{32}", fullmatch=True), st.binary(min_size=16, max_size=16)))
def test_what_is_sealed_for_a_node_opens_there(keys: dict[str, bytes]) -> None:
    assert unseal(NODE, seal(NODE.public_key(), keys, *HERE), *HERE) == keys


def test_another_node_cannot_open_it() -> None:
    other = X25519PrivateKey.generate()
    with pytest.raises(SealBroken):
        unseal(other, seal(NODE.public_key(), KEYS, *HERE), *HERE)


@pytest.mark.parametrize(
    "elsewhere",
    [
        ("le-petit-voisin", "ss-entrance", 7),
        ("sceaux-smart", "ss-garden", 7),
        ("sceaux-smart", "ss-entrance", 8),
    ],
)
def test_what_is_sealed_for_one_list_opens_in_no_other(elsewhere: tuple[str, str, int]) -> None:
    with pytest.raises(SealBroken, match="not sealed for"):
        unseal(NODE, seal(NODE.public_key(), KEYS, *HERE), *elsewhere)


def test_any_flipped_byte_is_found() -> None:
    sealed = base64.b64decode(seal(NODE.public_key(), KEYS, *HERE))
    for place in range(len(sealed)):
        damaged = sealed[:place] + bytes((sealed[place] ^ 0x40,)) + sealed[place + 1 :]
        with pytest.raises(SealBroken):
            unseal(NODE, base64.b64encode(damaged).decode(), *HERE)


@pytest.mark.parametrize("nonsense", ["", "AAAA", "not base64"])
def test_what_was_never_sealed_is_refused(nonsense: str) -> None:
    with pytest.raises(SealBroken):
        unseal(NODE, nonsense, *HERE)


def test_the_same_keys_never_look_the_same() -> None:
    assert seal(NODE.public_key(), KEYS, *HERE) != seal(NODE.public_key(), KEYS, *HERE)


def test_a_thousand_keys_leave_room_in_a_message() -> None:
    keys = {f"c_{number:032x}": bytes(16) for number in range(1083)}
    assert len(seal(NODE.public_key(), keys, *HERE)) < 48_000


def test_a_nodes_key_reads_back_from_its_text() -> None:
    text = sealing_text(NODE.public_key())
    assert sealing_from_text(text).public_bytes_raw() == NODE.public_key().public_bytes_raw()
    with pytest.raises(ValueError, match="32"):
        sealing_from_text("c2hvcnQ=")
