"""The keys of cards, for whoever personalises one."""

import logging
from typing import Annotated

from fastapi import APIRouter, Depends

from gateway.web.api.members import Uid
from gateway.web.api.shapes import Shape
from gateway.web.auth import Visitor, allow
from gateway.web.context import TheHouse
from protocol.identifiers import credential_ref

_log = logging.getLogger(__name__)

router = APIRouter(tags=["cards"])

Administrator = Annotated[Visitor, Depends(allow("administer"))]


class CardIn(Shape):
    """The card on the reader."""

    uid: Uid


class CardKeyOut(Shape):
    """What stands for the card (`ref`), its own key (hex, 16 bytes), and who holds it, if anybody does."""

    ref: str
    key: str
    member: str | None


@router.post("/card-keys", summary="The key of one card")
def card_key(card: CardIn, house: TheHouse, asking: Administrator) -> CardKeyOut:
    """Tell the key that belongs into the card with this UID. It is logged who asked."""
    uid = bytes.fromhex(card.uid)
    ref = credential_ref(house.credential_key, uid)
    with house.gateway.ledger.reading() as books:
        held = books.people.holding(ref, house.gateway.clock.now())
    _log.info("event=card_key_told ref=%s to=%s", ref, asking.actor.id)
    return CardKeyOut(ref=ref, key=house.card_vault.key_of(uid).hex(), member=held.member if held else None)
