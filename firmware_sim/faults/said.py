"""What a program published over MQTT 3.1.1, read out of the bytes that it sent."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from firmware_sim.faults.recording import Call

_CONNECT: Final = 0x10
_PUBLISH: Final = 0x30
_SEVEN_BITS: Final = 0x7F


class Said:
    """Puts together what went out through each socket; what does not begin with CONNECT is not MQTT."""

    def __init__(self) -> None:
        self._streams: dict[str, bytearray] = defaultdict(bytearray)
        self._speaks_mqtt: dict[str, bool] = {}

    def hear(self, call: Call) -> Iterator[tuple[str, bytes]]:
        """Take in what was sent, and yield topic and payload of each message that is whole by now."""
        if call.name != "sendto":
            return
        socket, data = call.text(0), call.data(1)[: call.result]
        if not self._speaks_mqtt.setdefault(socket, data[:1] == bytes([_CONNECT]) and b"MQTT" in data[:10]):
            return
        stream = self._streams[socket]
        stream += data
        while (bounds := _first_packet(stream)) is not None:
            start, end = bounds
            kind, body = stream[0], bytes(stream[start:end])
            del stream[:end]
            if kind & 0xF0 == _PUBLISH:
                yield _message(body, has_id=bool(kind & 0b110))


def _first_packet(stream: bytearray) -> tuple[int, int] | None:
    """Return where the body of the first packet starts and ends, None where it is not all there."""
    length = 0
    for place, byte in enumerate(stream[1:5]):
        length |= (byte & _SEVEN_BITS) << 7 * place
        if byte <= _SEVEN_BITS:
            start = place + 2
            return (start, start + length) if start + length <= len(stream) else None
    return None


def _message(body: bytes, *, has_id: bool) -> tuple[str, bytes]:
    end = 2 + int.from_bytes(body[:2], "big")
    return body[2:end].decode(), body[end + 2 * has_id :]
