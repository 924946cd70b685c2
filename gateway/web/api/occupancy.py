"""Who is where, now: as a document, and as a stream of them."""

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from gateway.web.api.shapes import Shape
from gateway.web.auth import allow
from gateway.web.context import TheGateway, TheHub
from gateway.web.picture import Picture, SitePicture, take
from protocol.base import Id, Instant

router = APIRouter(prefix="/occupancy", tags=["occupancy"], dependencies=[Depends(allow("see-place"))])


class SpaceNow(Shape):
    """A space: `people` by its counters, `occupied` by its motion sensor; null where it has none."""

    space: str
    name: str
    people: int | None
    occupied: bool | None
    since: Instant | None


class NodeNow(Shape):
    """A node, and which access list it holds of the one issued to it."""

    node: str
    online: bool
    heard_at: Instant | None
    list_revision: int | None
    issued_revision: int | None


class SiteNow(Shape):
    """A site: `present` counts open visits, `counted` is what the perimeter counters say."""

    site: str
    present: int
    counted: int | None
    spaces: list[SpaceNow]
    nodes: list[NodeNow]


class Occupancy(Shape):
    """All sites as they stood at `as_of`."""

    as_of: Instant
    sites: list[SiteNow]


@router.get("", summary="Who is where, now")
def occupancy(gateway: TheGateway, site: Id | None = None) -> Occupancy:
    """Return how every site stands, or one."""
    wanted = {each.id: each for each in gateway.sites.values() if site in {None, each.id}}
    return shape(take(gateway.ledger, wanted, gateway.clock.now()))


@router.get(
    "/stream",
    summary="Who is where, as it changes",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {}}, "description": "Each event's data is an Occupancy"}
    },
)
async def stream(hub: TheHub) -> StreamingResponse:
    """Send an Occupancy at once, then after every change, as server-sent events."""
    return StreamingResponse(
        hub.frames("occupancy"), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


def render(picture: Picture) -> str:
    """Write a picture as the stream's JSON."""
    return shape(picture).model_dump_json()


def shape(picture: Picture) -> Occupancy:
    """Put a picture into the API's form."""
    return Occupancy(as_of=picture.as_of, sites=[_site(site) for site in picture.sites])


def _site(picture: SitePicture) -> SiteNow:
    return SiteNow(
        site=picture.site.id,
        present=picture.present,
        counted=picture.counted,
        spaces=[
            SpaceNow(
                space=view.space.id,
                name=view.space.name,
                people=view.people,
                occupied=view.occupied,
                since=view.since,
            )
            for view in picture.spaces
        ],
        nodes=[NodeNow.model_validate(node) for node in picture.nodes],
    )
