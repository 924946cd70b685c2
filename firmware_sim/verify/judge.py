"""Holding the ledger against what was observed."""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

from firmware_sim.truth import Seen, Tap
from firmware_sim.verify.distance import distance_minutes
from firmware_sim.verify.drops import STAND_INS, untold_drops
from firmware_sim.verify.history import SumsOfDay, history_differences
from firmware_sim.verify.months import count_month, disagreements, qualifying, read_tariffs, tariff_of
from firmware_sim.verify.observed import Observed, observe
from firmware_sim.verify.stays import Stay, expected_stays
from firmware_sim.verify.verdict import Verdict
from protocol.site import Site

Plain = Mapping[str, Any]

_TAP_IS_READ_WITHIN: Final = timedelta(seconds=3)
_AT_THE_GATEWAY: Final = "gateway"
_BY_HAND: Final = ("CheckedByHand", "TakenBack")
_CLOCKS_AGREE_WITHIN: Final = timedelta(milliseconds=100)


class Answers(Protocol):
    """What the gateway says over its API, page by page read to the end; items are as the API has them."""

    def now(self) -> datetime: ...
    def events(self) -> Iterable[Plain]: ...
    def visits(self, first: date, end: date) -> Iterable[Plain]: ...
    def statement(self, month: str) -> Plain: ...


def verify(
    sites: Sequence[Site],
    truth: Path,
    answers: Answers,
    tariff_files: Sequence[Path],
    *,
    spools: Mapping[str, Path] | None = None,
    history: SumsOfDay | None = None,
    clocks_on_trial: Collection[str] = (),
) -> Verdict:
    """Judge the gateway's answers by the truth file and by the spools of real nodes (node id to file).

    The ledger should be at rest: events on their way count as lost. When something happened at a node whose
    clock is on trial is the gateway's to say, as where a clock does not call itself synchronised.
    """
    observed = observe(truth, spools or {}, sites)
    observed.unsure |= {name for name, seen in observed.events.items() if seen.node in clocks_on_trial}
    verdict = Verdict(events=len(observed.events))
    _judge_events(observed, list(answers.events()), verdict)
    missing = _unrecorded(observed, sites)
    verdict.unrecorded, verdict.unrecorded_at = len(missing), [tap.at.isoformat() for tap in missing]
    verdict.details += [f"unrecorded: {tap.person} at {tap.reader}, {tap.at.isoformat()}" for tap in missing]
    as_of = answers.now()
    stays = expected_stays(sites, observed.events.values(), observed.holder, as_of)
    verdict.visits = len(stays)
    days = _days(observed, sites)
    _judge_visits(stays, _told_visits(days, sites, answers), verdict)
    months = sorted({f"{day:%Y-%m}" for day in days})
    _judge_statements(months, stays, observed.categories, read_tariffs(tariff_files), answers, verdict)
    if history is not None:
        differences = history_differences(stays, history)
        verdict.wrong_history = len(differences)
        verdict.details += differences
    verdict.distance_minutes = distance_minutes(stays, observed.presence.values(), as_of)
    return verdict


def _judge_events(observed: Observed, told: Sequence[Plain], verdict: Verdict) -> None:
    """Compare identities both ways, then what each says; take over the times of unsure clocks."""
    _take_over(observed, told)
    identities = Counter(_identity(item) for item in told)
    lost = observed.events.keys() - identities.keys() | untold_drops(observed.events.values())
    invented = identities.keys() - observed.events.keys()
    twice = {name: count - 1 for name, count in identities.items() if count > 1}
    again = _same_fact_again(item for item in told if _identity(item) not in observed.unsure)
    altered = []
    for item in told:
        seen = observed.events.get(_identity(item))
        if seen is None:
            continue
        if seen.identity in observed.unsure:
            observed.events[seen.identity] = replace(seen, at=_moment(item["occurred_at"]))
        elif seen.at != _moment(item["occurred_at"]) or seen.content != item["event"]:
            altered.append(f"{seen.identity}: {item['occurred_at']} {item['event']}, observed {seen}")
    verdict.lost, verdict.invented = len(lost), len(invented)
    verdict.doubled = sum(twice.values()) + len(again)
    verdict.altered = len(altered)
    verdict.details += [f"lost: {name}: {observed.events[name]}" for name in sorted(lost)]
    verdict.details += [f"doubled: {name}" for name in sorted(twice)]
    verdict.details += [f"doubled: {one} and {other} say the same" for one, other in again]
    verdict.details += [f"invented: {name}" for name in sorted(invented)]
    verdict.details += [f"altered: {text}" for text in altered]


