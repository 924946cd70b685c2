"""A pigpio daemon's clients hear of the pins they chose, and of changes that last."""

import asyncio
from collections.abc import Callable
from itertools import count

import pytest

from firmware_sim.gpio.pins import GpioError, Pins, Refusal
from firmware_sim.gpio.reports import Reports


class Board(Pins):
    """Pins that report."""

    def __init__(self) -> None:
        super().__init__(count().__next__)
        self.reports = Reports(self)

    def _moved(self, pin: int) -> None:
        self.reports.moved(pin)


class Ear:
    """A client that notes each report."""

    def __init__(self) -> None:
        self.heard: list[int] = []

    def report(self, levels: int) -> None:
        self.heard.append(levels)


def listening(board: Board, pins: int) -> tuple[Ear, int]:
    """Return a client that monitors `pins`, its first report already heard and put away."""
    ear = Ear()
    handle = board.reports.listen(ear)
    board.reports.monitor(handle, pins)
    ear.heard.clear()
    return ear, handle


def test_a_client_hears_of_the_levels_as_soon_as_it_chooses_its_pins() -> None:
    board, ear = Board(), Ear()
    board.drive(4, 1)

    board.reports.monitor(board.reports.listen(ear), 1 << 5)

    assert ear.heard == [1 << 4]


def test_a_client_hears_of_its_own_pins_alone() -> None:
    board = Board()
    ear, _ = listening(board, 1 << 4)
    other, _ = listening(board, 1 << 5)

    board.drive(4, 1)

    assert ear.heard == [1 << 4]
    assert other.heard == []


def test_a_client_that_chose_no_pin_hears_nothing() -> None:
    board = Board()
    ear, handle = listening(board, 1 << 4)

    board.reports.monitor(handle, 0)
    board.drive(4, 1)

    assert ear.heard == []


def test_a_closed_handle_is_free_for_another() -> None:
    board = Board()
    ear, handle = listening(board, 1 << 4)

    board.reports.close(handle)
    board.drive(4, 1)

    assert ear.heard == []
    assert board.reports.listen(Ear()) == handle


def test_a_client_that_is_gone_leaves_its_handles() -> None:
    board = Board()
    gone, handle = listening(board, 1 << 4)
    stays, _ = listening(board, 1 << 4)

    board.reports.forget(gone)
    board.drive(4, 1)

    assert (gone.heard, stays.heard) == ([], [1 << 4])
    assert board.reports.listen(Ear()) == handle


def test_a_level_that_does_not_last_is_not_reported() -> None:
    async def chatter() -> list[int]:
        board = Board()
        ear, _ = listening(board, 1 << 4 | 1 << 5)
        board.reports.set_filter(4, 1_000)
        for level in (1, 0, 1, 0):
            board.drive(4, level)
        settled = asyncio.Event()
        board.reports.set_filter(5, 2_000)
        board.drive(5, 1)
        asyncio.get_running_loop().call_later(0.02, settled.set)
        await settled.wait()
        return ear.heard

    assert asyncio.run(chatter()) == [1 << 5]


def test_a_level_that_lasts_after_chatter_is_reported_once() -> None:
    async def chatter() -> list[int]:
        board = Board()
        ear, _ = listening(board, 1 << 4)
        board.reports.set_filter(4, 1_000)
        for level in (1, 0, 1, 0, 1):
            board.drive(4, level)
        assert ear.heard == []
        await asyncio.sleep(0.02)
        return ear.heard

    assert asyncio.run(chatter()) == [1 << 4]


def test_a_daemon_that_stops_reports_no_more() -> None:
    async def stopped() -> list[int]:
        board = Board()
        ear, _ = listening(board, 1 << 4)
        board.reports.set_filter(4, 1_000)
        board.drive(4, 1)
        board.reports.stop()
        await asyncio.sleep(0.02)
        return ear.heard

    assert asyncio.run(stopped()) == []


def take_all_handles(reports: Reports) -> None:
    for _ in range(33):
        reports.listen(Ear())


@pytest.mark.parametrize(
    ("request_", "refusal"),
    [
        (lambda reports: reports.monitor(7, 1), Refusal.BAD_HANDLE),
        (lambda reports: reports.close(7), Refusal.BAD_HANDLE),
        (lambda reports: reports.set_filter(32, 1), Refusal.BAD_PIN),
        (lambda reports: reports.set_filter(4, 300_001), Refusal.BAD_FILTER),
        (take_all_handles, Refusal.NO_HANDLE),
    ],
)
def test_what_no_daemon_can_do_is_refused(request_: Callable[[Reports], None], refusal: Refusal) -> None:
    with pytest.raises(GpioError) as refused:
        request_(Board().reports)

    assert refused.value.refusal == refusal
