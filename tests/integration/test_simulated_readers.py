"""Real nfcpy, unmodified, takes the simulated field and its cards for a reader and cards."""

import asyncio
import logging
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import active_count
from typing import Any

import nfc
import nfc.clf
import nfc.tag
import pytest
from nfc.tag.tt4 import Type4TagCommandError

from edge.adapters.card_proof import prove as prove_card
from edge.adapters.nfc_reader import NfcReader
from edge.adapters.secure_card import SecureCard
from edge.core.ev2 import NotGenuine
from edge.core.tap import Proof
from firmware_sim.rf.cards import Type2Card, Type4Card
from firmware_sim.rf.faults import LossyCard, TornCard
from firmware_sim.rf.field import Field
from firmware_sim.rf.hostile import HOSTILE
from firmware_sim.rf.secure import desfire_card, ntag_card
from protocol.identifiers import CARD_APPLICATION
from tests.simulator import PATIENCE_S, Simulator, until

UID_4 = bytes.fromhex("05a1b2c3")
UID_7 = bytes.fromhex("04a1b2c3d4e5f6")
UID_10 = bytes.fromhex("04a1b2c3d4e5f6071829")


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


class Backwards:
    """Answers each command with its data backwards."""

    def apdu(self, command: bytes) -> bytes:
        return command[5 : 5 + command[4]][::-1] + b"\x90\x00"

    def reset(self) -> None:
        """It holds nothing."""


@pytest.fixture
def field(simulator: Simulator) -> Field:
    return simulator.open(Field.open())


@pytest.fixture
def reader(field: Field) -> Iterator[Any]:
    with nfc.ContactlessFrontend(f"udp:127.0.0.1:{field.port}") as reader:
        yield reader


def sense(reader: Any) -> Any:
    return reader.sense(nfc.clf.RemoteTarget("106A"), iterations=1)


def activate(reader: Any) -> Any:
    """Find and activate a card, as often as a busy machine makes a reader try."""
    for _ in range(20):
        target = sense(reader)
        tag = target and nfc.tag.activate(reader, target)
        if tag:
            return tag
    raise AssertionError("no card was activated")


def test_a_reader_with_no_card_finds_none(reader: Any) -> None:
    assert sense(reader) is None


@pytest.mark.parametrize("uid", [UID_4, UID_7, UID_10])
@pytest.mark.parametrize(("kind", "type_"), [(Type2Card, "Type2Tag"), (Type4Card, "Type4Tag")])
def test_a_card_is_known_by_its_type_and_its_whole_uid(
    simulator: Simulator, field: Field, reader: Any, uid: bytes, kind: type[Type2Card | Type4Card], type_: str
) -> None:
    simulator.call(field.place, kind(uid))

    tag = activate(reader)

    assert (tag.identifier, tag.type) == (uid, type_)


def test_a_card_that_comes_while_the_reader_asks_answers_that_question(
    simulator: Simulator, field: Field, reader: Any
) -> None:
    with ThreadPoolExecutor(1) as thread:
        asked = [thread.submit(sense, reader) for _ in range(20)]
        until(lambda: field._patience is not None)
        simulator.call(field.place, Type4Card(UID_7))

        found = [each.result() for each in asked]

    assert all(target is None or target.sdd_res == UID_7 for target in found)
    assert found[-1] is not None


def test_a_page_written_to_a_type_2_card_is_read_again(
    simulator: Simulator, field: Field, reader: Any
) -> None:
    card = Type2Card(UID_7)
    simulator.call(field.place, card)
    tag = activate(reader)

    tag.write(39, b"last")

    assert tag.product == "NXP NTAG213"
    assert bytes(tag.read(38)[4:8]) == b"last"
    assert card.user_memory[-4:] == b"last"


def test_a_page_that_does_not_exist_is_an_error_that_the_card_survives(
    simulator: Simulator, field: Field, reader: Any
) -> None:
    simulator.call(field.place, Type2Card(UID_7))
    tag = activate(reader)

    with pytest.raises(nfc.tag.tt2.Type2TagCommandError, match="invalid page"):
        tag.read(45)

    assert bytes(tag.read(3)[:4]) == bytes.fromhex("e1101200")


@pytest.mark.parametrize("extensions", [0, 2])
def test_commands_and_answers_of_250_bytes_cross_in_chained_blocks(
    simulator: Simulator, field: Field, reader: Any, extensions: int
) -> None:
    simulator.call(field.place, Type4Card(UID_7, Backwards(), extensions=extensions))
    tag = activate(reader)
    data = bytes(range(250))

    for _ in range(3):
        assert tag.send_apdu(0x80, 1, 0, 0, data, mrl=256) == data[::-1]
    assert tag.is_present


def test_lost_frames_are_asked_for_again_until_the_answer_is_whole(
    simulator: Simulator, field: Field, reader: Any
) -> None:
    card = LossyCard(Type4Card(UID_7, Backwards()), 0.1, Random(7))
    simulator.call(field.place, card)
    tag = activate(reader)
    data = bytes(range(250))

    answers = [tag.send_apdu(0x80, 1, 0, 0, data, mrl=256) for _ in range(3)]

    assert answers == [data[::-1]] * 3
    assert card.lost > 0


def test_a_card_torn_away_in_the_midst_of_a_command_ends_in_a_timeout(
    simulator: Simulator, field: Field, reader: Any
) -> None:
    answers_to_be_activated, blocks_before_it_goes = 6, 2
    card = TornCard(Type4Card(UID_7, Backwards()), answers_to_be_activated + blocks_before_it_goes)
    simulator.call(field.place, card)
    tag = activate(reader)

    with pytest.raises(Type4TagCommandError) as torn:
        tag.send_apdu(0x80, 1, 0, 0, bytes(250), mrl=256)

    assert torn.value.errno == nfc.tag.TIMEOUT_ERROR