def _take_over(observed: Observed, told: Iterable[Plain]) -> None:
    """Believe the ledger where a node once had an event, and has nothing any more to hold against it.

    What staff said by hand was said at the gateway: nobody else could have observed it.
    """
    sites = {seen.node: seen.site for seen in observed.events.values()}
    for item in told:
        identity = _identity(item)
        if item["node"] == _AT_THE_GATEWAY and item["event"]["type"] in _BY_HAND:
            place = item["node"], item["epoch"], item["seq"], _moment(item["occurred_at"])
            observed.events[identity] = Seen(item["site"], *place, item["event"])
        seen = observed.events.get(identity)
        gone = item["seq"] < observed.held_from.get(f"{item['node']}/{item['epoch']}", 0)
        if gone if seen is None else seen.content["type"] in STAND_INS:
            place = item["node"], item["epoch"], item["seq"], _moment(item["occurred_at"])
            observed.events[identity] = Seen(sites[item["node"]], *place, item["event"])


def _same_fact_again(told: Iterable[Plain]) -> list[tuple[str, str]]:
    """Pairs of identities under which one node says one thing of one moment, where the moment is sure."""
    first: dict[str, str] = {}
    again = []
    for item in told:
        # The grant is left out: it is an identity too, and would differ where its badge was doubled.
        content = {key: value for key, value in item["event"].items() if key != "grant"}
        fact = f"{item['node']} {item['occurred_at']} {sorted(content.items())}"
        earlier = first.setdefault(fact, _identity(item))
        if earlier != _identity(item):
            again.append((earlier, _identity(item)))
    return again


def _unrecorded(observed: Observed, sites: Iterable[Site]) -> list[Tap]:
    """Find taps at real readers of which no spool knows. Each badge event accounts for one tap."""
    directions = {(site.id, reader.id): reader.direction for site in sites for reader in site.readers}
    badges: dict[tuple[str, str, str], list[Seen]] = defaultdict(list)
    for seen in observed.events.values():
        if seen.content["type"] == "BadgePresented":
            badges[seen.node, seen.content["credential"], seen.content["direction"]].append(seen)
    missing: list[Tap] = []
    for tap in sorted(observed.taps, key=lambda tap: tap.at):
        candidates = badges[tap.node, tap.credential, directions[tap.site, tap.reader]]
        match = next((seen for seen in candidates if _fits(tap, seen)), None)
        if match is None:
            missing.append(tap)
        else:
            candidates.remove(match)
    return missing


def _fits(tap: Tap, seen: Seen) -> bool:
    return tap.at - _CLOCKS_AGREE_WITHIN <= seen.at <= tap.at + _TAP_IS_READ_WITHIN


def _days(observed: Observed, sites: Iterable[Site]) -> set[date]:
    """Return the civil days on which anything was observed."""
    zones = {site.id: site.zone for site in sites}
    return {seen.at.astimezone(zones[seen.site]).date() for seen in observed.events.values()}


def _told_visits(days: set[date], sites: Iterable[Site], answers: Answers) -> list[Stay]:
    if not days:
        return []
    zones = {site.id: site.zone for site in sites}
    return [
        Stay(
            site=item["site"],
            person=item["member"],
            day=_moment(item["begun_at"]).astimezone(zones[item["site"]]).date(),
            begun_at=_moment(item["begun_at"]),
            ended_at=_moment(item["ended_at"]) if item["ended_at"] else None,
            quality=item["quality"],
            begun_by=item["begun_by"],
            ended_by=item["ended_by"],
        )
        for item in answers.visits(min(days), max(days) + timedelta(days=1))
    ]


def _judge_visits(expected: Sequence[Stay], told: Sequence[Stay], verdict: Verdict) -> None:
    missing, surplus = Counter(expected) - Counter(told), Counter(told) - Counter(expected)
    verdict.wrong_visits = max(missing.total(), surplus.total())
    verdict.details += [f"visit expected, not told: {stay}" for stay in missing.elements()]
    verdict.details += [f"visit told, not expected: {stay}" for stay in surplus.elements()]
    owed: dict[tuple[str, str, date], float] = defaultdict(float)
    for stay in expected:
        owed[stay.site, stay.person, stay.day] += stay.lasted_s
    for stay in told:
        owed[stay.site, stay.person, stay.day] -= stay.lasted_s
    for (site, person, day), seconds in owed.items():
        wrong = math.ceil(round(abs(seconds), 6) / 60)
        if wrong:
            verdict.wrong_minutes += wrong
            verdict.details.append(f"minutes: {person} at {site} on {day}: {-seconds:+.6f} s")


def _judge_statements(
    months: Sequence[str],
    stays: Sequence[Stay],
    categories: Mapping[str, str],
    tariffs: Sequence[Plain],
    answers: Answers,
    verdict: Verdict,
) -> None:
    users: set[str] = set()
    for month in months:
        tariff = tariff_of(month, tariffs)
        if tariff is None:
            continue
        of_month = qualifying([s for s in stays if f"{s.day:%Y-%m}" == month], tariff, categories)
        users |= {stay.person for stay in of_month}
        counted = count_month(month, of_month, tariff)
        verdict.users_by_month[month] = counted.figures["users"]
        wrong = disagreements(counted, answers.statement(month))
        verdict.wrong_minutes += len(wrong)
        verdict.details += [f"statement of {line}" for line in wrong]
    verdict.users = len(users)


def _identity(item: Plain) -> str:
    return f"{item['node']}/{item['epoch']}/{item['seq']}"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
