"""The journal: every event, for ever under the same identity."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field

from gateway.commands import Fault, Refused
from gateway.domain.by_hand import CheckedByHand
from gateway.domain.journal import Content, Entry, Identity, Quality
from gateway.ports import Books
from gateway.web.api.shapes import Shape
from gateway.web.auth import allow
from gateway.web.context import TheGateway
from gateway.web.looking import LookAt, looking_at
from protocol.base import Instant
from protocol.events import BadgePresented, ClockQuality

router = APIRouter(prefix="/events", tags=["events"], dependencies=[Depends(allow("see-usage"))])

Seq = Annotated[int, Path(ge=1, le=2**63 - 1)]  # so far a ledger counts


class NodeTimeOut(Shape):
    """The node's own clocks when it saw the event, as they travelled."""

    boot: str
    uptime_s: float
    at: Instant
    clock: ClockQuality


class EntryOut(Shape):
    """What was seen, or said by hand. `quality`: how `occurred_at` is known; `told`: its node's clocks."""

    site: str
    node: str
    epoch: str
    seq: int
    occurred_at: Instant
    quality: Quality
    event: Annotated[Content, Field(discriminator="type")]
    told: NodeTimeOut | None


class NumberedOut(EntryOut):
    """An entry with its number in the journal, which only grows."""

    number: int


class EntryPage(Shape):
    """Some entries, in the journal's order. `next_cursor` asks for those after; null: there are none yet."""

    items: list[NumberedOut]
    next_cursor: str | None


@router.get("", summary="The journal", dependencies=[Depends(looking_at("journal"))])
def events(
    gateway: TheGateway,
    cursor: Annotated[str, Query(pattern=r"^[0-9]{1,18}$")] = "0",
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
) -> EntryPage:
    """List entries in the order in which they were committed. To follow on, ask after the last number."""
    with gateway.ledger.reading() as books:
        found = books.journal.after(int(cursor), limit + 1)
    shown = found[:limit]
    return EntryPage(
        items=[NumberedOut(number=row.number, **_fields(row.entry)) for row in shown],
        next_cursor=str(shown[-1].number) if len(found) > limit else None,
    )


@router.get("/{node}/{epoch}/{seq}", summary="One event")
def event(node: str, epoch: str, seq: Seq, gateway: TheGateway, look_at: LookAt) -> EntryOut:
    """Return the event of this identity: the answer to "why?"."""
    identity = Identity(node, epoch, seq)
    with gateway.ledger.reading() as books:
        entry = books.journal.get(identity)
        whom = _whom(books, entry)
    if whom is not None:
        look_at(f"member:{whom}")
    if entry is None:
        raise Refused("not_found", Fault("", "unknown_event", f"the journal has no event {identity}"))
    return entry_out(entry)


def entry_out(entry: Entry) -> EntryOut:
    """Write an entry as the API has it."""
    return EntryOut(**_fields(entry))


def _whom(books: Books, entry: Entry | None) -> str | None:
    """Return the member of whom an event tells."""
    if entry is not None and isinstance(entry.event, CheckedByHand):
        return entry.event.member
    if entry is None or not isinstance(entry.event, BadgePresented):
        return None
    held = books.people.holding(entry.event.credential, entry.occurred_at)
    return held.member if held else None


def _fields(entry: Entry) -> dict[str, object]:
    return {
        "site": entry.site,
        "node": entry.identity.node,
        "epoch": entry.identity.epoch,
        "seq": entry.identity.seq,
        "occurred_at": entry.occurred_at,
        "quality": entry.quality,
        "event": entry.event,
        "told": entry.told,
    }
