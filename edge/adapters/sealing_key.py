"""The node's own key pair, to which the gateway seals what no other node may read."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from host.files import secret_file


def sealing_key(data_dir: Path) -> X25519PrivateKey:
    """Read the X25519 key (32 raw bytes) in a node's data folder, made at first need. Raises OSError."""
    data_dir.mkdir(parents=True, exist_ok=True)
    raw = secret_file(data_dir / "sealing.key", lambda: X25519PrivateKey.generate().private_bytes_raw())
    return X25519PrivateKey.from_private_bytes(raw)
