"""A badge reader whose driver does as the test says."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, TypeVar

import nfc.tag
import pytest

from edge.adapters import nfc_reader
from edge.adapters.nfc_frontend import CardTooSlow
from edge.adapters.nfc_reader import HeldCard, NfcReader, by_number
from edge.core.tap import Proof
from edge.ports import PortFact, ReaderFails, ReaderWorks, Tapped

T = TypeVar("T")

ANA = bytes.fromhex("04a1b2c3d4e5f6")


def comes(*sightings: tuple[bytes, float]) -> list[bool]:
    """Say of each card seen in the field whether it has just come."""
    held, found = HeldCard(), []
    for card, at_s in sightings:
        found.append(not held.holds(card, at_s))
        held.saw(card, at_s)
    return found


def test_a_card_that_is_held_is_one_tap() -> None:
    assert comes(*((ANA, 10 + tenths / 10) for tenths in range(20))) == [True] + [False] * 19


def test_a_card_that_comes_back_at_once_was_never_away() -> None:
    assert comes((ANA, 10.0), (ANA, 10.6)) == [True, False]


def test_a_card_that_was_away_is_tapped_again() -> None:
    assert comes((ANA, 10.0), (ANA, 10.8)) == [True, True]


def test_another_card_is_another_tap() -> None:
    assert comes((ANA, 10.0), (b"ben!", 10.1), (ANA, 10.2)) == [True] * 3


Sighting = bytes | Exception | Callable[[], bytes | None] | None


@dataclass
class Frontend:
    """Shows one sighting after the other, then an empty field; `closed` counts."""

    sightings: Iterator[Sighting]
    closing: Exception | None = None
    closed: int = 0
    port_closed: bool = False
    allowed_s: list[float] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)

    @property
    def device(self) -> Any:
        tty = SimpleNamespace(close=self._close_port)
        return SimpleNamespace(chipset=SimpleNamespace(transport=SimpleNamespace(tty=tty)))

    def sense(self, *_targets: object, iterations: int) -> bytes | None:
        assert iterations == 1
        self.threads.add(threading.get_ident())
        match next(self.sightings, None):
            case Exception() as error:
                raise error
            case bytes() | None as card:
                return card
            case act:
                return act()

    def allow(self, for_s: float) -> None:
        self.allowed_s.append(for_s)

    def close(self) -> None:
        self.closed += 1
        if self.closing is not None:
            raise self.closing

    def _close_port(self) -> None:
        self.port_closed = True


@pytest.fixture(autouse=True)
def activation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what was sensed be the card; `b"short"` answers too short, `b"torn"` not at all."""

    def activate(_frontend: Frontend, target: bytes) -> Any:
        if target == b"short":
            raise IndexError("bytearray index out of range")
        return None if target == b"torn" else SimpleNamespace(identifier=bytearray(target))

    monkeypatch.setattr(nfc.tag, "activate", activate)
    monkeypatch.setattr(nfc_reader, "_POLL_EVERY_S", 0.001)
    monkeypatch.setattr(nfc_reader, "_RETRY_S", (0.001,))


def heard(
    *openings: Frontend | Exception, facts: int, prove: Callable[[Any], Proof] = by_number
) -> list[PortFact]:
    """Run a reader that opens these frontends one after the other until so many facts have come."""

    async def play() -> list[PortFact]:
        found: list[PortFact] = []
        enough = asyncio.Event()

        def post(fact: PortFact) -> None:
            found.append(fact)
            if len(found) == facts:
                enough.set()

        next_opening = iter(openings)

        def open_frontend(path: str, _uptime_s: Callable[[], float]) -> Frontend:
            assert path == "tty:AMA0:pn532"
            opening = next(next_opening)
            if isinstance(opening, Exception):
                raise opening
            return opening

        uptime_s = asyncio.get_running_loop().time
        reader = NfcReader("entrance-in", "tty:AMA0:pn532", bytes.hex, uptime_s, prove, open_frontend)
        await _for_a_while(reader.run(post), enough)
        return found

    return _run(play())


async def _for_a_while(running: Coroutine[Any, Any, None], enough: asyncio.Event) -> None:
    task = asyncio.create_task(running)
    try:
        async with asyncio.timeout(10):
            await enough.wait()
    finally:
        task.cancel()
        ended, _ = await asyncio.wait([task], timeout=10)
    assert ended, f"the reader goes on although it was cancelled: {task.get_stack()}"


def _run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run it without `asyncio.run`, which would wait for ever for a task that goes on."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(coroutine)
    finally:
        loop.close()


WORKS = ReaderWorks("entrance-in")
TAPPED = Tapped("entrance-in", ANA.hex())


def test_a_card_in_the_field_is_a_tap_and_only_its_reference_leaves_the_reader() -> None:
    assert heard(Frontend(iter([None, ANA, ANA])), facts=2) == [WORKS, TAPPED]


def test_every_call_of_the_driver_is_made_in_one_thread_of_its_own() -> None:
    frontend = Frontend(iter([None, ANA, None, b"ben!"]))
    heard(frontend, facts=3)
    assert len(frontend.threads) == 1
    assert threading.get_ident() not in frontend.threads


@pytest.mark.parametrize("error", [OSError(5, "EIO"), IndexError("frame"), ValueError("odd-length string")])
def test_a_reader_that_fails_is_reported_and_opened_again(error: Exception) -> None:
    first, second = Frontend(iter([None, error])), Frontend(iter([ANA]))
    facts = heard(first, second, facts=4)
    assert facts == [WORKS, ReaderFails("entrance-in", f"{type(error).__name__}: {error}"), WORKS, TAPPED]
    assert first.closed == 1


