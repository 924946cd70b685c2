"""The wires of a Raspberry Pi through gpiozero.

Electrical levels, at the pin:

==============  =========  =============================  =====================================
wire            pull       low (0)                        high (1)
==============  =========  =============================  =====================================
strike, latch   output     locked (also at start, at end) current flows: can be opened
lamp, buzzer    output     off                            on
contact         up         door closed (reed to ground)   door open, or the wire is cut
fire input      up         panel at rest                  alarm, or the wire is cut
exit button     up         pressed                        at rest
item sensor     up         an item is present             empty
motion (PIR)    down       nothing moves                  movement
beam            down       light arrives                  broken
==============  =========  =============================  =====================================
"""

import asyncio
import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal

from gpiozero import DigitalInputDevice, DigitalOutputDevice, GPIOZeroError

from edge.adapters.keypad import GpioKeypad
from edge.core.wiring import Equipment, Role, Wire
from edge.ports import Post, Sensed, SignalKind, Unavailable

_log = logging.getLogger(__name__)

Driver = Literal["lgpio", "pigpio"]

_FACTORIES: Final[dict[Driver, tuple[str, str]]] = {
    "lgpio": ("gpiozero.pins.lgpio", "LGPIOFactory"),
    "pigpio": ("gpiozero.pins.pigpio", "PiGPIOFactory"),
}
_PULLED_UP: Final[frozenset[Role]] = frozenset({"contact", "rex", "item", "fire"})
_BOUNCE_S: Final[dict[Role, float]] = {"contact": 0.02, "rex": 0.02, "item": 0.02, "fire": 0.02}

_GAP_S: Final = 0.15  # timer relays want about 0.1 s without current before they start anew

_Step = tuple[float, bool, bool]
_PATTERNS: Final[dict[SignalKind, tuple[_Step, ...]]] = {  # seconds, lamp, buzzer
    "granted": ((0.1, True, True), (0.9, True, False)),
    "refused": ((0.1, True, True), (0.1, False, False)) * 3,
    "key": ((0.03, True, True),),
    "identify": ((0.25, True, True), (0.25, False, False)) * 10,
}


class GpioPins:
    """All pins of one node, through the driver that its settings name; nothing falls back to another."""

    def __init__(self, driver: Driver, equipment: Equipment, data_dir: Path) -> None:
        """Claim the pins, every lock without current. Raises Unavailable."""
        os.environ.setdefault("LG_WD", str(data_dir))  # lgpio makes a pipe there as soon as it is imported
        module, name = _FACTORIES[driver]
        try:
            self._factory = getattr(import_module(module), name)()
            if driver == "pigpio":
                _forget_last_levels(self._factory, equipment.lock_pins().values())
            self.locks = {lock: GpioLock(pin, self._factory) for lock, pin in equipment.lock_pins().items()}
            self.inputs = GpioInputs(equipment.wires(), self._factory)
            self.keypads = {pad.id: GpioKeypad(pad, self._factory) for pad in equipment.keypads}
            self.indicator = GpioIndicator(equipment.node.status_led, equipment.node.buzzer, self._factory)
        except (ImportError, OSError, GPIOZeroError) as error:
            raise Unavailable(f"pins: the driver {driver!r} does not reach them: {error}") from error

    def close(self) -> None:
        """Take the current from every lock and let the pins go."""
        for lock in self.locks.values():
            lock.release()
        self.indicator.close()
        self.inputs.close()
        for keypad in self.keypads.values():
            keypad.close()
        for lock in self.locks.values():
            lock.close()
        self._factory.close()


class GpioLock:
    """See `edge.ports.Lock`. The timer relay before a lock starts at a rise: each pulse has one."""

    def __init__(self, pin: int, factory: Any) -> None:
        self._output = DigitalOutputDevice(pin, initial_value=False, pin_factory=factory)
        self._has_current = False
        self._rise: asyncio.TimerHandle | None = None

    def energise(self) -> None:
        """Give current; where there is some, take it away for a moment first."""
        if not self._has_current:
            self._output.on()
            self._has_current = True
        elif self._rise is None:
            self._output.off()
            self._rise = asyncio.get_running_loop().call_later(_GAP_S, self._rise_again)

    def release(self) -> None:
        """Take the current away."""
        self._has_current = False
        if self._rise is not None:
            self._rise.cancel()
            self._rise = None
        self._output.off()

    def close(self) -> None:
        """Let the pin go."""
        self.release()
        self._output.close()

    def _rise_again(self) -> None:
        self._rise = None
        self._output.on()


class GpioInputs:
    """See `edge.ports.Inputs`. An exception would end the one thread that gpiozero calls from."""

    def __init__(self, wires: Sequence[Wire], factory: Any) -> None:
        self._devices = {wire: _input(wire, factory) for wire in wires}

    def watch(self, post: Post) -> None:
        """Post every edge."""
        for wire, device in self._devices.items():
            device.when_activated = _poster(post, Sensed(wire, active=True))
            device.when_deactivated = _poster(post, Sensed(wire, active=False))

    def read(self) -> Mapping[Wire, bool]:
        """Read every pin now."""
        return {wire: bool(device.is_active) for wire, device in self._devices.items()}

    def close(self) -> None:
        """Let the pins go."""
        for device in self._devices.values():
            device.close()


class GpioIndicator:
    """See `edge.ports.Indicator`. Either pin may be missing; a new signal replaces the one being shown."""

    def __init__(self, lamp: int | None, buzzer: int | None, factory: Any) -> None:
        self._lamp, self._buzzer = (
            None if pin is None else DigitalOutputDevice(pin, pin_factory=factory) for pin in (lamp, buzzer)
        )
        self._showing: asyncio.Task[None] | None = None

    def show(self, signal: SignalKind) -> None:
        """Start a pattern of lamp and sound."""
        self._stop()
        self._showing = asyncio.get_running_loop().create_task(self._play(_PATTERNS[signal]))

    def close(self) -> None:
        """Let the pins go, dark and silent."""
        self._stop()
        for output in (self._lamp, self._buzzer):
            if output is not None:
                output.close()

    async def _play(self, pattern: tuple[_Step, ...]) -> None:
        for seconds, lamp, buzzer in pattern:
            self._set(lamp=lamp, buzzer=buzzer)
            await asyncio.sleep(seconds)
        self._set(lamp=False, buzzer=False)

    def _set(self, *, lamp: bool, buzzer: bool) -> None:
        if self._lamp is not None:
            self._lamp.value = lamp
        if self._buzzer is not None:
            self._buzzer.value = buzzer

    def _stop(self) -> None:
        if self._showing is not None:
            self._showing.cancel()


def _forget_last_levels(factory: Any, pins: Iterable[int]) -> None:
    """Take away what a process that was killed in a pulse left in the output register of its locks.

    gpiozero makes a pin an output before it writes to it: for a moment it would have that old level.
    """
    for pin in pins:
        factory.connection.write(pin, 0)


def _input(wire: Wire, factory: Any) -> Any:
    return DigitalInputDevice(
        wire.pin,
        pull_up=wire.role in _PULLED_UP,
        bounce_time=_BOUNCE_S.get(wire.role),
        pin_factory=factory,
    )


def _poster(post: Post, fact: Sensed) -> Callable[[], None]:
    def told() -> None:
        try:
            post(fact)
        except Exception:  # noqa: BLE001 - it would be the last edge of any input that is told
            _log.exception("event=edge_dropped role=%s of=%s", fact.wire.role, fact.wire.of)

    return told
