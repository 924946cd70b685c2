"""Codes of visitors in access lists: only where a keypad can take them, so that no node knows of others."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from gateway.domain.interval import Interval
from gateway.domain.journal import Content
from gateway.domain.rights import Windows
from gateway.domain.visitor_passes import VisitorPass
from protocol.access import Window
from protocol.events import CodeEntered
from protocol.site import Site

_PASS: Final = "pass:"  # noqa: S105  # no password: it stands before a pass's id


def codes_at(
    site: Site, node: str, passes: Iterable[VisitorPass], span: Interval, now: datetime
) -> Iterator[tuple[VisitorPass, Windows]]:
    """Yield the passes that may open a door with a keypad at `node` within `span`, and their windows."""
    doors = {keypad.door for keypad in site.keypads if keypad.node == node}
    for each in passes:
        time = Interval(each.starts_at, each.ends_at).within(span)
        if each.site != site.id or not each.in_use(now) or time.empty:
            continue
        why = f"{_PASS}{each.id}"
        opens = [door for door in each.doors if door in doors]
        if opens:
            yield each, tuple(Window(point=door, start=time.start, end=time.end, why=why) for door in opens)


def pass_used_by(event: Content) -> str | None:
    """Return the id of the pass by whose code a keypad opened its door; None for anything else."""
    if isinstance(event, CodeEntered) and event.granted and event.why and event.why.startswith(_PASS):
        return event.why.removeprefix(_PASS)
    return None
