"""The wires, through gpiozero's own mock pins: what is electrical about them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory

from edge.adapters import gpio
from edge.adapters.gpio import GpioIndicator, GpioInputs, GpioLock, GpioPins
from edge.core.wiring import Equipment, Role, Wire, equipment
from edge.ports import PortFact, Sensed, Unavailable
from tests.unit.edge.world import site


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    pins = MockFactory()
    yield pins
    pins.reset()


@pytest.fixture
def entrance() -> Equipment:
    return equipment(site(), "ss-entrance")


def test_a_lock_has_no_current_until_it_is_energised(factory: MockFactory) -> None:
    lock = GpioLock(17, factory)
    pin = factory.pin(17)
    levels = [pin.state]
    lock.energise()
    levels.append(pin.state)
    lock.release()
    levels.append(pin.state)
    assert levels == [False, True, False]
    lock.close()


def test_a_lock_that_has_current_is_off_for_a_moment_before_its_next_pulse(
    factory: MockFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The timer relay before it starts anew at a rise alone."""
    monkeypatch.setattr(gpio, "_GAP_S", 0.001)

    async def play() -> None:
        lock = GpioLock(17, factory)
        for _ in range(3):  # the third comes within the gap
            lock.energise()
        for _ in range(1000):
            if not factory.pin(17).state:
                await asyncio.sleep(0.001)
        lock.release()
        lock.energise()
        lock.close()

    asyncio.run(play())
    assert [each.state for each in factory.pin(17).states] == [False, True, False, True, False, True, False]


def test_a_lock_that_is_released_while_it_is_off_for_a_moment_stays_off(
    factory: MockFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpio, "_GAP_S", 0.001)

    async def play() -> None:
        lock = GpioLock(17, factory)
        lock.energise()
        lock.energise()
        lock.release()
        await asyncio.sleep(0.01)
        lock.close()

    asyncio.run(play())
    assert [each.state for each in factory.pin(17).states] == [False, True, False]


@pytest.mark.parametrize(
    ("role", "pull", "active_level"),
    [
        ("contact", "up", 0),
        ("rex", "up", 0),
        ("item", "up", 0),
        ("motion", "down", 1),
        ("outer", "down", 1),
        ("inner", "down", 1),
    ],
)
def test_an_input_is_pulled_to_rest_and_active_at_the_other_level(
    factory: MockFactory, role: Role, pull: str, active_level: int
) -> None:
    wire = Wire(role, "x", 22)
    inputs = GpioInputs([wire], factory)
    pin = factory.pin(22)
    assert pin.pull == pull
    assert inputs.read() == {wire: False}

    seen: list[PortFact] = []
    inputs.watch(seen.append)
    drive = {0: pin.drive_low, 1: pin.drive_high}
    drive[active_level]()
    assert inputs.read() == {wire: True}
    drive[1 - active_level]()
    assert seen == [Sensed(wire, active=True), Sensed(wire, active=False)]
    inputs.close()


def test_a_post_that_raises_does_not_end_the_thread_that_tells_edges(factory: MockFactory) -> None:
    wire = Wire("motion", "x", 22)
    inputs = GpioInputs([wire], factory)
    told: list[PortFact] = []

    def post(fact: PortFact) -> None:
        told.append(fact)
        raise RuntimeError("the queue is gone")

    inputs.watch(post)
    factory.pin(22).drive_high()
    factory.pin(22).drive_low()
    assert told == [Sensed(wire, active=True), Sensed(wire, active=False)]
    inputs.close()


@pytest.mark.parametrize(("role", "debounced"), [("contact", True), ("rex", True), ("outer", False)])
def test_what_bounces_is_debounced(factory: MockFactory, role: Role, *, debounced: bool) -> None:
    inputs = GpioInputs([Wire(role, "x", 22)], factory)
    assert (factory.pin(22).bounce is not None) == debounced
    inputs.close()


def test_a_signal_lights_the_lamp_and_ends_dark(
    factory: MockFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play() -> None:
        indicator = GpioIndicator(26, None, factory)
        indicator.show("refused")
        await asyncio.sleep(0.1)
        indicator.close()

    monkeypatch.setitem(gpio._PATTERNS, "refused", ((0.001, True, True), (0.001, False, False)) * 2)
    asyncio.run(play())
    assert [state.state for state in factory.pin(26).states] == [False, True, False, True, False]


def test_a_new_signal_replaces_the_one_being_shown(factory: MockFactory) -> None:
    async def play() -> None:
        indicator = GpioIndicator(26, 19, factory)
        indicator.show("identify")
        await asyncio.sleep(0)
        indicator.show("granted")
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) == 2
        indicator.close()

    asyncio.run(play())


def test_all_pins_of_a_node_are_claimed_and_let_go_with_every_lock_off(
    factory: MockFactory, entrance: Equipment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpio, "import_module", lambda _name: _Module(factory))
    pins = GpioPins("lgpio", entrance, tmp_path)
    pins.locks["entrance"].energise()
    strike = factory.pin(17)
    assert strike.state
    pins.close()
    assert not strike.state
    assert strike.function == "input"


class _Module:
    """Stands for the module of a driver whose factory is at hand."""

    def __init__(self, factory: MockFactory) -> None:
        self._factory = factory

    def LGPIOFactory(self) -> MockFactory:  # noqa: N802 - gpiozero's name
        return self._factory


def test_a_driver_that_is_missing_stops_the_start(
    entrance: Equipment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(gpio, "import_module", missing)
    with pytest.raises(Unavailable, match="the driver 'lgpio' does not reach them"):
        GpioPins("lgpio", entrance, tmp_path)
