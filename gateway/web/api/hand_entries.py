"""Hand entries: staff say that somebody came or left, or that this was said in error."""

from fastapi import APIRouter, Depends

from gateway.commands import CheckByHand, TakeBack
from gateway.domain.by_hand import Way
from gateway.domain.journal import Identity
from gateway.web.api.events import EntryOut, Seq, entry_out
from gateway.web.api.shapes import Shape
from gateway.web.auth import CarryOut, allow
from protocol.base import Id, Instant

router = APIRouter(prefix="/hand-entries", tags=["visits"], dependencies=[Depends(allow("run-place"))])


class HandEntryIn(Shape):
    """Who came to a site or left it, and when; `at` is now where it is not said."""

    site: Id
    member: Id
    what: Way
    at: Instant | None = None


@router.post("", status_code=201, summary="Check somebody in or out by hand")
def check(said: HandEntryIn, carry_out: CarryOut) -> EntryOut:
    """Write it into the journal with who says so. It counts as a badge at the door does."""
    return entry_out(carry_out(CheckByHand(said.site, said.member, said.what, said.at)))


@router.post("/{node}/{epoch}/{seq}/take-back", status_code=201, summary="Take a hand entry back")
def take_back(node: str, epoch: str, seq: Seq, carry_out: CarryOut) -> EntryOut:
    """Let a hand entry count no more. Nothing is deleted: the journal says who took it back, too."""
    return entry_out(carry_out(TakeBack(Identity(node, epoch, seq))))
