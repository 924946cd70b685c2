"""The node's own key pair, to which the gateway seals what no other node may read."""

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from host.files import secret_file

SEALING_KEY: Final = "sealing.key"
"""The file in a node's data folder: 32 raw bytes."""


def sealing_key(data_dir: Path) -> X25519PrivateKey:
    """Read the X25519 key in a node's data folder, made and kept at first need. Raises OSError."""
    data_dir.mkdir(parents=True, exist_ok=True)
    raw = secret_file(data_dir / SEALING_KEY, lambda: X25519PrivateKey.generate().private_bytes_raw())
    return X25519PrivateKey.from_private_bytes(raw)


def kept_or_new(data_dir: Path) -> X25519PrivateKey:
    """Read the key that is there, or make one and leave it to the caller to keep it. Raises OSError."""
    try:
        return X25519PrivateKey.from_private_bytes((data_dir / SEALING_KEY).read_bytes())
    except FileNotFoundError:
        return X25519PrivateKey.generate()
