"""What can happen to a door, a compartment or a sensor. Each machine heeds the facts that concern it."""

from dataclasses import dataclass
from typing import Literal

from protocol.modes import Mode

Cause = Literal["grant", "exit_request", "command"]


@dataclass(frozen=True, slots=True)
class Unlock:
    """A release is due. `grant` is the seq of the BadgePresented that brought it about.

    A door stays released for `at_least_s`, where that is longer than its own time.
    """

    cause: Cause
    grant: int | None = None
    at_least_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Contact:
    """The position contact was read."""

    is_open: bool


@dataclass(frozen=True, slots=True)
class ExitPressed:
    """The request-to-exit button went down."""


@dataclass(frozen=True, slots=True)
class ItemSensed:
    """The item sensor of a compartment was read."""

    present: bool


@dataclass(frozen=True, slots=True)
class Motion:
    """A motion sensor was read."""

    detected: bool


@dataclass(frozen=True, slots=True)
class Beam:
    """One of a counter's two beams was read."""

    which: Literal["outer", "inner"]
    broken: bool


@dataclass(frozen=True, slots=True)
class FireInput:
    """The alarm panel's contact was read."""

    alarm: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed, as asked for by WakeAt."""


@dataclass(frozen=True, slots=True)
class Modes:
    """The modes that a door is in from now on; told before whatever else concerns it."""

    modes: frozenset[Mode]


Fact = Unlock | Contact | ExitPressed | ItemSensed | Motion | Beam | FireInput | Tick | Modes
