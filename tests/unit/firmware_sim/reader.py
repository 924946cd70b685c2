"""A reader's first steps with a card, frame by frame."""

from firmware_sim.rf.type_a import Card

UID_4 = bytes.fromhex("05a1b2c3")
UID_7 = bytes.fromhex("04a1b2c3d4e5f6")
UID_10 = bytes.fromhex("04a1b2c3d4e5f6071829")


def find(card: Card) -> tuple[bytes, int]:
    """Go through the cascade as a reader does; return the UID found and the last SAK."""
    uid = b""
    for select in (b"\x93", b"\x95", b"\x97"):
        part = card.frame(select + b"\x20")
        assert part is not None
        sel_res = card.frame(select + b"\x70" + part)
        assert sel_res is not None
        if not sel_res[0] & 0x04:
            return uid + part[:4], sel_res[0]
        uid += part[1:4]
    raise AssertionError("the UID never ends")
