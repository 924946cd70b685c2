"""Putting into a list, as it goes out, the keys of the cards that may meet its node: for that node alone."""

import logging
from collections.abc import Iterable
from typing import TypeVar

from gateway.domain.people import Credential
from gateway.ports import CardVault, KeyUnreadable
from protocol.access import AccessList, AccessPatch, Rights
from protocol.sealing import seal, sealing_from_text

_log = logging.getLogger(__name__)

L = TypeVar("L", AccessList, AccessPatch)


class Sealer:
    """Seals. A list in the ledger, and what is compared to find what changed, has no keys in it."""

    def __init__(self, vault: CardVault) -> None:
        self._vault = vault

    def sealed(self, message: L, sealed_to: str | None, credentials: Iterable[Credential]) -> L:
        """Return a list or patch with the keys of the cards that it names; as it is where it needs none."""
        wanted = {ref for ref, rights in message.credentials.items() if _proves(rights)}
        if sealed_to is None or not wanted:
            return message
        keys: dict[str, bytes] = {}
        for credential in credentials:
            if credential.ref in wanted and credential.locked_key is not None:
                self._unlock(credential.ref, credential.locked_key, keys)
        key = sealing_from_text(sealed_to)
        sealed = seal(key, keys, message.site, message.node, message.revision)
        return message.model_copy(update={"card_keys": sealed})

    def _unlock(self, ref: str, locked: bytes, into: dict[str, bytes]) -> None:
        try:
            into[ref] = self._vault.unlock(ref, locked)
        except KeyUnreadable as error:  # the other cards must not stay out for this one
            _log.error("event=card_key_unreadable error=%r", str(error))


def _proves(rights: Rights | None) -> bool:
    return rights is not None and rights.aes
