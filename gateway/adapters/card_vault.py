"""The master key of all cards, in a file that only its owner reads, and the lock on what is made of it."""

import secrets
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.domain.card_keys import card_key
from gateway.ports import KeyUnreadable
from host.files import secret_file

MASTER_KEY_BYTES: Final = 16
_NONCE_BYTES: Final = 12


class FileVault:
    """See `gateway.ports.CardVault`. The master key (AES-128, 16 raw bytes) is made where there is none.

    Keys are locked with AES-GCM (NIST SP 800-38D) under a key that HKDF (RFC 5869) makes of the master key.
    """

    def __init__(self, path: Path) -> None:
        """Read the master key. Raises ValueError where the file holds something else."""
        self._master = secret_file(path, lambda: secrets.token_bytes(MASTER_KEY_BYTES))
        if len(self._master) != MASTER_KEY_BYTES:
            raise ValueError(f"{path}: {len(self._master)} bytes, expected the {MASTER_KEY_BYTES} of a key")
        locking = HKDF(SHA256(), 32, salt=None, info=b"passerelle card keys in the ledger")
        self._lock = AESGCM(locking.derive(self._master))

    def key_of(self, uid: bytes) -> bytes:
        return card_key(self._master, uid)

    def lock(self, ref: str, key: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._lock.encrypt(nonce, key, ref.encode())

    def unlock(self, ref: str, locked: bytes) -> bytes:
        try:
            return self._lock.decrypt(locked[:_NONCE_BYTES], locked[_NONCE_BYTES:], ref.encode())
        except (InvalidTag, ValueError) as error:
            raise KeyUnreadable(f"the key of {ref} was locked under another master key") from error
