"""Guests whom members invite for a day."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import StringConstraints

from gateway.commands import InviteGuest
from gateway.domain.people import Member
from gateway.web.api.members import CardIn, MemberOut
from gateway.web.api.shapes import Shape
from gateway.web.auth import CarryOut, allow
from gateway.web.context import TheHouse
from protocol.base import Id

router = APIRouter(tags=["members"], dependencies=[Depends(allow("run-place"))])


class GuestIn(Shape):
    """Who invites whom, where, and on which civil day of the site; with a visitor's card or without."""

    host: Id
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    site: Id
    day: date
    card: CardIn | None = None


@router.post("/guests", status_code=201, summary="Invite a guest for a day")
def invite(wanted: GuestIn, house: TheHouse, carry_out: CarryOut) -> MemberOut:
    """Take up a guest who may come in at opening hours on that day, with the member who answers for them."""
    card = wanted.card.card(house) if wanted.card else None
    guest: Member = carry_out(InviteGuest(wanted.host, wanted.name, wanted.site, wanted.day, card))
    return MemberOut.model_validate(guest)
