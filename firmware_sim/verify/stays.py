"""The rules of visits, read anew: ways in, ways out, crossings that nothing explains, and the clock.

Each of the three is listed by itself first; only then is the day told from its beginning. What staff said by
hand is a way in or out as a badge is, unless it was taken back.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from firmware_sim.truth import Seen
from protocol.site import Site

HolderOf = Callable[[str, datetime], str | None]

_BADGE_EXPLAINS_S: Final = 10
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Stay:
    """A person at a site in [begun_at, ended_at), on a civil day; the rest is as visits tell it."""

    site: str
    person: str
    day: date
    begun_at: datetime
    ended_at: datetime | None
    quality: str
    begun_by: str
    ended_by: str | None

    @property
    def lasted_s(self) -> float:
        """Exact seconds; an open stay has none yet."""
        return (self.ended_at - self.begun_at).total_seconds() if self.ended_at else 0.0


def expected_stays(
    sites: Iterable[Site], events: Iterable[Seen], holder_of: HolderOf, as_of: datetime
) -> list[Stay]:
    """Say which stays `events` amount to, day by day, as known at `as_of`."""
    by_id = {site.id: site for site in sites}
    days: dict[tuple[str, date], list[Seen]] = defaultdict(list)
    for event in events:
        days[event.site, event.at.astimezone(by_id[event.site].zone).date()].append(event)
    return [
        stay
        for (site, day), seen in sorted(days.items(), key=lambda item: item[0])
        for stay in _stays_of(by_id[site], day, seen, holder_of, as_of)
    ]


def _stays_of(site: Site, day: date, seen: list[Seen], holder_of: HolderOf, as_of: datetime) -> list[Stay]:
    taken_back = {e.content["entry"] for e in seen if e.content["type"] == "TakenBack"}
    valid = (e for e in seen if not (_is_by_hand(e) and e.identity in taken_back))
    story = sorted(valid, key=lambda e: (e.at, e.node, e.epoch, e.seq))
    ways_in = _ways_in(site, story, holder_of)
    ways_out = _ways_out(story, holder_of)
    strays = _unexplained_crossings(site, story)
    inside: dict[str, Stay] = {}
    told: list[Stay] = []

    def leaves(person: str, moment: Seen) -> None:
        told.append(replace(inside.pop(person), ended_at=moment.at, ended_by=moment.identity))

    for place, moment in enumerate(story):
        if place in ways_in:
            person, quality = ways_in[place]
            first = Stay(site.id, person, day, moment.at, None, quality, moment.identity, None)
            inside.setdefault(person, first)
        elif ways_out.get(place) in inside:
            person = ways_out[place]
            if _is_by_hand(moment):
                inside[person] = replace(inside[person], quality="by-hand")
            leaves(person, moment)
        elif place in strays and len(inside) == 1:
            (person,) = inside
            inside[person] = replace(inside[person], quality="estimated")
            leaves(person, moment)
    told += [_ended_by_the_clock(stay, site, as_of) for stay in inside.values()]
    return sorted(told, key=lambda stay: (stay.begun_at, stay.person))


def _ways_in(site: Site, story: list[Seen], holder_of: HolderOf) -> dict[int, tuple[str, str]]:
    """For each place in the story where someone can begin a stay: who, and how surely."""
    doors = {door.id for door in site.doors}
    led_to_opening = {
        (e.node, e.content.get("grant_epoch") or e.epoch, e.content["grant"])
        for e in story
        if e.content["type"] == "DoorOpened" and e.content["cause"] == "grant"
    }
    found: dict[int, tuple[str, str]] = {}
    for place, e in enumerate(story):
        if _is_by_hand(e) and e.content["what"] == "check_in":
            found[place] = e.content["member"], "by-hand"
        if not _is_granted(e, "in") or e.content["point"] not in doors:
            continue
        person = holder_of(e.content["credential"], e.at)
        if person is None:
            continue
        if (e.node, e.epoch, e.seq) in led_to_opening:
            found[place] = person, "measured"
        elif e.content.get("free_passage") or _stands_open(e.content["point"], story[:place]):
            found[place] = person, "estimated"
    return found


def _stands_open(door: str, before: list[Seen]) -> bool:
    """Whether the last that the door's contact said was that it opened."""
    for e in reversed(before):
        if e.content["type"] in {"DoorOpened", "DoorClosed"} and e.content["door"] == door:
            return bool(e.content["type"] == "DoorOpened")
    return False


def _ways_out(story: list[Seen], holder_of: HolderOf) -> dict[int, str]:
    found: dict[int, str] = {}
    for place, e in enumerate(story):
        if _is_by_hand(e) and e.content["what"] == "check_out":
            found[place] = e.content["member"]
        if _is_granted(e, "out"):
            person = holder_of(e.content["credential"], e.at)
            if person is not None:
                found[place] = person
    return found


def _unexplained_crossings(site: Site, story: list[Seen]) -> set[int]:
    """Places where someone crossed outward and nobody was said to leave: each badge or word explains one."""
    counters = {counter.id for counter in site.counters if counter.perimeter}
    unspent = [place for place, e in enumerate(story) if _says_that_someone_leaves(e)]
    strays: set[int] = set()
    for place, e in enumerate(story):
        content = e.content
        if (
            content["type"] != "Crossed"
            or content["direction"] != "out"
            or content["counter"] not in counters
        ):
            continue
        just_before = [
            badge
            for badge in unspent
            if badge < place and e.at - story[badge].at <= timedelta(seconds=_BADGE_EXPLAINS_S)
        ]
        if just_before:
            unspent.remove(just_before[-1])
        else:
            strays.add(place)
    return strays


def _says_that_someone_leaves(e: Seen) -> bool:
    return _is_granted(e, "out") or (_is_by_hand(e) and e.content["what"] == "check_out")


def _is_by_hand(e: Seen) -> bool:
    return bool(e.content["type"] == "CheckedByHand")


def _is_granted(e: Seen, direction: str) -> bool:
    content = e.content
    return bool(
        content["type"] == "BadgePresented" and content["granted"] and content["direction"] == direction
    )


def _ended_by_the_clock(stay: Stay, site: Site, as_of: datetime) -> Stay:
    """End what nobody ended: at closing time, or at midnight where that is no help."""
    hours = {str(weekday): hours for weekday, hours in site.opening.items()}.get(
        _WEEKDAYS[stay.day.weekday()]
    )
    ends_at = datetime.combine(stay.day + timedelta(days=1), time.min, site.zone).astimezone(UTC)
    if hours is not None:
        closes_at = datetime.combine(stay.day, hours.closes, site.zone).astimezone(UTC)
        ends_at = closes_at if stay.begun_at < closes_at else ends_at
    return replace(stay, ended_at=ends_at, quality="closed-by-rule") if as_of >= ends_at else stay
