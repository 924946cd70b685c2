"""What the machines ask for, and what the node then does, in that order: what can fail stands last."""

from dataclasses import dataclass

from protocol.events import Event


@dataclass(frozen=True, slots=True)
class Energise:
    """Give current to a lock (a door's strike, a compartment's latch), which then can be opened."""

    lock: str


@dataclass(frozen=True, slots=True)
class Release:
    """Take the current away: fail-secure, so locked."""

    lock: str


@dataclass(frozen=True, slots=True)
class Report:
    """Write an event into the spool, from where it goes to the gateway."""

    event: Event


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Give the machine a Tick at this uptime, or a little later."""

    at_s: float


Effect = Energise | Release | Report | WakeAt
Effects = tuple[Effect, ...]
