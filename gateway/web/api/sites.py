"""The places themselves: their spaces, doors, nodes and lockers, as the site files say."""

from datetime import date

from fastapi import APIRouter, Depends

from gateway.web.api.shapes import Shape
from gateway.web.auth import allow
from gateway.web.context import TheGateway
from protocol.base import Id
from protocol.site import Hours, Space, Weekday

router = APIRouter(prefix="/sites", tags=["sites"], dependencies=[Depends(allow("see-place"))])


class NodeOut(Shape):
    """One Raspberry Pi."""

    id: str


class DoorOut(Shape):
    """A door into `space`; a `perimeter` one leads to the street."""

    id: str
    name: str
    node: str
    space: str
    perimeter: bool


class BankOut(Shape):
    """A locker cabinet."""

    id: str
    name: str
    node: str
    space: str


class CompartmentOut(Shape):
    """One locker door."""

    id: str
    bank: str
    use: str


class ItemOut(Shape):
    """Equipment that is lent, and where it lives."""

    id: str
    name: str
    compartment: str


class SiteOut(Shape):
    """A whole place. Opening hours are local to `timezone`."""

    id: str
    name: str
    address: str
    timezone: str
    valid_from: date
    capacity_event: int
    opening: dict[Weekday, Hours]
    spaces: list[Space]
    doors: list[DoorOut]
    nodes: list[NodeOut]
    banks: list[BankOut]
    compartments: list[CompartmentOut]
    items: list[ItemOut]


@router.get("", summary="The places")
def sites(gateway: TheGateway, site: Id | None = None) -> list[SiteOut]:
    """List all sites, or one."""
    return [SiteOut.model_validate(each) for each in gateway.sites.values() if site in {None, each.id}]
