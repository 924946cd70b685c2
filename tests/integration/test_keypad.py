"""A visitor's code at a keypad: real gpiozero, a real edge process, a real gateway, and then none."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from queue import Queue
from time import sleep

import pytest
from gpiozero.pins.pigpio import PiGPIOFactory

from edge.adapters.keypad import GpioKeypad
from edge.ports import PortFact, Pressed
from firmware_sim.gpio.keypad import SimulatedKeypad
from firmware_sim.gpio.lgpio_shim import SimulatedLGPIOFactory
from firmware_sim.gpio.pigpiod import Pigpiod
from gateway.adapters.clock import SystemClock
from protocol.site import Keypad
from tests.servers.fixtures import Broker
from tests.simulator import Simulator
from tests.whole_place import SITE_FILE, WholePlace, until, whole_place

_Press = Callable[..., list[str]]

ROWS, COLUMNS = (5, 6, 12, 13), (16, 20, 21)
_IN_THE_FILE = f"""
[[keypad]]
id = "pad"
node = "ss-entrance"
door = "entrance"
rows = {list(ROWS)}
columns = {list(COLUMNS)}
"""


@pytest.fixture
def place(tmp_path: Path, broker: Broker) -> Iterator[WholePlace]:
    site_file = tmp_path / "sceaux-smart.toml"
    site_file.write_text(SITE_FILE.read_text(encoding="utf-8") + _IN_THE_FILE, encoding="utf-8")
    with whole_place(tmp_path, broker, site_file) as place:
        yield place


def invite(place: WholePlace, *, single_use: bool) -> str:
    """Make a pass, and wait until the entrance knows it; return its code."""
    before, now = place.list_revision(), SystemClock().now()
    visit = {
        "site": "sceaux-smart",
        "doors": ["entrance"],
        "visitor": "Lou Petit",
        "host": "ana",
        "starts_at": (now - timedelta(minutes=1)).isoformat(),
        "ends_at": (now + timedelta(hours=1)).isoformat(),
        "single_use": single_use,
    }
    answer = place.api.post("/api/v1/passes", json=visit)
    answer.raise_for_status()
    until(lambda: place.list_revision() > before)
    return str(answer.json()["code"])


def wait_until_locked(place: WholePlace) -> None:
    until(lambda: not place.strike_is_released())


def test_a_code_opens_the_door_and_the_gateway_hears_which_pass_it_was(place: WholePlace) -> None:
    code, once = invite(place, single_use=False), invite(place, single_use=True)
    assert place.type_code("pad", code)
    wait_until_locked(place)
    revision = place.list_revision()
    assert place.type_code("pad", once)
    wait_until_locked(place)
    used = {each["id"]: each for each in place.api.get("/api/v1/passes").json()}
    assert all(each["last_used_at"] for each in used.values())
    assert [each["in_use"] for each in used.values() if each["single_use"]] == [False]
    until(lambda: place.list_revision() > revision)  # the used code is taken out of the list
    assert not place.type_code("pad", once)
    events = place.api.get("/api/v1/events").text
    assert "CodeEntered" in events
    assert code not in events
    assert once not in events


def test_without_a_gateway_a_code_still_opens_and_one_for_a_single_use_only_once(
    place: WholePlace,
) -> None:
    code, once = invite(place, single_use=False), invite(place, single_use=True)
    place.gateway.stop()
    assert place.type_code("pad", once)
    wait_until_locked(place)
    assert not place.type_code("pad", once)
    place.edge.kill()
    place.edge.restart()
    until(lambda: place.type_code("pad", code), within_s=1)
    wait_until_locked(place)
    assert not place.type_code("pad", once), "a restart has made a used code good again"


@pytest.fixture(params=[PiGPIOFactory, SimulatedLGPIOFactory])
def pressed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Press]:
    """Hands at a keypad: call `pressed(*keys)` to hold keys for a while, and be told what was read."""
    told: Queue[PortFact] = Queue()
    with Simulator() as outside, Simulator() as node:
        pins = outside.open(Pigpiod.open())
        monkeypatch.setenv("PIGPIO_ADDR", "127.0.0.1")
        monkeypatch.setenv("PIGPIO_PORT", str(pins.port))
        hands = SimulatedKeypad(pins, ROWS, COLUMNS)
        factory = request.param()
        pad = GpioKeypad(Keypad(id="pad", node="n", door="d", rows=ROWS, columns=COLUMNS), factory)
        reading = node.start(pad.run(told.put))

        def press(*keys: str) -> list[str]:
            sleep(0.25)  # what is down when a node starts was not pressed now
            for key in keys:
                outside.call(hands.hold, key)
            sleep(0.25)
            for key in keys:
                outside.call(hands.let_go, key)
            sleep(0.1)
            found = [told.get_nowait() for _ in range(told.qsize())]
            return [fact.key for fact in found if isinstance(fact, Pressed)]

        yield press
        reading.cancel()
        node.call(lambda: None)  # by then it has ended
        pad.close()
        factory.close()


def test_every_key_is_read_as_itself_once_however_long_it_is_held(pressed: _Press) -> None:
    for key in "123456789*0#":
        assert pressed(key) == [key]


def test_two_keys_at_once_are_none(pressed: _Press) -> None:
    assert pressed("1", "2") in ([], ["1"], ["2"])  # fingers never come or go at the same instant
    assert len(pressed("4", "9")) <= 1
