"""Asking a card for the proof that it is itself, and no copy of its number."""

import logging
from collections.abc import Callable
from typing import Any

from edge.adapters.secure_card import SecureCard
from edge.core.ev2 import NotGenuine
from edge.core.tap import Proof

_log = logging.getLogger(__name__)


class CardProof:
    """Proves cards that have a key of their own. `key_of` tells it, by reference; None: it has none.

    Such a card must prove it at every door, also at those that would let a bare number in.
    """

    def __init__(self, reference: Callable[[bytes], str], key_of: Callable[[str], bytes | None]) -> None:
        self._reference = reference
        self._key_of = key_of

    def __call__(self, tag: Any) -> Proof:
        """Talk to the activated card. What nfcpy raises over a card that falls silent goes through."""
        number = bytes(tag.identifier)
        key = self._key_of(self._reference(number))
        if key is None:
            return "uid"
        try:
            prove(SecureCard(tag), number, key)
        except NotGenuine as why:
            _log.warning("event=card_not_genuine error=%r", str(why))
            return "failed"
        return "aes"


def prove(card: SecureCard, number: bytes, key: bytes) -> None:
    """Let a card prove that it has `key` and is the one found under `number`. Raises NotGenuine or NotNow."""
    card.select()
    card.authenticate(key)
    if card.card_uid() != number:
        raise NotGenuine("it was found under another number")