def test_a_reader_that_cannot_be_opened_is_tried_again() -> None:
    facts = heard(OSError(19, "no reader"), OSError(19, "no reader"), Frontend(iter([ANA])), facts=4)
    assert [type(fact) for fact in facts] == [ReaderFails, ReaderFails, ReaderWorks, Tapped]


def test_a_reader_works_once_it_has_answered_and_not_when_its_port_opens() -> None:
    mute = OSError(110, "ETIMEDOUT")
    facts = heard(*(Frontend(iter([mute])) for _ in range(3)), Frontend(iter([ANA])), facts=5)
    assert [type(fact) for fact in facts] == [ReaderFails] * 3 + [ReaderWorks, Tapped]


def test_a_reader_that_comes_and_goes_is_opened_more_and_more_slowly_up_to_a_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(nfc_reader, "_RETRY_S", (1, 2, 3))
    now_s = 0.0
    reader = NfcReader("entrance-in", "udp:", bytes.hex, lambda: now_s)
    pauses = []
    for works_for_s in (60.0, 1.0, 1.0, 1.0, 60.0):
        reader._works_since_s = now_s
        now_s += works_for_s
        pauses.append(reader._pause_s())
    assert pauses == [1, 2, 3, 3, 1]


@pytest.mark.parametrize("closing", [IndexError("termios"), None])
def test_a_port_that_nfcpy_leaves_open_is_closed(closing: Exception | None) -> None:
    unplugged = Frontend(iter([OSError(5, "EIO")]), closing)
    heard(unplugged, Frontend(iter([])), facts=2)
    assert unplugged.port_closed


@pytest.mark.parametrize("card", [b"short", b"torn"])
def test_a_card_that_cannot_be_read_is_no_tap_and_no_fault_of_the_reader(card: bytes) -> None:
    frontend = Frontend(iter([card, ANA]))
    assert heard(frontend, facts=2) == [WORKS, TAPPED]


@pytest.mark.parametrize("error", [CardTooSlow(), RuntimeError("BrokenLinkError"), TypeError(), ValueError()])
def test_whatever_a_card_makes_of_its_proof_is_no_fault_of_the_reader(error: Exception) -> None:
    def prove(tag: Any) -> Proof:
        if tag.identifier == b"ben!":
            raise error
        return "uid"

    assert heard(Frontend(iter([b"ben!", ANA])), facts=2, prove=prove) == [WORKS, TAPPED]


def test_a_reader_lost_in_the_midst_of_a_card_is_a_fault_of_the_reader() -> None:
    def prove(_tag: Any) -> Proof:
        raise OSError(5, "EIO")

    facts = heard(Frontend(iter([None, ANA])), Frontend(iter([])), facts=3, prove=prove)
    assert [type(fact) for fact in facts] == [ReaderWorks, ReaderFails, ReaderWorks]


@pytest.mark.parametrize("proof", ["aes", "failed"])
def test_how_a_card_proved_itself_is_told_with_its_tap(proof: Proof) -> None:
    facts = heard(Frontend(iter([ANA])), facts=2, prove=lambda _tag: proof)
    assert facts == [WORKS, Tapped("entrance-in", ANA.hex(), proof)]


def test_a_card_that_is_held_is_asked_for_its_proof_once() -> None:
    asked: list[bytes] = []

    def prove(tag: Any) -> Proof:
        asked.append(bytes(tag.identifier))
        return "aes"

    heard(Frontend(iter([ANA, ANA, ANA, b"ben!"])), facts=3, prove=prove)
    assert asked == [ANA, b"ben!"]


def test_a_card_torn_away_in_its_proof_is_asked_anew_when_it_is_there_again() -> None:
    tries = iter([RuntimeError("torn"), "aes"])

    def prove(_tag: Any) -> Proof:
        if isinstance(outcome := next(tries), Exception):
            raise outcome
        return "aes"

    assert heard(Frontend(iter([ANA, ANA])), facts=2, prove=prove) == [
        WORKS,
        Tapped("entrance-in", ANA.hex(), "aes"),
    ]


def test_each_card_has_a_time_of_its_own() -> None:
    frontend = Frontend(iter([None, ANA, None, b"ben!"]))
    heard(frontend, facts=3)
    assert frontend.allowed_s == [0.8, 0.8]


def test_a_reader_is_closed_when_the_node_stops() -> None:
    frontend = Frontend(iter([ANA]))
    heard(frontend, facts=2)
    assert frontend.closed == 1


def test_a_driver_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nfc_reader, "_LONGEST_CALL_S", 0.05)
    let_go = threading.Event()

    def hang() -> None:
        let_go.wait(10)

    facts = heard(Frontend(iter([None, hang])), Frontend(iter([ANA])), facts=4)
    let_go.set()
    assert [type(fact) for fact in facts] == [ReaderWorks, ReaderFails, ReaderWorks, Tapped]


class _Driver:
    """A driver's thread whose one call ends when the test says."""

    def __init__(self) -> None:
        self.call: Future[None] = Future()

    def submit(self, _job: Callable[[], object]) -> "Future[None]":
        return self.call


@pytest.mark.parametrize("passes", range(8))
def test_a_cancellation_that_meets_the_end_of_a_call_is_not_swallowed(passes: int) -> None:
    """Whatever the loop has already done for the call's end when the cancellation comes."""

    async def play() -> bool:
        reader = NfcReader("entrance-in", "udp:", bytes.hex, lambda: 0.0)
        driver = reader._executor = _Driver()  # type: ignore[assignment]
        task = asyncio.create_task(reader._call(lambda: None))
        await asyncio.sleep(0)
        driver.call.set_result(None)
        for _ in range(passes):
            await asyncio.sleep(0)
        was_running = task.cancel()
        await asyncio.wait([task], timeout=10)
        return task.cancelled() == was_running

    assert _run(play())
