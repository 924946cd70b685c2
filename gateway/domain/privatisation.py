"""A site, or a part of it, hired whole: for hours or months its doors know the organiser's guests alone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from gateway.domain.bookings import Hold, Refusal, Status
from protocol.site import Door, Site


@dataclass(frozen=True, slots=True)
class Privatisation:
    """Spaces of a site that are one organiser's in [starts_at, ends_at), UTC; without `spaces`, all of it.

    `guests` are the members and guests whom the organiser lets in. Staff always pass.
    """

    id: str
    site: str
    spaces: tuple[str, ...]
    organiser: str
    starts_at: datetime
    ends_at: datetime
    status: Status
    title: str | None
    guests: tuple[str, ...]

    @property
    def admitted(self) -> tuple[str, ...]:
        """The organiser and the guests, each once."""
        return tuple(dict.fromkeys((self.organiser, *self.guests)))

    def perimeter(self, site: Site) -> tuple[str, ...]:
        """Return the ids of the spaces that are hired."""
        return self.spaces or tuple(space.id for space in site.spaces)

    def closed_doors(self, site: Site) -> list[Door]:
        """Return the doors that open to nobody else: those to the street only where everything is hired."""
        hired = set(self.perimeter(site))
        whole = hired >= {space.id for space in site.spaces}
        return [door for door in site.doors if whole or (door.space in hired and not door.perimeter)]

    def way_in(self, site: Site) -> list[Door]:
        """Return the doors that those admitted pass, from the street on."""
        closed = {door.id for door in self.closed_doors(site)}
        return [door for door in site.doors if door.perimeter or door.id in closed]

    def holds(self, site: Site) -> list[Hold]:
        """Return what is kept of each space: a hire is set up and cleaned within its own time."""
        return [
            Hold(self.id, self.site, space, self.starts_at, self.ends_at) for space in self.perimeter(site)
        ]


def refusal(wanted: Privatisation, site: Site) -> Iterator[Refusal]:
    """Yield what stands against `wanted` by itself."""
    known = {space.id for space in site.spaces}
    for number, space in enumerate(wanted.spaces):
        if space not in known:
            yield f"/spaces/{number}", "unknown_space"
    if wanted.ends_at <= wanted.starts_at:
        yield "/ends_at", "ends_before_start"


def of_door(
    privatisations: Iterable[Privatisation], site: Site, door: str, at: datetime
) -> Privatisation | None:
    """Return the privatisation for which a door is closed at a moment; None where there is none."""
    for each in privatisations:
        lasting = each.site == site.id and each.status == "confirmed" and each.starts_at <= at < each.ends_at
        if lasting and any(closed.id == door for closed in each.closed_doors(site)):
            return each
    return None
