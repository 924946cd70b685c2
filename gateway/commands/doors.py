"""What is asked of doors, nodes and lockers."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class OpenDoor:
    """Release a door from afar."""

    site: str
    door: str


@dataclass(frozen=True, slots=True)
class LockDown:
    """Let nobody but staff in at `doors` of a site (none: all), from now until it is lifted."""

    site: str
    doors: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class OpenToAll:
    """Let anybody in at `doors` of a site (none: all) over [starts_at, ends_at)."""

    site: str
    doors: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class LiftMode:
    """End a lockdown or a free passage now."""

    mode: str


@dataclass(frozen=True, slots=True)
class Passage:
    """Doors of an event (none: all of its site) and when they let anybody in, in [starts_at, ends_at)."""

    doors: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class HoldGathering:
    """Hold an event for at most `most` people (None: as many as the site takes), with its door plan."""

    site: str
    name: str
    starts_at: datetime
    ends_at: datetime
    most: int | None
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class CancelGathering:
    """Hold an event no longer: its doors let in whom they usually do."""

    gathering: str


@dataclass(frozen=True, slots=True)
class EnrolSealingKey:
    """Seal card keys for a node to this X25519 public key from now on; it is the node's word for it."""

    node: str
    key: str


@dataclass(frozen=True, slots=True)
class LendItem:
    """Let a member fetch an item with a badge, to be brought back by `due_at`."""

    site: str
    item: str
    member: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class DropParcel:
    """Put a parcel into a free compartment, which opens, and tell its addressee."""

    site: str
    member: str
    carrier: str


@dataclass(frozen=True, slots=True)
class CollectParcel:
    """Open the compartment of the parcel that `code` belongs to."""

    site: str
    code: str
