"""Clocks that begin in 1970, leap, drift, and lie about it: no visit is invented, no right comes back."""

import math
import random
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from firmware_sim.bench.backstage import Backstage
from firmware_sim.broker import EmbeddedBroker
from firmware_sim.faults.faked_clock import FakedClock
from firmware_sim.faults.fault import Plan
from firmware_sim.faults.judged import judged
from firmware_sim.faults.links import ProxiedLink
from firmware_sim.faults.place import ENTRANCE, STUDIO, Place, Tapped, now, open_place, until
from firmware_sim.faults.tally import Tally
from firmware_sim.verify.observed import read_spool

TOLERANCE: Final[Mapping[str, timedelta]] = {
    "synchronised": timedelta(minutes=1),
    "uptime": timedelta(minutes=1),
    "estimated": timedelta(minutes=5),
}
"""How far from the truth a time may be, by how well the gateway says that it is known."""

_Number = tuple[str, int]
"""Epoch and seq of an event."""

_DAY_S: Final = 86_400.0
_AN_HOUR_S: Final = 3600.0
_PPM: Final = 500e-6
_RIGHT_LASTS: Final = timedelta(seconds=3)
_MEMBER_FOR: Final = timedelta(days=3)
_RECORDED_WITHIN_S: Final = 30
_STARTS_WITHIN_S: Final = 60


def play(plan: Plan) -> Tally:
    """Do something to a node's clock `plan.rounds` times, online and offline, while people tap."""
    with ExitStack() as stack:
        broker = EmbeddedBroker.start(plan.folder / "broker")
        stack.callback(broker.stop)
        stage = stack.enter_context(Backstage())
        place = stack.enter_context(open_place(plan.folder, broker=broker))
        trials = [
            _Trial.begin(place, node, ProxiedLink.open(stage, (broker.host, broker.port)))
            for node in (STUDIO, ENTRANCE)
        ]
        dice = random.Random(plan.seed)
        for number in range(plan.rounds):
            trials[number % len(trials)].act(number, dice)
            plan.advance()
        place.come_to_rest()
        return _judge(plan.rounds, place, trials)


