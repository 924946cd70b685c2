"""Which sites a command concerns: what a key that is limited to some may ask, decided once for all routes."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from gateway import commands as ask
from gateway.commands import Command, Fault, Refused
from gateway.domain.authority import Actor
from gateway.ports import Books

Reach = Callable[[Any, Books], set[str] | None]
"""The sites that a command concerns; None where that is not known: such a one is not for a limited key."""


class OutOfReach(Refused):
    """A key that is limited to sites asked for what concerns others as well, or for what does not exist."""

    def __init__(self) -> None:
        text = "this key is limited to sites, and this concerns others, or none that is known"
        super().__init__("forbidden", Fault("", "other_site", text))


class _OfASite(Protocol):
    @property
    def site(self) -> str | None: ...


def within_reach(by: Actor, command: Command, books: Books) -> bool:
    """Whether `by`, where limited to sites, may ask this. What stands in no table is for the unlimited."""
    if by.sites is None:
        return True
    reach = _REACH.get(type(command))
    sites = reach(command, books) if reach else None
    return bool(sites) and sites is not None and sites <= by.sites


def _named(command: _OfASite, _: Books) -> set[str] | None:
    return _site_of(command)


def _site_of(record: _OfASite | None) -> set[str] | None:
    return None if record is None or record.site is None else {record.site}


def _several(command: ask.BookSpaces | ask.BookSeries, _: Books) -> set[str]:
    return {wanted.site for wanted in command.bookings}


def _booking(command: Any, books: Books) -> set[str] | None:
    return _site_of(books.bookings.get(command.booking))


def _series(command: ask.CancelSeries, books: Books) -> set[str]:
    return {booking.site for booking in books.bookings.of_series(command.series)}


def _calendar(command: Any, books: Books) -> set[str] | None:
    return _site_of(books.calendars.get(command.calendar))


def _hire(command: Any, books: Books) -> set[str] | None:
    return _site_of(books.bookings.privatisation(command.privatisation))


def _mode(command: ask.LiftMode, books: Books) -> set[str] | None:
    return _site_of(books.door_modes.get(command.mode))


def _gathering(command: ask.CancelGathering, books: Books) -> set[str] | None:
    return _site_of(books.door_modes.gathering(command.gathering))


def _subscription(command: ask.RevokeSubscription, books: Books) -> set[str] | None:
    found = (each for each in books.subscriptions.all() if each.id == command.subscription)
    return _site_of(next(found, None))


def _share(command: ask.ShareCalendar, _: Books) -> set[str] | None:
    return None if command.member is not None else _site_of(command)


def _pass(command: ask.RevokePass, books: Books) -> set[str] | None:
    return _site_of(books.passes.get(command.visitor_pass))


_REACH: Final[Mapping[type[Any], Reach]] = {
    ask.BookSpace: _named,
    ask.BookSpaces: _several,
    ask.BookSeries: _several,
    ask.CancelSeries: _series,
    ask.MoveBooking: _booking,
    ask.CheckInOrOut: _booking,
    ask.CancelBooking: _booking,
    ask.AddCalendar: _named,
    ask.RemoveCalendar: _calendar,
    ask.PollCalendar: _calendar,
    ask.TakeUpMeetings: _calendar,
    ask.ShareCalendar: _share,
    ask.RevokeSubscription: _subscription,
    ask.Privatise: _named,
    ask.Admit: _hire,
    ask.CancelPrivatisation: _hire,
    ask.CheckByHand: _named,
    ask.LockDown: _named,
    ask.OpenToAll: _named,
    ask.LiftMode: _mode,
    ask.HoldGathering: _named,
    ask.CancelGathering: _gathering,
    ask.LendItem: _named,
    ask.DropParcel: _named,
    ask.CollectParcel: _named,
    ask.OpenDoor: _named,
    ask.InviteVisitor: _named,
    ask.RevokePass: _pass,
}
