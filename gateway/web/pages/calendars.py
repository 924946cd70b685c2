"""Calendars kept elsewhere: what each says, what is wrong with it, and how another is followed."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from gateway.commands import (
    AddCalendar,
    AdmitToCalendar,
    Fault,
    PollCalendar,
    Refused,
    RemoveCalendar,
    RevokeSubscription,
    ShareCalendar,
)
from gateway.domain.calendars import Calendar, Followed
from gateway.domain.feeds import FeedRefused
from gateway.domain.subscriptions import Subscription
from gateway.service import Gateway
from gateway.web.api.subscriptions import address
from gateway.web.auth import AnyVisitor, CarryOut, Visitor, allow
from gateway.web.context import TheGateway, TheHouse, TheHub
from gateway.web.i18n import Words, words_for
from gateway.web.pages.rendering import page
from protocol.site import Site

_SHOWN: Final = 6
_NOTHING_TYPED: Final[Mapping[str, Any]] = {
    "name": "", "space": "", "url": "", "members": (), "organisers": ""
}  # fmt: skip

router = APIRouter(prefix="/calendars", include_in_schema=False)
_STAFF: Final = [Depends(allow("run-place"))]
Text = Annotated[str, Form(max_length=20_000)]
Members = Annotated[list[str], Form(max_length=100)]
"""Ids of members, as lists of names give them: who holds the bookings comes first."""


@router.get("")
def calendars(request: Request, gateway: TheGateway, visitor: AnyVisitor) -> HTMLResponse:
    """Show the calendars, or how to get in."""
    if visitor is None:
        return page(request, "message.html", None, 401, kind="closed", more="closed_first")
    if not visitor.may("run-place"):
        return page(request, "message.html", visitor, 403, kind="forbidden", more=None)
    return _page(request, gateway, visitor)


@router.post("", dependencies=_STAFF)
def follow(
    request: Request,
    gateway: TheGateway,
    visitor: AnyVisitor,
    carry_out: CarryOut,
    name: Text,
    space: Text,
    members: Members,
    url: Text = "",
    organisers: Text = "",
) -> Response:
    """Follow a calendar; what is wrong is said above the form, which keeps what was typed."""
    site, _, room = space.partition("/")
    typed = {"name": name, "space": space, "url": url, "members": members, "organisers": organisers}
    try:
        named = _organisers(organisers, gateway)
        carry_out(AddCalendar(site, room, name.strip()[:100], url.strip() or None, tuple(members), named))
    except Refused as refusal:
        return _page(request, gateway, visitor, 422, refused=refusal.faults, typed=typed)
    return RedirectResponse("/calendars", 303)


@router.post("/{calendar}/file", dependencies=_STAFF)
def bring(
    request: Request,
    calendar: str,
    file: UploadFile,
    house: TheHouse,
    hub: TheHub,
    visitor: AnyVisitor,
    carry_out: CarryOut,
) -> Response:
    """Take a file for what the calendar says from now on."""
    try:
        house.polling.bring(calendar, file.file.read(), carry_out)
    except FeedRefused as refusal:
        fault = Fault("", refusal.code, refusal.detail)
        return _page(request, house.gateway, visitor, 422, refused=[fault])
    hub.stir()
    return RedirectResponse("/calendars", 303)


@router.post("/{calendar}/people", dependencies=_STAFF)
def admit(
    request: Request,
    calendar: str,
    house: TheHouse,
    hub: TheHub,
    visitor: AnyVisitor,
    carry_out: CarryOut,
    members: Members,
    organisers: Text = "",
) -> Response:
    """Say anew whom a calendar's meetings let in."""
    try:
        carry_out(AdmitToCalendar(calendar, tuple(members), _organisers(organisers, house.gateway)))
    except Refused as refusal:
        return _page(request, house.gateway, visitor, 422, refused=refusal.faults)
    house.polling.poll()
    hub.stir()
    return RedirectResponse("/calendars", 303)


@router.post("/{calendar}/poll", dependencies=_STAFF)
def poll(calendar: str, carry_out: CarryOut, house: TheHouse, hub: TheHub) -> Response:
    """Ask for the feed now."""
    carry_out(PollCalendar(calendar))
    house.polling.poll()
    hub.stir()
    return RedirectResponse("/calendars", 303)


@router.post("/{calendar}/remove", dependencies=_STAFF)
def remove(calendar: str, carry_out: CarryOut, hub: TheHub) -> Response:
    """Follow a calendar no longer."""
    carry_out(RemoveCalendar(calendar))
    hub.stir()
    return RedirectResponse("/calendars", 303)


@router.post("/shared", dependencies=_STAFF)
def share(
    request: Request, house: TheHouse, visitor: AnyVisitor, carry_out: CarryOut, name: Text, of: Text
) -> Response:
    """Give a calendar out: its address is shown on this page, and never again."""
    kind, _, about = of.partition(":")
    site, _, space = about.partition("/")
    room = kind != "member"
    wanted = ShareCalendar(
        name.strip()[:100],
        site if room else None,
        space if room else None,
        None if room else about,
        titles=kind == "titles",
    )
    try:
        secret = carry_out(wanted)
    except Refused as refusal:
        return _page(request, house.gateway, visitor, 422, refused=refusal.faults)
    return _page(request, house.gateway, visitor, shared_at=address(request, house, secret))


