"""Giving a card its own key: one that comes from the factory, or one where this was begun before.

Each step is whole or not at all on the card, and a card where some were taken is taken up where it stands:
torn away at any moment, it is as good as new for the next try.
"""

from typing import Final

from edge.adapters.secure_card import KEY_NUMBER, OK, CardKind, SecureCard
from edge.core.ev2 import NotGenuine, new_key_data
from protocol.identifiers import CARD_APPLICATION

FACTORY_KEY: Final = bytes(16)

_CREATE_APPLICATION, _CHANGE_KEY = 0xCA, 0xC4
_SETTINGS: Final = b"\x0b"  # key 0 may be changed, and so may these; whoever has it alone makes files
_ONE_AES_KEY: Final = b"\x81"
_KEY_VERSION: Final = 1


class Unsuited(Exception):
    """A card that cannot be given a key of ours; the text says why, and nothing of it was changed."""


def personalise(card: SecureCard, key: bytes) -> CardKind:
    """Give an activated card `key`, or find that it has it. Raises Unsuited.

    What nfcpy raises over a card that falls silent goes through: then do it again.
    """
    kind = _select(card)
    if _opens(card, key):
        return kind
    card.select()
    if not _opens(card, FACTORY_KEY):
        raise Unsuited("its key is neither the factory's nor ours: another place has personalised it")
    card.last_secured(_CHANGE_KEY, bytes((KEY_NUMBER,)), new_key_data(key, _KEY_VERSION))
    return kind


def _select(card: SecureCard) -> CardKind:
    try:
        return card.select()
    except NotGenuine:
        pass
    if not card.has_protocol:
        raise Unsuited("it has nothing but a number: a DESFire EV2 or EV3, or an NTAG 424 DNA is needed")
    status, _ = card.native(_CREATE_APPLICATION, CARD_APPLICATION + _SETTINGS + _ONE_AES_KEY)
    if status != OK:
        raise Unsuited(f"it makes no application (status {status:02X}): is it a DESFire EV2 or EV3?")
    return card.select()


def _opens(card: SecureCard, key: bytes) -> bool:
    try:
        card.authenticate(key)
    except NotGenuine:
        return False
    return True
