"""Access lists: which revision each node was issued, and which it holds."""

from fastapi import APIRouter, Depends

from gateway.web.api.shapes import Shape
from gateway.web.auth import allow
from gateway.web.context import TheGateway
from protocol.base import Instant

router = APIRouter(prefix="/lists", tags=["lists"], dependencies=[Depends(allow("run-place"))])


class ListOut(Shape):
    """A node's list: `held_revision` is what the node last said it holds."""

    node: str
    site: str
    issued_revision: int
    held_revision: int | None
    issued_at: Instant
    expires_at: Instant


@router.get("", summary="Access lists")
def lists(gateway: TheGateway) -> list[ListOut]:
    """List the lists that were issued."""
    with gateway.ledger.reading() as books:
        held = {report.node: report.status.list_revision for report in books.nodes.reports() if report.status}
        issues = books.nodes.issues()
    return [
        ListOut(
            node=node.id,
            site=site.id,
            issued_revision=issue.revision,
            held_revision=held.get(node.id),
            issued_at=issue.issued_at,
            expires_at=issue.expires_at,
        )
        for site in gateway.sites.values()
        for node in site.nodes
        if (issue := issues.get(node.id)) is not None
    ]
