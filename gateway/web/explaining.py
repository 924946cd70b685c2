"""Asking why a door opens or does not, and saying it in words that a panel can show."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.claims import claims_at
from gateway.commands import Fault, Refused
from gateway.domain.civil import day_of
from gateway.domain.explanation import Explanation, Question, explain
from gateway.domain.hints import Hint
from gateway.ports import Books
from gateway.service import Gateway
from gateway.web.i18n import Words
from protocol.events import BadgePresented
from protocol.site import Door, Site

AROUND: Final = timedelta(minutes=10)
"""How far from the moment in question taps are looked for."""


@dataclass(frozen=True, slots=True)
class TapSeen:
    """What the door itself answered to a tap, with the list that it had."""

    at: datetime
    granted: bool
    reason: str
    list_revision: int
    list_age_s: int
    stale: bool


def door_of(gateway: Gateway, door: str, site: str | None) -> tuple[Site, Door]:
    """Find a door by its id; where two sites have one of the same id, `site` says which. Raises Refused."""
    found = [
        (place, each)
        for place in gateway.sites.values()
        for each in place.doors
        if each.id == door and site in {None, place.id}
    ]
    if not found:
        raise Refused("not_found", Fault("/door", "unknown_door", "no such door here"))
    if len(found) > 1:
        text = f"doors of {' and '.join(place.id for place, _ in found)} have this id: say which site"
        raise Refused("invalid", Fault("/site", "ambiguous", text))
    return found[0]


def explained(books: Books, asked: Question) -> Explanation:
    """Explain from the books as they are now."""
    holds = books.bookings.holds(asked.site.id, asked.at, asked.at + timedelta(microseconds=1))
    return explain(asked, claims_at(books, asked.site, asked.at), holds)


def ask(books: Books, asked: Question) -> tuple[Explanation, list[TapSeen]]:
    """Explain from the books as they are now, with what the door itself said about then."""
    entries = books.journal.between(asked.site.id, asked.at - AROUND, asked.at + AROUND, ("BadgePresented",))
    taps = [
        TapSeen(
            entry.occurred_at, badge.granted, badge.reason, badge.list_revision, badge.list_age_s, badge.stale
        )
        for entry in entries
        if isinstance(badge := entry.event, BadgePresented)
        and (badge.credential, badge.point) == (asked.credential, asked.door.id)
    ]
    return explained(books, asked), taps


def in_words(found: Explanation, asked: Question, words: Words) -> str:
    """Say an explanation in one sentence."""
    return _sentence(f"why_{found.reason}", found.moment, found.name, asked, words)


def hint_in_words(hint: Hint, asked: Question, words: Words) -> str:
    """Say a hint in one sentence: the explanation's, where it gives the same reason."""
    own = f"hint_{hint.code}"
    key = own if words.knows(own) else f"why_{hint.code}"
    return _sentence(key, hint.moment, hint.name, asked, words)


def _sentence(key: str, moment: datetime | None, name: str | None, asked: Question, words: Words) -> str:
    if moment is None:
        return words(key, name=name)
    if words.knows(f"{key}_until"):
        key += "_until"
    return words(key, name=name, **_said(moment, asked, words))


def _said(moment: datetime, asked: Question, words: Words) -> dict[str, str]:
    """Say a moment in the three ways in which sentences need it; the day only where it is another one."""
    local = moment.astimezone(asked.site.zone)
    same_day = local.date() == day_of(asked.at, asked.site.zone)
    day = f"{local:%d/%m/%Y}"
    key = "clock_minutes" if local.minute else "clock_hour"
    clock = words(key, hour=local.hour, minute=local.minute)
    which = "today" if same_day else "other_day"
    return {form: words(f"{form}_{which}", clock=clock, day=day) for form in ("moment", "until", "bare")}