@router.post("/shared/{subscription}/revoke", dependencies=_STAFF)
def revoke(subscription: str, carry_out: CarryOut) -> Response:
    """Take a calendar back."""
    carry_out(RevokeSubscription(subscription))
    return RedirectResponse("/calendars", 303)


def _page(
    request: Request,
    gateway: Gateway,
    visitor: Visitor | None,
    status: int = 200,
    *,
    refused: Iterable[Fault] = (),
    typed: Mapping[str, Any] | None = None,
    shared_at: str | None = None,
) -> HTMLResponse:
    words, now = words_for(request), gateway.clock.now()
    with gateway.ledger.reading() as books:
        names = {member.id: member.name for member in books.people.members()}
        shown = [
            _Shown(each, gateway.sites[each.site], books.calendars.followed(each.id, now), names, words, now)
            for each in books.calendars.all()
            if each.site in gateway.sites
        ]
        shared = [each for each in books.subscriptions.all() if each.revoked_at is None]
    rooms = {
        f"{site.id}/{space.id}": f"{space.name} · {site.name}"
        for site in gateway.sites.values()
        for space in site.spaces
        if space.bookable
    }
    return page(
        request,
        "calendars.html",
        visitor,
        status,
        calendars=shown,
        rooms=rooms,
        refused=[_said(fault, words) for fault in refused],
        members=dict(sorted(names.items(), key=lambda each: (each[1].casefold(), each[0]))),
        shared=[(each, _about(each, gateway.sites, names)) for each in shared],
        shared_at=shared_at,
        typed=typed or _NOTHING_TYPED,
    )


class _Shown:
    """One calendar with everything that the template asks about it."""

    def __init__(
        self,
        calendar: Calendar,
        site: Site,
        meetings: list[Followed],
        names: dict[str, str],
        words: Words,
        now: datetime,
    ) -> None:
        self.calendar = calendar
        self.place = f"{next(s.name for s in site.spaces if s.id == calendar.space)} · {site.name}"
        self.server = urlsplit(calendar.url).hostname if calendar.url else None
        # What could not be booked comes first: somebody has to see to it.
        urgent = sorted(meetings, key=lambda each: (each.refused is None, each.meeting.starts_at))
        self.meetings = urgent[:_SHOWN]
        self.others = len(meetings) - len(self.meetings)
        self._site, self._names, self._words, self._now = site, names, words, now

    @property
    def trouble(self) -> str | None:
        found = self.calendar.trouble
        return None if found is None else self._words(f"feed_{found.code}", detail=found.detail)

    def age(self, moment: datetime) -> str:
        return self._words.age(self._now - moment)

    def day(self, moment: datetime) -> str:
        local = moment.astimezone(self._site.zone)
        return f"{local.day} {self._words.month(local.month)}"

    def clock(self, moment: datetime) -> str:
        return self._words.clock(moment, self._site.zone)

    @property
    def organisers(self) -> str:
        """The known organisers as the form has them: an address and a name a line."""
        return "\n".join(f"{mail} = {self._label(of)}" for mail, of in self.calendar.organisers.items())

    @property
    def people(self) -> str:
        return ", ".join(self._names.get(each, each) for each in self.calendar.members)

    def _label(self, member: str) -> str:
        """Return the name of a member, or the id where others have that name too."""
        name = self._names.get(member, member)
        return name if list(self._names.values()).count(name) == 1 else member

    def holder(self, followed: Followed) -> str:
        return self._names.get(followed.admission.holder, followed.admission.holder)

    def reason(self, code: str) -> str:
        key = f"meeting_{code}"
        return self._words(key) if self._words.knows(key) else code


def _about(subscription: Subscription, sites: Mapping[str, Site], names: Mapping[str, str]) -> str:
    """Name whose calendar it is."""
    if subscription.member is not None:
        return names.get(subscription.member, subscription.member)
    site = sites.get(subscription.site or "")
    spaces = {space.id: space.name for space in site.spaces} if site else {}
    room = subscription.space or ""
    return f"{spaces.get(room, room)} · {site.name if site else subscription.site}"


def _said(fault: Fault, words: Words) -> str:
    for key in (f"feed_{fault.code}", f"meeting_{fault.code}"):
        if words.knows(key):
            return words(key, detail=fault.text)
    return fault.text


def _organisers(lines: str, gateway: Gateway) -> dict[str, str]:
    """Read an address and a name, or an id, a line. A name that two people have is left for a refusal."""
    with gateway.ledger.reading() as books:
        ids: dict[str, list[str]] = {}
        for member in books.people.members():
            ids.setdefault(member.name.casefold(), []).append(member.id)
    named = {}
    for line in filter(None, map(str.strip, lines.splitlines())):
        mail, _, who = (part.strip() for part in line.partition("="))
        found = ids.get(who.casefold(), [])
        named[mail] = found[0] if len(found) == 1 else who
    return named