def test_a_card_taken_from_the_field_is_no_longer_present(
    simulator: Simulator, field: Field, reader: Any
) -> None:
    card = Type4Card(UID_7)
    simulator.call(field.place, card)
    tag = activate(reader)
    assert tag.is_present

    simulator.call(field.remove)

    assert not card.selected
    assert not tag.is_present
    assert sense(reader) is None


def test_a_tap_ends_once_the_reader_has_selected_the_card_and_let_it_go(
    simulator: Simulator, field: Field, reader: Any
) -> None:
    tap = simulator.start(field.tap(Type4Card(UID_7, Backwards()), for_s=PATIENCE_S))
    tag = activate(reader)
    assert tag.send_apdu(0x80, 1, 0, 0, b"abc", mrl=256) == b"cba"
    assert not tap.done()

    assert sense(reader) is None

    assert tap.result(PATIENCE_S) is True


def test_a_tap_of_a_type_2_card_lasts_through_its_activation(
    simulator: Simulator, field: Field, reader: Any
) -> None:
    tap = simulator.start(field.tap(Type2Card(UID_7), for_s=PATIENCE_S))

    assert activate(reader).product == "NXP NTAG213"
    assert sense(reader) is None

    assert tap.result(PATIENCE_S) is True


def test_a_tap_that_no_reader_saw_says_so(simulator: Simulator, field: Field) -> None:
    assert simulator.start(field.tap(Type4Card(UID_7), for_s=0.01)).result(PATIENCE_S) is False


def test_people_who_tap_at_once_are_served_one_after_another(
    simulator: Simulator, field: Field, reader: Any
) -> None:
    taps = [simulator.start(field.tap(Type4Card(uid), for_s=PATIENCE_S)) for uid in (UID_7, UID_10)]

    seen = [bytes(activate(reader).identifier) for _ in range(2)]
    sense(reader)

    assert seen == [UID_7, UID_10]
    assert [tap.result(PATIENCE_S) for tap in taps] == [True, True]


def test_a_field_holds_one_card(simulator: Simulator, field: Field) -> None:
    simulator.call(field.place, Type4Card(UID_7))

    with pytest.raises(RuntimeError, match="remove it first"):
        simulator.call(field.place, Type4Card(UID_10))


def test_a_reader_killed_in_the_midst_leaves_the_card_to_be_found_anew(
    simulator: Simulator, field: Field, reader: Any
) -> None:
    simulator.call(field.place, Type4Card(UID_7))
    activate(reader)
    reader.device.socket.close()
    reader.device.socket = None

    assert activate(reader).identifier == UID_7


@pytest.fixture
def raw_reader(field: Field) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as raw:
        raw.settimeout(PATIENCE_S)
        raw.connect(("127.0.0.1", field.port))
        yield raw


@pytest.mark.parametrize("question", [b"106A 26", b"106A 9320", b"106B 050010", b"212F 0600ffff0100"])
def test_an_empty_field_says_so_instead_of_letting_the_reader_wait(
    raw_reader: socket.socket, question: bytes
) -> None:
    raw_reader.send(question)

    assert raw_reader.recv(1024) == question[:4]


def test_a_datagram_that_is_no_frame_is_logged_and_the_next_one_answered(
    simulator: Simulator, field: Field, raw_reader: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    simulator.call(field.place, Type4Card(UID_7))
    with caplog.at_level(logging.WARNING):
        raw_reader.send(b"106A hello")
        raw_reader.send(b"106A 26")
        answer = raw_reader.recv(1024)

    assert answer == b"106A 4403"
    assert "106A hello" in caplog.text


def test_a_reader_that_is_stopped_while_a_card_hangs_leaves_no_thread_and_no_socket(
    simulator: Simulator, field: Field
) -> None:
    simulator.call(field.place, HOSTILE["asks for the longest time for ever"](Random(1)))
    threads = active_count()

    async def play() -> None:
        hangs = asyncio.Event()
        loop = asyncio.get_running_loop()

        def prove(tag: Any) -> Proof:
            loop.call_soon_threadsafe(hangs.set)
            tag.send_apdu(0x90, 0x71, 0, 0, b"", mrl=256)
            raise AssertionError("it ends")

        path = f"udp:127.0.0.1:{field.port}"
        reader = NfcReader("in", path, bytes.hex, loop.time, prove)
        running = asyncio.create_task(reader.run(lambda _: None))
        async with asyncio.timeout(PATIENCE_S):
            await hangs.wait()
            running.cancel()
            await asyncio.wait([running])
        assert reader._frontend is None

    asyncio.run(play())
    until(lambda: active_count() == threads)


KEY = bytes(range(16))


@pytest.mark.parametrize(
    "card", [desfire_card(UID_7, CARD_APPLICATION, KEY, Random(1)), ntag_card(UID_7, KEY, Random(1))]
)
def test_a_card_proves_itself_over_the_air_and_another_key_is_not_believed(
    simulator: Simulator, field: Field, reader: Any, card: Type4Card
) -> None:
    simulator.call(field.place, card)

    prove_card(SecureCard(activate(reader)), UID_7, KEY)

    with pytest.raises(NotGenuine, match=r"to (71|AF)"):
        prove_card(SecureCard(activate(reader)), UID_7, bytes(16))
