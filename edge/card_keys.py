"""The keys of the cards that may meet this node's doors, as the gateway sealed them to it."""

import logging
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from protocol.access import AccessList, AccessPatch
from protocol.sealing import SealBroken, unseal

_log = logging.getLogger(__name__)


class CardKeys:
    """Opens what is sealed with the node's own `key`. Readers ask it from their threads.

    Each change puts another table in the place of the last: who asks meanwhile sees one or the other.
    """

    def __init__(self, key: X25519PrivateKey) -> None:
        self._key = key
        self._keys: Mapping[str, bytes] = {}

    def of(self, credential: str) -> bytes | None:
        """Return the key that this card must prove it has; None where its number is all there is to know."""
        return self._keys.get(credential)

    def forget(self) -> None:
        """Hold none."""
        self._keys = {}

    def replace(self, access: AccessList) -> bool:
        """Hold the keys of a whole list. Returns False where they do not open."""
        opened = self._opened(access)
        self._keys = opened or {}
        return opened is not None

    def amend(self, patch: AccessPatch) -> None:
        """Follow a patch: what it says of a credential is all that holds of it."""
        kept = {ref: key for ref, key in self._keys.items() if ref not in patch.credentials}
        self._keys = {**kept, **(self._opened(patch) or {})}

    def _opened(self, message: AccessList | AccessPatch) -> Mapping[str, bytes] | None:
        if message.card_keys is None:
            return {}
        try:
            return unseal(self._key, message.card_keys, message.site, message.node, message.revision)
        except SealBroken as error:
            _log.error("event=card_keys_unreadable revision=%d error=%r", message.revision, str(error))
            return None
