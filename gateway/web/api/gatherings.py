"""Events: doors that let anybody in, and how many came."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field, StringConstraints

from gateway.commands import CancelGathering, Fault, HoldGathering, Passage, Refused
from gateway.domain.gatherings import Gathering, HeadCount
from gateway.web.api.door_modes import Doors
from gateway.web.api.shapes import Shape
from gateway.web.api.times import moment, site_of
from gateway.web.auth import CarryOut, allow
from gateway.web.context import TheGateway, TheHub
from gateway.web.head_counts import count_heads
from protocol.base import Id, Instant
from protocol.site import Site

router = APIRouter(prefix="/gatherings", tags=["doors"], dependencies=[Depends(allow("run-place"))])

_SHOWN = timedelta(days=366)


class PassageIn(Shape):
    """Doors (none: all of the site) that let anybody in over [starts_at, ends_at)."""

    doors: Doors = Field(default_factory=list)
    starts_at: datetime
    ends_at: datetime


class GatheringIn(Shape):
    """An event to be, and its door plan. A time without an offset is local to the site.

    Without `most`, as many may come as the site's file says.
    """

    site: Id
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    starts_at: datetime
    ends_at: datetime
    most: Annotated[int, Field(ge=1, le=100_000)] | None = None
    passages: Annotated[list[PassageIn], Field(max_length=100)] = Field(default_factory=list)


class GatheringOut(Shape):
    """An event in [starts_at, ends_at), for at most `most` people."""

    id: str
    site: str
    name: str
    starts_at: Instant
    ends_at: Instant
    most: int
    cancelled: bool


class HourOut(Shape):
    """How many came in during the hour that began then."""

    hour: Instant
    entered: int


class HeadCountOut(Shape):
    """What the counters at the street say: `inside` now, or when it ended; nothing about who."""

    inside: int
    entered: int
    peak: int
    peak_at: Instant | None
    by_hour: list[HourOut]


@router.get("", summary="Events of a year back and a year ahead")
def gatherings(gateway: TheGateway, site: Id) -> list[GatheringOut]:
    """List the events of a site, cancelled ones too."""
    now = gateway.clock.now()
    with gateway.ledger.reading() as books:
        found = books.door_modes.gatherings(site_of(gateway, site).id, now - _SHOWN, now + _SHOWN)
    return [GatheringOut.model_validate(each) for each in found]


@router.post("", status_code=201, summary="Hold an event")
def hold(wanted: GatheringIn, gateway: TheGateway, hub: TheHub, carry_out: CarryOut) -> GatheringOut:
    """Let anybody in as the door plan says; 409 where the place is hired whole meanwhile."""
    site = site_of(gateway, wanted.site)
    held: Gathering = carry_out(
        HoldGathering(
            site.id,
            wanted.name,
            moment(wanted.starts_at, site, "/starts_at"),
            moment(wanted.ends_at, site, "/ends_at"),
            wanted.most,
            tuple(_passage(each, site, number) for number, each in enumerate(wanted.passages)),
        )
    )
    hub.stir()
    return GatheringOut.model_validate(held)


@router.get("/{gathering}/head-count", summary="How many came")
def head_count(gathering: str, gateway: TheGateway) -> HeadCountOut:
    """Count who is inside, who came, and when most were there."""
    with gateway.ledger.reading() as books:
        found = books.door_modes.gathering(gathering)
        if found is None or found.site not in gateway.sites:
            raise Refused("not_found", Fault("/gathering", "unknown_gathering", "no event has this id"))
        count = count_heads(books, gateway.sites[found.site], found, gateway.clock.now())
    return _out(count)


@router.delete("/{gathering}", status_code=204, summary="Cancel an event")
def cancel(gathering: str, hub: TheHub, carry_out: CarryOut) -> None:
    """Call an event off; one that has begun ends now."""
    carry_out(CancelGathering(gathering))
    hub.stir()


def _passage(wanted: PassageIn, site: Site, number: int) -> Passage:
    where = f"/passages/{number}"
    starts_at = moment(wanted.starts_at, site, f"{where}/starts_at")
    return Passage(tuple(wanted.doors), starts_at, moment(wanted.ends_at, site, f"{where}/ends_at"))


def _out(count: HeadCount) -> HeadCountOut:
    hours = [HourOut(hour=hour, entered=entered) for hour, entered in count.by_hour]
    return HeadCountOut(
        inside=count.inside, entered=count.entered, peak=count.peak, peak_at=count.peak_at, by_hour=hours
    )
