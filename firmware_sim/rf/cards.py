"""Simulated cards, as state machines over frames (bytes in, bytes or silence out), without their CRC."""

from firmware_sim.rf.isodep import DESELECT, Application, BlankApplication, IsoDep
from firmware_sim.rf.type_a import Card, TypeACard, check_byte

__all__ = ["Application", "Card", "Type2Card", "Type4Card"]


class Type4Card(TypeACard):
    """A card that speaks ISO-DEP and holds an application, such as a DESFire EV2.

    It answers to RATS as a DESFire does: blocks of 64 bytes in both directions, 77 ms to think (FWI 8).
    """

    _RATS = 0xE0
    _ATS = bytes.fromhex("067577810280")
    _FRAME_BYTES = 64  # FSCI 5
    _FSD_BYTES = (16, 24, 32, 40, 48, 64, 96, 128, 256)  # by FSDI, ISO/IEC 14443-4, 5.1

    def __init__(self, uid: bytes, application: Application | None = None, *, extensions: int = 0) -> None:
        """Make a card; `extensions` is how often it asks for more time (WTX) before each answer."""
        super().__init__(uid, sens_res=0x0344, sel_res=0x20)
        self.application = application or BlankApplication()
        self._extensions = extensions
        self._protocol: IsoDep | None = None

    def reset(self) -> None:
        """Lose power: the protocol ends, and the application forgets what was authenticated."""
        super().reset()
        self._protocol = None
        self.application.reset()

    def _command(self, data: bytes) -> bytes | None:
        if self._protocol is None:
            return self._activate(data)
        answer = self._protocol.block(data)
        if data == DESELECT:
            self._halt()
        return answer

    def _activate(self, data: bytes) -> bytes | None:
        if len(data) != 2 or data[0] != self._RATS:  # noqa: PLR2004 - RATS and its parameter
            self._fail()
            return None
        fsd_bytes = self._FSD_BYTES[min(data[1] >> 4, 8)]
        self._protocol = IsoDep(
            self.application,
            frame_bytes=min(fsd_bytes, self._FRAME_BYTES),
            extensions=self._extensions,
        )
        return self._ATS


class Type2Card(TypeACard):
    """A card without secrets, laid out as an NXP NTAG213: 45 pages of 4 bytes, 144 bytes of them free.

    It reads, writes and tells its version; lock bits and the configuration pages are stored without effect.
    """

    _PAGES, _PAGE_BYTES = 45, 4
    _VERSION = bytes.fromhex("0004040201000f03")
    _CAPABILITY = bytes.fromhex("e1101200")
    _FACTORY_CONTENT = bytes.fromhex("0103a00c340300fe")
    _ACK, _NAK = b"\x0a", b"\x00"
    _LOCKS, _ONE_TIME = 2, 3  # pages whose bits can be set, never cleared

    def __init__(self, uid: bytes) -> None:
        super().__init__(uid, sens_res=0x0044, sel_res=0x00)
        self._memory = bytearray(self._PAGES * self._PAGE_BYTES)
        self._memory[:10] = self._identity()
        self._memory[12:16] = self._CAPABILITY
        self._memory[16:24] = self._FACTORY_CONTENT

    @property
    def user_memory(self) -> bytes:
        """The 144 bytes, pages 4 to 39, that a reader may write."""
        return bytes(self._memory[16:160])

    def _identity(self) -> bytes:
        """Lay out the first pages: UID with its check bytes where they fit (7 bytes), then NXP's 48."""
        head, tail = self.uid[:3], self.uid[3:7]
        identity = head + check_byte(b"\x88" + head) + tail + check_byte(tail)
        return identity.ljust(9, b"\0") + b"\x48"

    def _command(self, data: bytes) -> bytes | None:
        match list(data):
            case [0x60]:
                return self._VERSION
            case [0x30, page]:
                return self._read(page)
            case [0x3A, first, last]:
                return self._read_many(first, last)
            case [0xA2, page, b0, b1, b2, b3]:
                return self._write(page, bytes((b0, b1, b2, b3)))
            case _:
                return self._refuse()

    def _read(self, page: int) -> bytes:
        """Four pages; past the last one, reading goes on at the first."""
        if page >= self._PAGES:
            return self._refuse()
        start = page * self._PAGE_BYTES
        return bytes((self._memory * 2)[start : start + 4 * self._PAGE_BYTES])

    def _read_many(self, first: int, last: int) -> bytes:
        if not first <= last < self._PAGES:
            return self._refuse()
        return bytes(self._memory[first * self._PAGE_BYTES : (last + 1) * self._PAGE_BYTES])

    def _write(self, page: int, content: bytes) -> bytes:
        if not self._LOCKS <= page < self._PAGES:
            return self._refuse()
        start = page * self._PAGE_BYTES
        old = self._memory[start : start + self._PAGE_BYTES]
        if page == self._LOCKS:
            content = bytes((old[0], old[1], old[2] | content[2], old[3] | content[3]))
        elif page == self._ONE_TIME:
            content = bytes(a | b for a, b in zip(old, content, strict=True))
        self._memory[start : start + self._PAGE_BYTES] = content
        return self._ACK

    def _refuse(self) -> bytes:
        """Answer NAK; the card then waits to be found again."""
        self._fail()
        return self._NAK
