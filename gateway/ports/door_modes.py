"""Modes of doors, and events held in the place."""

from datetime import datetime
from typing import Protocol

from gateway.domain.door_modes import DoorMode
from gateway.domain.gatherings import Gathering


class DoorModes(Protocol):
    """What staff set, by id; `put` writes in the place of an earlier version."""

    def put(self, mode: DoorMode) -> None: ...
    def get(self, mode: str) -> DoorMode | None: ...
    def between(self, site: str, start: datetime, end: datetime) -> list[DoorMode]:
        """Return the modes that touch [start, end), in order of time."""
        ...

    def of(self, gathering: str) -> list[DoorMode]: ...
    def put_gathering(self, gathering: Gathering) -> None: ...
    def gathering(self, gathering: str) -> Gathering | None: ...
    def gatherings(self, site: str, start: datetime, end: datetime) -> list[Gathering]:
        """Return the events that touch [start, end), in order of time."""
        ...
