"""Bookings as calendars for other programs: given out by staff, read by whoever has the address."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import Field
from starlette.exceptions import HTTPException

from gateway.commands import RevokeSubscription, ShareCalendar
from gateway.domain.subscriptions import LOOKS_AHEAD, LOOKS_BACK, feed_of
from gateway.web.api.calendars import Name
from gateway.web.api.shapes import Shape
from gateway.web.auth import CarryOut, allow
from gateway.web.context import House, TheGateway, TheHouse
from gateway.web.i18n import words_for
from gateway.web.mailing import base_url
from protocol.base import Id, Instant

router = APIRouter(tags=["calendars"], dependencies=[Depends(allow("run-place"))])
addresses = APIRouter(include_in_schema=False)


class SubscriptionIn(Shape):
    """A calendar to give out: of a `space` of a `site`, with or without the titles, or of a `member`."""

    name: Name
    site: Id | None = None
    space: Id | None = None
    member: Id | None = None
    titles: Annotated[bool, Field(description="whether a room's bookings tell their titles")] = False


class SubscriptionMade(Shape):
    """The secret address, told this once: the ledger keeps only a hash of it."""

    url: str


class SubscriptionOut(Shape):
    """What is known of a calendar that was given out."""

    id: str
    name: str
    site: str | None
    space: str | None
    member: str | None
    titles: bool
    since: Instant
    revoked_at: Instant | None


@router.get("/calendar-subscriptions", summary="Calendars that were given out")
def subscriptions(gateway: TheGateway) -> list[SubscriptionOut]:
    """List them, without their addresses."""
    with gateway.ledger.reading() as books:
        return [
            SubscriptionOut(
                id=each.id,
                name=each.name,
                site=each.site,
                space=each.space,
                member=each.member,
                titles=each.titles,
                since=each.since,
                revoked_at=each.revoked_at,
            )
            for each in books.subscriptions.all()
        ]


@router.post("/calendar-subscriptions", status_code=201, summary="Give a calendar out")
def share(wanted: SubscriptionIn, request: Request, house: TheHouse, carry_out: CarryOut) -> SubscriptionMade:
    """Make the address at which a calendar program finds these bookings."""
    command = ShareCalendar(wanted.name, wanted.site, wanted.space, wanted.member, wanted.titles)
    return SubscriptionMade(url=address(request, house, carry_out(command)))


@router.delete("/calendar-subscriptions/{subscription}", status_code=204, summary="Take a calendar back")
def revoke(subscription: str, carry_out: CarryOut) -> None:
    """Let an address answer nobody from now on."""
    carry_out(RevokeSubscription(subscription))


@addresses.get("/calendars/{secret}.ics")
def feed(secret: str, request: Request, gateway: TheGateway) -> Response:
    """Give the calendar to who has its address; 304 where it is still the one they have."""
    now = gateway.clock.now()
    with gateway.ledger.reading() as books:
        found = books.subscriptions.find(hashlib.sha256(secret.encode()).hexdigest())
        if found is None or found.revoked_at is not None:
            raise HTTPException(404, "no calendar has this address, or it was taken back")
        bookings = books.bookings.between(found.site, now - LOOKS_BACK, now + LOOKS_AHEAD)
    body = feed_of(found, bookings, gateway.sites, words_for(request)("booking_private"))
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)


def address(request: Request, house: House, secret: str) -> str:
    """Return the address that `secret` makes."""
    return f"{base_url(request, house)}/calendars/{secret}.ics"
