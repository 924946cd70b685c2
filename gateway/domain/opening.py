"""Following one compartment: when it was closed after being opened by a given right."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway.domain.journal import Content, Entry
from protocol.events import BadgePresented, CommandExecuted, CompartmentClosed, CompartmentOpened

LOCKER_KINDS: Final = ("BadgePresented", "CommandExecuted", "CompartmentOpened", "CompartmentClosed")
"""The kinds of entries that `closings` reads."""


@dataclass(frozen=True, slots=True)
class Closing:
    """The compartment was closed again at `at` (UTC) by whoever opened it by right.

    `item_present` is what the item sensor read then, None where there is none.
    """

    at: datetime
    item_present: bool | None


def point_of(event: Content) -> str | None:
    """Return the compartment (or door) of which an event of LOCKER_KINDS tells."""
    match event:
        case CompartmentOpened() | CompartmentClosed():
            return event.compartment
        case BadgePresented() | CommandExecuted():
            return event.point
        case _:
            return None


def closings(
    site: str, compartment: str, why: str, is_own_command: Callable[[str], bool], entries: Iterable[Entry]
) -> Iterator[Closing]:
    """Yield each closing of `compartment` that followed an opening by right, from `entries` in order.

    The right is a badge granted for `why`, or a command whose id `is_own_command`. One opens once.
    """
    badges: set[tuple[str, str, int | None]] = set()
    commanded = opened = False
    for entry in entries:
        if entry.site != site:
            continue
        identity = entry.identity
        match entry.event:
            case BadgePresented(granted=True) as badge if (badge.point, badge.why) == (compartment, why):
                badges.add((identity.node, identity.epoch, identity.seq))
            case CommandExecuted() as executed if executed.point == compartment:
                commanded = is_own_command(executed.command)
            case CompartmentOpened() as opening if opening.compartment == compartment:
                by_badge = (identity.node, opening.grant_epoch or identity.epoch, opening.grant) in badges
                opened = by_badge if opening.cause == "grant" else opening.cause == "command" and commanded
                badges.clear()
                commanded = False
            case CompartmentClosed() as closed if closed.compartment == compartment:
                if opened:
                    yield Closing(entry.occurred_at, closed.item_present)
                opened = False
            case _:
                pass
