"""The nodes: how each is, and what staff should see to."""

from fastapi import APIRouter, Depends

from gateway.commands import EnrolSealingKey
from gateway.handlers import answers
from gateway.ports import NodeReport
from gateway.web.alarms import What, alarms_of
from gateway.web.api.shapes import Shape
from gateway.web.auth import CarryOut, allow
from gateway.web.context import TheGateway
from protocol.base import Id, Instant
from protocol.messages import SpoolHealth
from protocol.sealing import SealingKey

router = APIRouter(tags=["nodes"], dependencies=[Depends(allow("see-place"))])


class NodeOut(Shape):
    """What a node last said of itself; null where it never did.

    `pending` events wait on it, `dropped` of them it could not keep. `duplicated_since`: two nodes say that
    they are this one, and it gets no commands. Without a `sealing_key` it gets no keys of cards, and can ask
    no card for proof.
    """

    id: str
    site: str
    online: bool
    heard_at: Instant | None
    software: str | None
    start: str | None
    pending: int | None
    spool: SpoolHealth | None
    dropped: int | None
    duplicated_since: Instant | None
    sealing_key: str | None


class SealingKeyIn(Shape):
    """A node's public X25519 key, base64 of 32 bytes: what the node itself says of its own."""

    key: SealingKey


class AlarmOut(Shape):
    """Something to see to at a node or in a calendar, since when, how often; null where nothing counts.

    `places` are the names of the doors and rooms that it concerns; `last_at` is when it happened again after
    `since`, null where it did not. `event` is the identity (node/epoch/seq) of the event by which a copied
    badge showed last.
    """

    site: str
    node: str | None
    calendar: str | None
    what: What
    places: list[str]
    since: Instant
    last_at: Instant | None
    count: int | None
    event: str | None


@router.get("/nodes", summary="The nodes")
def nodes(gateway: TheGateway, site: Id | None = None) -> list[NodeOut]:
    """List every node of the site files, heard or not."""
    now = gateway.clock.now()
    with gateway.ledger.reading() as books:
        reports = {report.node: report for report in books.nodes.reports()}
        runs = books.nodes.runs()
        sealing_keys = books.nodes.sealing_keys()
    return [
        NodeOut(
            id=node.id,
            site=place.id,
            online=node.id in reports and answers(reports[node.id], now),
            duplicated_since=runs[node.id].duplicated_since if node.id in runs else None,
            sealing_key=sealing_keys.get(node.id),
            **_said(reports.get(node.id)),
        )
        for place in gateway.sites.values()
        if site in {None, place.id}
        for node in place.nodes
    ]


@router.post("/nodes/{node}/sealing-key", status_code=204, summary="Trust a node with card keys")
def enrol_sealing_key(node: str, sent: SealingKeyIn, carry_out: CarryOut) -> None:
    """Seal the keys of cards for this node to its own key from now on."""
    carry_out(EnrolSealingKey(node, sent.key))


@router.get("/alarms", summary="What staff should see to")
def alarms(gateway: TheGateway, site: Id | None = None) -> list[AlarmOut]:
    """List what lasts, and what happened in the last seven days, the latest first within each site."""
    now = gateway.clock.now()
    with gateway.ledger.reading() as books:
        places = [each for each in gateway.sites.values() if site in {None, each.id}]
        found = [alarm for place in places for alarm in alarms_of(books, place, now)]
    return [AlarmOut.model_validate(alarm) for alarm in found]


def _said(report: NodeReport | None) -> dict[str, object]:
    status = report.status if report else None
    names = ("software", "start", "pending", "spool", "dropped")
    return {"heard_at": report.heard_at if report else None} | {
        name: getattr(status, name) if status else None for name in names
    }
