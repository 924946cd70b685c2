"""MQTT packets as a client sends them."""


def connect() -> bytes:
    return b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x14\x00\x02me"


def publish(topic: str, payload: bytes) -> bytes:
    """QoS 1, with a packet identifier, and a body of 128 bytes or more: its length then takes two bytes."""
    body = len(topic).to_bytes(2, "big") + topic.encode() + b"\x00\x07" + payload
    return bytes([0x32, len(body) & 0x7F | 0x80, len(body) >> 7]) + body
