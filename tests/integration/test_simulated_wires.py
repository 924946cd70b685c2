"""Real gpiozero, unmodified, takes simulated pins for a Raspberry Pi's, through either of its factories."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue
from struct import pack, unpack
from typing import Any

import gpiozero
import pigpio
import pytest
from gpiozero.pins.pigpio import PiGPIOFactory
from gpiozero.tones import Tone

from edge.adapters.gpio import GpioInputs
from edge.core.wiring import Wire
from edge.ports import PortFact, Sensed
from firmware_sim.gpio import lgpio_lines
from firmware_sim.gpio.lgpio_shim import SimulatedLGPIOFactory
from firmware_sim.gpio.pigpiod import Command, Pigpiod
from firmware_sim.gpio.pins import Pulses
from tests.simulator import PATIENCE_S, Simulator, until


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def pins(simulator: Simulator) -> Pigpiod:
    return simulator.open(Pigpiod.open())


@contextmanager
def device(pins: Pigpiod, factory: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give a device its own factory, which finds its pins by the environment alone."""
    monkeypatch.setenv("PIGPIO_ADDR", "127.0.0.1")
    monkeypatch.setenv("PIGPIO_PORT", str(pins.port))
    board = factory()
    yield board
    board.close()


@pytest.fixture(params=[PiGPIOFactory, SimulatedLGPIOFactory])
def board(pins: Pigpiod, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with device(pins, request.param, monkeypatch) as board:
        yield board


def test_the_first_edge_after_a_button_is_set_up_is_not_lost(
    simulator: Simulator, pins: Pigpiod, board: Any
) -> None:
    told: Queue[str] = Queue()
    with gpiozero.Button(4, pull_up=True, pin_factory=board) as button:
        button.when_pressed = lambda: told.put("pressed")
        button.when_released = lambda: told.put("released")
        assert (button.is_pressed, button.pin.pull) == (False, "up")

        simulator.call(pins.drive, 4, 0)
        assert told.get(timeout=PATIENCE_S) == "pressed"
        assert button.is_pressed
        simulator.call(pins.drive, 4, None)
        assert told.get(timeout=PATIENCE_S) == "released"


def test_a_contact_that_bounces_is_told_once(simulator: Simulator, pins: Pigpiod, board: Any) -> None:
    told: Queue[str] = Queue()
    with gpiozero.Button(4, pull_up=True, bounce_time=0.02, pin_factory=board) as button:
        button.when_pressed = lambda: told.put("pressed")
        button.when_released = lambda: told.put("released")

        def bounce(level: int) -> None:
            for each in (level, 1 - level, level, 1 - level, level):
                pins.drive(4, each)

        simulator.call(bounce, 0)
        first = told.get(timeout=PATIENCE_S)
        simulator.call(bounce, 1)
        second = told.get(timeout=PATIENCE_S)

    assert [first, second] == ["pressed", "released"]
    assert told.empty()
    assert simulator.call(pins.changes, 4) > 2


def test_beams_are_told_in_the_order_in_which_they_are_cut(
    simulator: Simulator, pins: Pigpiod, board: Any
) -> None:
    told: Queue[str] = Queue()
    passage = [(5, 1, "A"), (6, 1, "B"), (5, 0, "A free"), (6, 0, "B free")]
    with (
        gpiozero.Button(5, pull_up=None, active_state=True, pin_factory=board) as outer,
        gpiozero.Button(6, pull_up=None, active_state=True, pin_factory=board) as inner,
    ):
        outer.when_pressed, outer.when_released = (lambda: told.put("A"), lambda: told.put("A free"))
        inner.when_pressed, inner.when_released = (lambda: told.put("B"), lambda: told.put("B free"))
        for pin, level, _ in passage:
            simulator.call(pins.drive, pin, level)

        assert [told.get(timeout=PATIENCE_S) for _ in passage] == [beam for _, _, beam in passage]


def test_a_presence_sensor_sees_a_body_come_and_go(simulator: Simulator, pins: Pigpiod, board: Any) -> None:
    with gpiozero.MotionSensor(23, pin_factory=board) as sensor:
        simulator.call(pins.drive, 23, 1)
        assert sensor.wait_for_motion(PATIENCE_S)
        simulator.call(pins.drive, 23, 0)
        assert sensor.wait_for_no_motion(PATIENCE_S)


def test_a_strike_is_watched_and_traced_as_it_pulls_and_falls(
    simulator: Simulator, pins: Pigpiod, board: Any
) -> None:
    told: list[tuple[int, int]] = []
    simulator.call(pins.watch, 17, lambda level, at_ns: told.append((level, at_ns)))
    with gpiozero.DigitalOutputDevice(17, pin_factory=board) as strike:
        strike.on()
        assert (simulator.call(pins.level, 17), strike.value) == (1, 1)
        strike.off()
        assert (simulator.call(pins.level, 17), strike.value) == (0, 0)

    trace = simulator.call(pins.trace, 17)
    assert [change.level for change in trace] == [1, 0]
    assert trace[0].at_ns < trace[1].at_ns
    assert told == list(trace)


def test_an_output_that_is_closed_lets_its_line_fall(simulator: Simulator, pins: Pigpiod, board: Any) -> None:
    strike = gpiozero.DigitalOutputDevice(17, pin_factory=board)
    strike.on()

    strike.close()

    assert simulator.call(pins.level, 17) == 0


def test_a_buzzer_beeps_as_often_as_it_is_told(simulator: Simulator, pins: Pigpiod, board: Any) -> None:
    with gpiozero.Buzzer(22, pin_factory=board) as buzzer:
        buzzer.beep(on_time=0.001, off_time=0.001, n=3, background=False)

    assert simulator.call(pins.changes, 22) == 6


def test_a_light_is_dimmed_and_put_out(simulator: Simulator, pins: Pigpiod, board: Any) -> None:
    with gpiozero.PWMLED(18, frequency=200, pin_factory=board) as light:
        light.value = 0.3
        assert simulator.call(pins.pulses, 18) == Pulses(200, 0.3)
        assert light.value == pytest.approx(0.3)
        light.off()
        assert simulator.call(pins.level, 18) == 0

    assert simulator.call(pins.pulses, 18) is None


def test_a_tone_has_its_pitch(simulator: Simulator, pins: Pigpiod, board: Any) -> None:
    with gpiozero.TonalBuzzer(13, pin_factory=board) as buzzer:
        buzzer.play(Tone(440.0))
        assert simulator.call(pins.pulses, 13) == Pulses(440, 0.5)
        buzzer.stop()
        assert simulator.call(pins.level, 13) == 0


def test_devices_in_one_building_have_their_own_pins(
    simulator: Simulator, pins: Pigpiod, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = simulator.open(Pigpiod.open())
    with (
        device(pins, PiGPIOFactory, monkeypatch) as here,
        device(other, PiGPIOFactory, monkeypatch) as there,
        gpiozero.DigitalOutputDevice(17, pin_factory=here) as strike,
        gpiozero.Button(17, pull_up=None, active_state=True, pin_factory=there) as button,
    ):
        strike.on()

        assert simulator.call(pins.level, 17) == 1
        assert not button.is_pressed


def _raise(*_: object) -> None:
    raise RuntimeError("on purpose")


def test_a_post_that_raises_silences_no_input(simulator: Simulator, pins: Pigpiod, board: Any) -> None:
    told: Queue[PortFact] = Queue()
    moves, beam = Wire("motion", "x", 4), Wire("outer", "x", 5)
    inputs = GpioInputs([moves, beam], board)

    def post(fact: PortFact) -> None:
        told.put(fact)
        _raise()

    inputs.watch(post)
    facts = []
    for pin in (4, 5):
        simulator.call(pins.drive, pin, 1)
        facts.append(told.get(timeout=PATIENCE_S))
    inputs.close()

    assert facts == [Sensed(moves, active=True), Sensed(beam, active=True)]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_callback_that_raises_silences_all_inputs_but_they_still_read_right(
    simulator: Simulator, pins: Pigpiod, board: Any
) -> None:
    """Why the node reads every input once a second: gpiozero has one thread for all callbacks."""
    told: Queue[PortFact] = Queue()
    moves, beam = Wire("motion", "x", 4), Wire("outer", "x", 5)
    inputs = GpioInputs([moves, beam], board)
    inputs.watch(told.put)
    inputs._devices[moves].when_activated = _raise
    pi = board.connection if hasattr(board, "connection") else lgpio_lines._chips[board._handle].pi
    thread = pi._notify
    simulator.call(pins.drive, 4, 1)
    until(lambda: not thread.is_alive())
    simulator.call(pins.drive, 5, 1)

    assert inputs.read() == {moves: True, beam: True}
    assert told.empty()
    inputs.close()
    thread.stop()
    thread.sl.s.close()  # the thread would have


@pytest.fixture
def client(pins: Pigpiod) -> Iterator[Any]:
    client = pigpio.pi("127.0.0.1", pins.port)
    yield client
    client.stop()


def test_a_refused_request_gives_pigpios_reason_and_the_next_one_is_answered(client: Any) -> None:
    with pytest.raises(pigpio.error, match="unknown command"):
        client.i2c_open(1, 0x20)
    with pytest.raises(pigpio.error, match="GPIO is not in use for PWM"):
        client.get_PWM_dutycycle(18)

    assert client.get_hardware_revision() == 0xC03114


def test_the_tick_counts_microseconds_in_32_bits(client: Any) -> None:
    before_us = time.monotonic_ns() // 1000
    tick_us = client.get_current_tick()
    after_us = time.monotonic_ns() // 1000

    assert (tick_us - before_us) % 2**32 <= after_us - before_us


def test_all_levels_are_read_in_one_request(simulator: Simulator, pins: Pigpiod, client: Any) -> None:
    simulator.call(pins.drive, 4, 1)
    client.write(27, 1)

    assert client.read_bank_1() == 1 << 4 | 1 << 27


def test_a_client_that_vanishes_leaves_its_handle_to_others(pins: Pigpiod) -> None:
    def listen() -> int:
        with socket.create_connection(("127.0.0.1", pins.port), timeout=PATIENCE_S) as raw:
            raw.sendall(pack("<IIII", Command.NOIB, 0, 0, 0))
            handle: int = unpack("<12xi", raw.recv(16, socket.MSG_WAITALL))[0]
            return handle

    assert all(listen() >= 0 for _ in range(40))


@pytest.fixture
def lines(pins: Pigpiod, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setenv("PIGPIO_ADDR", "127.0.0.1")
    monkeypatch.setenv("PIGPIO_PORT", str(pins.port))
    handle = lgpio_lines.gpiochip_open(0)
    yield handle
    lgpio_lines.gpiochip_close(handle)


@pytest.mark.parametrize("claim", [lgpio_lines.gpio_claim_input, lgpio_lines.gpio_claim_output])
def test_a_line_claimed_for_something_else_tells_no_more_edges(
    simulator: Simulator, pins: Pigpiod, lines: int, claim: Callable[[int, int], None]
) -> None:
    told: Queue[tuple[int, int]] = Queue()
    for line in (4, 5):
        lgpio_lines.gpio_claim_alert(lines, line, lgpio_lines.BOTH_EDGES)
        lgpio_lines.callback(lines, line, lgpio_lines.BOTH_EDGES, lambda _, *edge: told.put(edge[:2]))

    simulator.call(pins.drive, 4, 1)
    first = told.get(timeout=PATIENCE_S)
    claim(lines, 4)
    simulator.call(pins.drive, 4, 0)
    simulator.call(pins.drive, 5, 1)

    assert (first, told.get(timeout=PATIENCE_S)) == ((4, 1), (5, 1))


def test_pulses_of_no_frequency_are_none(simulator: Simulator, pins: Pigpiod, lines: int) -> None:
    lgpio_lines.tx_pwm(lines, 18, 440, 50)
    assert simulator.call(pins.pulses, 18) == Pulses(440, 0.5)

    lgpio_lines.tx_pwm(lines, 18, 0, 0)

    assert (simulator.call(pins.pulses, 18), simulator.call(pins.level, 18)) == (None, 0)


def test_pins_that_nobody_simulates_are_an_error_that_names_the_address(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIGPIO_ADDR", "127.0.0.1")
    monkeypatch.setenv("PIGPIO_PORT", "1")

    with pytest.raises(OSError, match=r"no simulated pins at 127\.0\.0\.1:1"):
        SimulatedLGPIOFactory()