@dataclass(slots=True)
class _Trial:
    """One node, its link and its clock."""

    place: Place
    node: str
    link: ProxiedLink
    clock: FakedClock
    offline: int = 0
    written: dict[_Number, Tapped] = field(default_factory=dict)

    @classmethod
    def begin(cls, place: Place, node: str, link: ProxiedLink) -> "_Trial":
        """Start the node, with a clock that is right for now."""
        place.start_node(node, link.address, clock="kernel", keep_alive_s=4)
        trial = cls(place, node, link, FakedClock(place.folder / node))
        trial.power_cut()
        place.until_lists_are_held()
        return trial

    def act(self, number: int, dice: random.Random) -> None:
        """Do the next thing to the clock, cut off from the gateway or not, and put all right again."""
        acts: tuple[Callable[[random.Random], None], ...] = (
            self._bring_a_right_back,
            self._begin_in_1970,
            self._leap_ahead,
            self._leap_back,
            self._forget_a_boot,
            self._drift,
        )
        self._tap()
        if dice.random() < 0.5:  # noqa: PLR2004 - as often as not
            self.offline += 1
            self.link.cut("silence")
        acts[(number + number // len(acts)) % len(acts)](dice)
        self.link.mend()
        self._set_right()
        self._tap()

    def power_cut(self) -> None:
        """Switch the machine off and on again, with whatever clock it has now."""
        edge, starts = self.place.nodes[self.node], self._recorded("NodeStarted")
        edge.kill()
        edge.restart(self.clock.under, self.clock.environment)
        until(lambda: self._recorded("NodeStarted") > starts, "a node to start", _STARTS_WITHIN_S)

    def _set_right(self) -> None:
        self.clock.set(0.0, synchronised=True)

    def _begin_in_1970(self, _dice: random.Random) -> None:
        self.clock.set_to_1970()
        self.power_cut()
        self._tap()
        self._set_right()
        self._tap()

    def _forget_a_boot(self, _dice: random.Random) -> None:
        """Live a whole boot without ever knowing the time; what it saw is told by the next one."""
        self.clock.set_to_1970()
        self.power_cut()
        self._tap()
        self.power_cut()
        self._tap()

    def _leap_ahead(self, dice: random.Random) -> None:
        self.clock.set(_DAY_S, synchronised=dice.random() < 0.5)  # noqa: PLR2004 - as often as not
        self._tap()

    def _leap_back(self, dice: random.Random) -> None:
        self.clock.set(-_DAY_S, synchronised=dice.random() < 0.5)  # noqa: PLR2004 - as often as not
        self._tap()

    def _drift(self, dice: random.Random) -> None:
        sign, began_s = dice.choice((1, -1)), time.perf_counter()
        for _ in range(3):
            self._tap()
            self.clock.set(sign * _PPM * (time.perf_counter() - began_s), synchronised=True)

    def _bring_a_right_back(self, dice: random.Random) -> None:
        """Let a right end, and set the clock back to when it held: by hand, or by a power cut."""
        self.link.mend()
        ends_at = now() + _RIGHT_LASTS
        issued = self.place.issued()
        person, uid = self.place.add_member(since=now() - _MEMBER_FOR, until=ends_at)
        self.place.until_lists_are_held(after=issued)
        time.sleep(max(0.0, (ends_at - now()).total_seconds()))
        self.link.cut("silence")  # no newer list may come to the rescue
        self.clock.set(-_AN_HOUR_S, synchronised=True)
        if dice.random() < 0.5:  # noqa: PLR2004 - as often as not
            self.power_cut()
        self._tap((person, uid))

    def _tap(self, who: tuple[str, bytes] | None = None) -> None:
        """Have someone tap and go through, and note under which number the node has written it down.

        Who got no answer in time tapped again; what came of that tap may have been written down, too.
        """
        before = self._recorded("BadgePresented")
        tapped = self.place.be_answered(self.node, who)
        self.place.swing(self.node)
        until(lambda: self._recorded("BadgePresented") > before, "a tap to be recorded", _RECORDED_WITHIN_S)
        self.written |= dict.fromkeys(self._recorded("BadgePresented") - before, tapped)

    def _recorded(self, kind: str) -> frozenset[_Number]:
        spool = read_spool(self.place.spools[self.node], self.place.site.id, self.node)
        return frozenset((seen.epoch, seen.seq) for seen, _ in spool if seen.content["type"] == kind)


def _judge(tried: int, place: Place, trials: list[_Trial]) -> Tally:
    """Match taps and events by their numbers, for times are what is on trial."""
    verdict = place.verdict(clocks_on_trial=[trial.node for trial in trials])
    verdict.unrecorded_at = []
    verdict.details = [line for line in verdict.details if not line.startswith("unrecorded")]
    taps = _badge_events(place, trials)
    worst_s: dict[str, float] = defaultdict(float)
    wrong_minutes = 0
    for tap, told in taps:
        off = abs(datetime.fromisoformat(told["occurred_at"]) - tap.began_at)
        worst_s[f"{told['quality']}_off_s"] = max(worst_s[f"{told['quality']}_off_s"], off.total_seconds())
        wrong_minutes += max(0, math.ceil((off - TOLERANCE[told["quality"]]) / timedelta(minutes=1)))
    figures = {
        "taps": float(len(taps)),
        "offline": float(sum(trial.offline for trial in trials)),
        **{name: round(seconds, 3) for name, seconds in sorted(worst_s.items())},
    }
    tally = judged(tried, verdict, figures=figures)
    tally = tally.with_wrong(
        sum(len(trial.written) for trial in trials) - len(taps), "a tap that is in no ledger"
    )
    tally = tally.with_wrong(wrong_minutes, "a minute further from the truth than tolerated")
    tally = tally.with_wrong(_rights_brought_back(taps), "a right that had ended granted again")
    return tally.with_wrong(_impossible_visits(place, taps), "a visit that nobody made")


def _badge_events(place: Place, trials: list[_Trial]) -> list[tuple[Tapped, Mapping[str, Any]]]:
    """Return each tap with what the ledger has of it."""
    told = {(item["node"], item["epoch"], int(item["seq"])): item for item in place.api.events()}
    written = [((trial.node, *number), tap) for trial in trials for number, tap in trial.written.items()]
    return [(tap, told[identity]) for identity, tap in written if identity in told]


def _rights_brought_back(taps: list[tuple[Tapped, Mapping[str, Any]]]) -> int:
    """Count latecomers let in, for they tap only after their right has ended; a stale list tells no end."""
    return sum(
        tap.person.startswith("late-") and told["event"]["granted"] and not told["event"]["stale"]
        for tap, told in taps
    )


def _impossible_visits(place: Place, taps: list[tuple[Tapped, Mapping[str, Any]]]) -> int:
    """Count visits that end before they begin, begin or end in the future, or begin where nobody tapped."""
    by_identity = {f"{told['node']}/{told['epoch']}/{told['seq']}": tap for tap, told in taps}
    as_of, wrong = place.api.now(), 0
    for visit in place.api.visits(date(1970, 1, 2), as_of.date() + timedelta(days=7)):
        begun_at = datetime.fromisoformat(visit["begun_at"])
        ended_at = datetime.fromisoformat(visit["ended_at"]) if visit["ended_at"] else as_of
        tap = by_identity.get(visit["begun_by"])
        by_nobody = tap is None or tap.person != visit["member"]
        wrong += by_nobody or not begun_at <= ended_at <= as_of
    return wrong
