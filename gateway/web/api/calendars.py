"""Calendars kept elsewhere, whose meetings book a space here."""

from datetime import datetime, timedelta
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Body, Depends
from pydantic import Field, StringConstraints

from gateway.commands import AddCalendar, AdmitToCalendar, Fault, PollCalendar, Refused, RemoveCalendar
from gateway.domain.calendars import Calendar, Followed
from gateway.domain.feeds import FeedRefused
from gateway.ports import Books
from gateway.web.api.shapes import Shape
from gateway.web.auth import CarryOut, allow
from gateway.web.context import TheGateway, TheHouse, TheHub
from gateway.web.i18n import WORDS
from protocol.base import Id, Instant

router = APIRouter(tags=["calendars"], dependencies=[Depends(allow("run-place"))])

_SHOWN: Final = timedelta(days=31)
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Mail = Annotated[str, StringConstraints(strip_whitespace=True, pattern="^[^@ ]+@[^@ ]+$", max_length=254)]


class PeopleIn(Shape):
    """Whom meetings let in, as a calendar says it."""

    members: Annotated[list[Id], Field(max_length=100)]
    organisers: Annotated[dict[Mail, Id], Field(max_length=500)] = Field(default_factory=dict)


class CalendarIn(Shape):
    """A calendar to follow. Without `url` it is a file, to be put under `/imports/calendars/{id}`.

    `members` may open the doors for its meetings, the first of them holds the bookings; a meeting whose
    organiser's mail is in `organisers` is that member's alone.
    """

    site: Id
    space: Id
    name: Name
    url: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] | None = None
    members: Annotated[list[Id], Field(max_length=100)]
    organisers: Annotated[dict[Mail, Id], Field(max_length=500)] = Field(default_factory=dict)


class TroubleOut(Shape):
    """Why the feed is not taken as it is now. What was taken up before stays in force."""

    code: str
    text: str
    since: Instant


class MeetingOut(Shape):
    """A meeting to come: booked, or `refused` for a reason such as `clash`."""

    starts_at: Instant
    ends_at: Instant
    title: str | None
    member: str
    booking: str | None
    refused: str | None


class CalendarOut(Shape):
    """A calendar. Of its address only the server is told: whoever has the address can read it all."""

    id: str
    site: str
    space: str
    name: str
    server: str | None
    members: list[str]
    organisers: dict[str, str]
    polled_at: Instant | None
    good_at: Instant | None
    trouble: TroubleOut | None
    meetings: list[MeetingOut]


@router.get("/calendars", summary="Calendars that are followed")
def calendars(gateway: TheGateway) -> list[CalendarOut]:
    """List the calendars, each with its meetings of the next 31 days."""
    now = gateway.clock.now()
    with gateway.ledger.reading() as books:
        return [_out(calendar, _coming(books, calendar, now)) for calendar in books.calendars.all()]


@router.post("/calendars", status_code=201, summary="Follow a calendar")
def add(wanted: CalendarIn, carry_out: CarryOut) -> CalendarOut:
    """Follow a calendar: its feed is asked for at once, and then again and again."""
    command = AddCalendar(
        wanted.site, wanted.space, wanted.name, wanted.url or None, tuple(wanted.members), wanted.organisers
    )
    return _out(carry_out(command), [])


@router.put("/imports/calendars/{calendar}", status_code=204, summary="Bring a calendar's file")
def bring(
    calendar: str,
    body: Annotated[bytes, Body(media_type="text/calendar")],
    house: TheHouse,
    hub: TheHub,
    carry_out: CarryOut,
) -> None:
    """Take an ICS file of at most 16 MiB for what the calendar says from now on, also where it is empty."""
    try:
        house.polling.bring(calendar, body, carry_out)
    except FeedRefused as refusal:
        text = WORDS["en"](f"feed_{refusal.code}", detail=refusal.detail)
        raise Refused("invalid", Fault("", refusal.code, text)) from refusal
    hub.stir()


@router.post("/calendars/{calendar}/poll", status_code=202, summary="Ask for a calendar's feed")
def poll(calendar: str, carry_out: CarryOut) -> None:
    """Ask for the feed within a second."""
    carry_out(PollCalendar(calendar))


@router.put("/calendars/{calendar}/people", summary="Whom a calendar's meetings let in")
def admit(calendar: str, wanted: PeopleIn, gateway: TheGateway, carry_out: CarryOut) -> CalendarOut:
    """Name its members and organisers anew; meetings to come change hands within a second."""
    changed = carry_out(AdmitToCalendar(calendar, tuple(wanted.members), wanted.organisers))
    with gateway.ledger.reading() as books:
        return _out(changed, _coming(books, changed, gateway.clock.now()))


@router.delete("/calendars/{calendar}", status_code=204, summary="Follow a calendar no longer")
def remove(calendar: str, hub: TheHub, carry_out: CarryOut) -> None:
    """Forget the calendar and cancel its meetings to come."""
    carry_out(RemoveCalendar(calendar))
    hub.stir()


def _coming(books: Books, calendar: Calendar, now: datetime) -> list[Followed]:
    return [m for m in books.calendars.followed(calendar.id, now) if m.meeting.starts_at < now + _SHOWN]


def _out(calendar: Calendar, meetings: list[Followed]) -> CalendarOut:
    trouble = calendar.trouble
    said = WORDS["en"](f"feed_{trouble.code}", detail=trouble.detail) if trouble else ""
    return CalendarOut(
        id=calendar.id,
        site=calendar.site,
        space=calendar.space,
        name=calendar.name,
        server=urlsplit(calendar.url).hostname if calendar.url else None,
        members=list(calendar.members),
        organisers=dict(calendar.organisers),
        polled_at=calendar.polled_at,
        good_at=calendar.good_at,
        trouble=TroubleOut(code=trouble.code, text=said, since=trouble.since) if trouble else None,
        meetings=[_meeting(each) for each in meetings],
    )


def _meeting(followed: Followed) -> MeetingOut:
    meeting = followed.meeting
    return MeetingOut(
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        title=meeting.title,
        member=followed.admission.holder,
        booking=followed.booking,
        refused=followed.refused,
    )
