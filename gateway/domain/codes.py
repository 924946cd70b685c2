"""Codes of visitors in access lists: only where a keypad can take them, so that no node knows of others."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from gateway.domain.interval import Interval
from gateway.domain.journal import Content
from gateway.domain.privatisation import Privatisation
from gateway.domain.rights import Windows
from gateway.domain.visitor_passes import VisitorPass
from protocol.access import Window
from protocol.events import CodeEntered
from protocol.site import Site

_PASS: Final = "pass:"  # noqa: S105  # no password: it stands before a pass's id


def codes_at(
    site: Site,
    node: str,
    passes: Iterable[VisitorPass],
    privatisations: Iterable[Privatisation],
    span: Interval,
    now: datetime,
) -> Iterator[tuple[VisitorPass, Windows]]:
    """Yield the passes that may open a door with a keypad at `node` within `span`, and their windows.

    While a door is hired for others than the visitor's host, their codes open it to nobody.
    """
    hires = [each for each in privatisations if each.site == site.id and each.status == "confirmed"]
    doors = {keypad.door for keypad in site.keypads if keypad.node == node}
    for each in passes:
        time = Interval(each.starts_at, each.ends_at).within(span)
        if each.site != site.id or not each.in_use(now) or time.empty:
            continue
        why = f"{_PASS}{each.id}"
        foreign = [hire for hire in hires if each.host not in hire.admitted]
        windows = tuple(
            Window(point=door, start=piece.start, end=piece.end, why=why)
            for door in each.doors
            if door in doors
            for piece in time.without(
                Interval(hire.starts_at, hire.ends_at)
                for hire in foreign
                if any(closed.id == door for closed in hire.closed_doors(site))
            )
        )
        if windows:
            yield each, windows


def pass_used_by(event: Content) -> str | None:
    """Return the id of the pass by whose code a keypad opened its door; None for anything else."""
    if isinstance(event, CodeEntered) and event.granted and event.why and event.why.startswith(_PASS):
        return event.why.removeprefix(_PASS)
    return None
