"""Doors: how they stand, lockdown, free passage, events."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import StringConstraints

from gateway.commands import (
    CancelGathering,
    Fault,
    HoldGathering,
    LiftMode,
    LockDown,
    OpenDoor,
    OpenToAll,
    Passage,
    Refused,
)
from gateway.domain.door_modes import DoorMode
from gateway.handlers import answers
from gateway.ports import Books
from gateway.service import Gateway
from gateway.web.api.times import moment, site_of
from gateway.web.auth import CarryOut, Visitor, allow
from gateway.web.context import TheGateway, TheHub
from gateway.web.head_counts import count_heads
from gateway.web.i18n import Words, words_for
from gateway.web.pages.rendering import page
from gateway.web.stream import Hub
from protocol.messages import DoorState
from protocol.site import Site

router = APIRouter(prefix="/doors", include_in_schema=False)

Staff = Annotated[Visitor, Depends(allow("run-place"))]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Form()]
Doors = Annotated[list[str], Form()]
Time = Annotated[datetime, Form()]

_SHOWN = timedelta(days=60)


@router.get("")
def doors(request: Request, gateway: TheGateway, visitor: Staff) -> HTMLResponse:
    """Show the doors and what they are in."""
    return _page(request, gateway, visitor)


@router.post("/{site}/{door}/open")
def open_door(
    request: Request,
    site: str,
    door: str,
    gateway: TheGateway,
    hub: TheHub,
    visitor: Staff,
    carry_out: CarryOut,
) -> Response:
    """Release a door now."""
    return _done(request, gateway, hub, visitor, lambda: carry_out(OpenDoor(site, door)))


@router.post("/lockdown")
def lock_down(
    request: Request,
    gateway: TheGateway,
    hub: TheHub,
    visitor: Staff,
    carry_out: CarryOut,
    site: Text,
    reason: Text,
    doors: Doors = [],  # noqa: B006  # read only
) -> Response:
    """Let nobody but staff in."""
    return _done(request, gateway, hub, visitor, lambda: carry_out(LockDown(site, tuple(doors), reason)))


@router.post("/free-passage")
def open_to_all(
    request: Request,
    gateway: TheGateway,
    hub: TheHub,
    visitor: Staff,
    carry_out: CarryOut,
    site: Text,
    reason: Text,
    starts_at: Time,
    ends_at: Time,
    doors: Doors = [],  # noqa: B006  # read only
) -> Response:
    """Let anybody in for a time."""

    def wish() -> object:
        if not doors:
            raise Refused("invalid", Fault("/doors", "none_ticked", "tick at least one door"))
        passage = _passage(site_of(gateway, site), doors, starts_at, ends_at)
        wanted = OpenToAll(site, passage.doors, passage.starts_at, passage.ends_at, reason)
        return carry_out(wanted)

    return _done(request, gateway, hub, visitor, wish)


@router.post("/modes/{mode}/lift")
def lift(
    request: Request, mode: str, gateway: TheGateway, hub: TheHub, visitor: Staff, carry_out: CarryOut
) -> Response:
    """End what doors are in."""
    return _done(request, gateway, hub, visitor, lambda: carry_out(LiftMode(mode)))


@router.post("/events")
def hold(
    request: Request,
    gateway: TheGateway,
    hub: TheHub,
    visitor: Staff,
    carry_out: CarryOut,
    site: Text,
    name: Text,
    starts_at: Time,
    ends_at: Time,
    most: Annotated[int, Form(ge=1, le=100_000)],
    doors: Doors = [],  # noqa: B006  # read only
) -> Response:
    """Hold an event; the doors that are ticked let anybody in while it lasts."""

    def wish() -> object:
        passage = _passage(site_of(gateway, site), doors, starts_at, ends_at)
        plan = (passage,) if doors else ()
        wanted = HoldGathering(site, name, passage.starts_at, passage.ends_at, most, plan)
        return carry_out(wanted)

    return _done(request, gateway, hub, visitor, wish)


@router.post("/events/{gathering}/cancel")
def cancel(
    request: Request, gathering: str, gateway: TheGateway, hub: TheHub, visitor: Staff, carry_out: CarryOut
) -> Response:
    """Call an event off."""
    return _done(request, gateway, hub, visitor, lambda: carry_out(CancelGathering(gathering)))


def _passage(site: Site, doors: Sequence[str], starts_at: datetime, ends_at: datetime) -> Passage:
    times = moment(starts_at, site, "/starts_at"), moment(ends_at, site, "/ends_at")
    return Passage(tuple(doors), *times)


def _done(
    request: Request, gateway: Gateway, hub: Hub, visitor: Visitor, wish: Callable[[], object]
) -> Response:
    """Carry a wish out and show the page anew; with what was wrong above, where it was refused."""
    try:
        wish()
        hub.stir()
    except Refused as refusal:
        status = 409 if refusal.kind == "conflict" else 422
        return _page(request, gateway, visitor, status, refused=refusal.faults)
    return RedirectResponse("/doors", 303)


def _page(
    request: Request,
    gateway: Gateway,
    visitor: Visitor,
    status: int = 200,
    refused: Iterable[Fault] = (),
) -> HTMLResponse:
    words, now = words_for(request), gateway.clock.now()
    with gateway.ledger.reading() as books:
        shown = [_SiteShown(books, site, now, words) for site in gateway.sites.values()]
    faults = [_said(fault, words) for fault in refused]
    return page(request, "doors.html", visitor, status, sites=shown, faults=faults)


def _said(fault: Fault, words: Words) -> str:
    key = f"door_{fault.code}"
    return words(key) if words.knows(key) else fault.text


class _SiteShown:
    """One site with everything that the template asks about it."""

    def __init__(self, books: Books, site: Site, now: datetime, words: Words) -> None:
        self.id, self.name, self.most = site.id, site.name, site.capacity_event
        self._site, self._now, self._words = site, now, words
        reports = {report.node: report for report in books.nodes.reports()}
        states: dict[str, DoorState] = {}
        for report in reports.values():
            if report.site == site.id and report.state is not None and answers(report, now):
                states |= report.state.doors
        self.modes = books.door_modes.between(site.id, now, now + _SHOWN)
        self.doors = [
            (door, states.get(door.id), [m for m in self.modes if m.concerns(door.id) and m.lasts_at(now)])
            for door in site.doors
        ]
        self.lockdowns = [mode for mode in self.modes if mode.mode == "lockdown"]
        self.passages = [m for m in self.modes if m.mode == "free_passage" and m.gathering is None]
        gatherings = books.door_modes.gatherings(site.id, now, now + _SHOWN)
        self.gatherings = [
            (each, count_heads(books, site, each, now) if each.lasts_at(now) else None)
            for each in gatherings
            if not each.cancelled
        ]

    def names(self, mode: DoorMode) -> str:
        """Name the doors of a mode."""
        if not mode.doors:
            return self._words("doors_all")
        return ", ".join(door.name for door in self._site.doors if door.id in mode.doors)

    def when(self, moment: datetime) -> str:
        """Say a moment: the day only where it is another one."""
        clock, zone = self._words.clock(moment, self._site.zone), self._site.zone
        local = moment.astimezone(zone)
        today = local.date() == self._now.astimezone(zone).date()
        return clock if today else f"{local.day} {self._words.month(local.month)}, {clock}"
