"""What a hostile middle does to MQTT packets, and what it leaves alone."""

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.faults.mischief import Frames, Mischief, Tricks, topic_of

PING = b"\xc0\x00"


def publish(topic: str, payload: bytes = b"") -> bytes:
    """Write a PUBLISH packet at QoS 1 (MQTT 3.1.1, section 3.3)."""
    body = len(topic).to_bytes(2) + topic.encode() + b"\x00\x07" + payload
    low, high = len(body) & 0x7F, len(body) >> 7
    return bytes([0x32, low | 0x80, high] if high else [0x32, low]) + body


def play(mischief: Mischief, *frames: bytes) -> list[bytes]:
    return [told for frame in frames for _, told in mischief.play(frame, "up")]


@given(st.lists(st.integers(0, 400), max_size=8), st.lists(st.integers(0, 3000), max_size=8))
def test_packets_are_found_however_the_stream_is_cut(sizes: list[int], cuts: list[int]) -> None:
    packets = [publish("a/b", b"x" * size) for size in sizes]
    stream = b"".join(packets)
    bounds = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    pieces = [stream[start:end] for start, end in pairwise(bounds)]
    frames = Frames()
    assert [frame for piece in pieces for frame in frames.feed(piece)] == packets


def test_a_message_names_its_topic_and_nothing_else_does() -> None:
    assert topic_of(publish("passerelle/s/n/up/events", b"x" * 300)) == "passerelle/s/n/up/events"
    assert topic_of(PING) is None


def test_the_talk_between_client_and_broker_stays_whole() -> None:
    always = Mischief(random.Random(1), Tricks(twice_p=1, late_p=1, again_p=1))
    assert always.play(PING, "up") == [(0.0, PING)]


def test_every_message_goes_on_whatever_else_comes_of_it() -> None:
    mischief = Mischief(random.Random(1))
    packets = [publish("t", bytes([number])) for number in range(100)]
    assert set(play(mischief, *packets)) == set(packets)


def test_a_rare_message_is_said_again_as_often_as_frequent_ones() -> None:
    mischief = Mischief(random.Random(1), Tricks(twice_p=0, late_p=0, again_p=1))
    rare = publish("rare")
    played = play(mischief, rare, *(publish("often", bytes([number])) for number in range(100)))
    assert 30 < played.count(rare) < 70


def test_what_went_up_never_comes_down() -> None:
    mischief = Mischief(random.Random(1), Tricks(twice_p=0, late_p=0, again_p=1))
    up, down = publish("up"), publish("down")
    mischief.play(up, "up")
    assert {told for _ in range(20) for _, told in mischief.play(down, "down")} == {down}
