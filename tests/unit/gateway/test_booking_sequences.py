"""Bookings made, moved, extended, cancelled, used, missed: in any sequence, and when clocks change.

After every step no two holds overlap, and at every minute each door decides as `booking_rules` does.
`BOOKING_SEQUENCES=5000` plays that many.
"""

import os
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway import commands as ask
from gateway.adapters.card_vault import FileVault
from gateway.adapters.ledger import SqlLedger
from gateway.adapters.signer import FileSigner
from gateway.commands import NewMember, Refused
from gateway.domain.authority import SYSTEM
from gateway.domain.people import Card, Member, Plan
from gateway.service import Gateway
from protocol.access import AccessList, AccessPatch, Granted
from protocol.codec import encode
from protocol.events import BadgePresented, EventBatch, Record
from protocol.messages import NodeStatus
from protocol.site import Site, Weekday
from protocol.topics import NodeTopics
from tests.fakes import RememberingDownlink, RememberingNotifier, SetClock, enrolment, site
from tests.unit.gateway.booking_rules import Deed, Diary, Promise

MINUTE, LIVED = timedelta(minutes=1), 30 * 60
ROOMS = {"meeting-1": "ss-meeting-1", "office-1": "ss-offices-a"}
DOORS = {"entrance": "ss-entrance", "meeting-1-door": "ss-meeting-1", "office-1-door": "ss-offices-a"}
PEOPLE: dict[str, Plan] = {"ana": "nomad", "bob": "guest", "eve": "student"}
CARDS = {name: f"c_{number:032x}" for number, name in enumerate(PEOPLE, start=1)}
EVENINGS = {  # 20:00 in Sceaux, before an ordinary night, the short one and the long one
    "ordinary": datetime(2026, 11, 23, 19, tzinfo=UTC),
    "short": datetime(2026, 3, 28, 19, tzinfo=UTC),
    "long": datetime(2026, 10, 24, 18, tzinfo=UTC),
}


def small_site() -> Site:
    """Two rooms and one entrance of Sceaux Smart; nothing senses movement, and no plan counts hours."""
    whole = site()
    doors = tuple(door for door in whole.doors if door.id in DOORS)
    nodes = tuple(node for node in whole.nodes if node.id in DOORS.values())
    plans = {
        plan: rules.model_copy(update={"booked_h_per_month": None}) for plan, rules in whole.plans.items()
    }
    return whole.model_copy(
        update={
            "plans": plans,
            "doors": doors,
            "nodes": nodes,
            "presence_sensors": (),
            "banks": (),
            "compartments": (),
            "items": (),
        }
    )


class Town(RuleBasedStateMachine):
    """A gateway with three nodes, three people, and a diary of what they were promised."""

    @initialize(night=st.sampled_from(sorted(EVENINGS)))
    def open(self, night: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="bookings-", dir=_memory()))
        shutil.copy(_empty_ledger(), self.folder / "ledger.sqlite")
        self.ledger = SqlLedger(f"sqlite:///{self.folder / 'ledger.sqlite'}")
        self.evening, self.minute = EVENINGS[night], 0.5
        self.clock, self.downlink = SetClock(self.evening + 0.5 * MINUTE), RememberingDownlink()
        self.site = small_site()
        vault, signer = FileVault(self.folder / "card-master.key"), FileSigner(self.folder / "signing.key")
        sites = {self.site.id: self.site}
        rim = (self.clock, self.downlink, signer, vault, RememberingNotifier())
        joining = enrolment(self.folder, self.ledger, self.clock, sites)
        self.gateway = Gateway(self.ledger, *rim, sites, joining)
        since = self.evening - timedelta(days=1)
        members = tuple(
            NewMember(
                Member(name, name, "member", plan, (self.site.id,), None, since, None), (Card(CARDS[name]),)
            )
            for name, plan in PEOPLE.items()
        )
        self.gateway.handle(ask.AddMembers(members), SYSTEM)
        self.diary, self.seqs = Diary(), dict.fromkeys(DOORS.values(), 0)
        self.lists: dict[str, AccessList] = {}
        self._work()

    @rule(
        who=st.sampled_from(sorted(PEOPLE)),
        room=st.sampled_from(sorted(ROOMS)),
        wait=st.integers(-20, 200),
        minutes=st.integers(1, 150),
    )
    def book(self, who: str, room: str, wait: int, minutes: int) -> None:
        start = int(self.minute) + wait
        in_the_way = self.diary.in_the_way(room, start, start + minutes)
        wish = ask.BookSpace(self.site.id, room, who, self._at(start), self._at(start + minutes), None)
        booked = self._ask(wish, in_the_way)
        if booked is not None:
            promise = Promise(booked.id, room, who, start, start + minutes, self.minute)
            self.diary.promises[booked.id] = promise
        self._work()

    @precondition(lambda self: self.diary.promises)
    @rule(
        data=st.data(),
        later=st.integers(-40, 40),
        longer=st.integers(-30, 60),
        room=st.sampled_from([None, *ROOMS]),
    )
    def move(self, data: st.DataObject, later: int, longer: int, room: str | None) -> None:
        old = self._any(data)
        start, end = old.start + later, old.end + later + longer
        room = room or old.room
        elsewhere = (old.start, old.room) != (start, room)
        never = (
            old.end <= self.minute
            or (old.start <= self.minute and elsewhere)
            or end < self.minute
            or end <= start
            or self.given_back(old)
        )
        wish = ask.MoveBooking(old.name, room, self._at(start), self._at(end))
        in_the_way = self.diary.in_the_way(room, start, end, old.name)
        if self._ask(wish, in_the_way, never=never) is not None:
            self.diary.promises[old.name] = Promise(old.name, room, old.who, start, end, old.made)
        self._work()

    @precondition(lambda self: self.diary.promises)
    @rule(data=st.data(), longer=st.integers(1, 90))
    def extend(self, data: st.DataObject, longer: int) -> None:
        old = self._any(data)
        in_the_way = self.diary.in_the_way(old.room, old.start, old.end + longer, old.name)
        never = old.end <= self.minute or self.given_back(old)
        wish = ask.MoveBooking(old.name, None, None, self._at(old.end + longer))
        if self._ask(wish, in_the_way, never=never) is not None:
            self.diary.promises[old.name] = Promise(
                old.name, old.room, old.who, old.start, old.end + longer, old.made
            )
        self._work()

    @precondition(lambda self: self.diary.promises)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """Give back what has not begun, and what remains of what has: that was used."""
        gone = self._any(data)
        begun = gone.start <= self.minute
        refused = gone.end <= self.minute or (begun and self.given_back(gone))
        try:
            self.gateway.handle(ask.CancelBooking(gone.name), SYSTEM)
        except Refused:
            assert refused
        else:
            assert not refused
            if begun:
                self._note(gone.who, gone.name, "check_out")
            else:
                del self.diary.promises[gone.name]
        self._work()

    @precondition(lambda self: self.diary.promises)
    @rule(data=st.data(), what=st.sampled_from(["check_in", "check_out"]))
    def by_hand(self, data: st.DataObject, what: Deed) -> None:
        promise = self._any(data)
        in_time = promise.start - 10 <= self.minute < promise.end
        in_the_way = self.diary.in_the_way(promise.room, promise.start, promise.end, promise.name)
        for_nothing = bool(in_the_way) if what == "check_in" else self.given_back(promise)
        refused = not in_time or for_nothing
        try:
            self.gateway.handle(ask.CheckInOrOut(promise.name, what, "staff"), SYSTEM)  # type: ignore[arg-type]
        except Refused:
            assert refused
        else:
            assert not refused
            self._note(promise.who, promise.name, what)
        self._work()

    @rule(who=st.sampled_from(sorted(PEOPLE)), door=st.sampled_from(sorted(DOORS)))
    def come(self, who: str, door: str) -> None:
        granted = self._opens(who, door, self.minute)
        self._tap(who, door, "in", granted=granted)
        if granted:
            room = door.removesuffix("-door")
            self._note(who, room, "into_room" if room in ROOMS else "in")
        self._work()

    @rule(who=st.sampled_from(sorted(PEOPLE)))
    def leave(self, who: str) -> None:
        self._tap(who, "entrance", "out", granted=True)
        self._note(who, "entrance", "out")
        self._work()

    @precondition(lambda self: self.minute < LIVED)
    @rule(minutes=st.integers(1, 170))
    def wait(self, minutes: int) -> None:
        """Live minute by minute: the gateway works when the diary says that something is given back."""
        now = int(self.minute)
        for minute in range(now + 1, now + minutes + 1):
            self.minute = float(minute)
            if self.diary.tick(minute) or minute % 60 == 0:
                self._work()
            self._compare()
        self.minute += 0.5
        self._work()

    @invariant()
    def nothing_is_held_twice(self) -> None:
        with self.ledger.reading() as books:
            holds = books.bookings.holds(self.site.id, self._at(-9999), self._at(99999))
        for room in ROOMS:
            of_room = sorted(
                (hold.starts_at, hold.ends_at, hold.booking) for hold in holds if hold.space == room
            )
            assert all(one[1] <= other[0] for one, other in pairwise(of_room))
        told = {
            (each.name, self._at(each.start), self._at(each.taken_until))
            for each in self.diary.promises.values()
            if each.start < each.taken_until
        }
        assert {(hold.booking, hold.starts_at, hold.ends_at) for hold in holds} == told

    def teardown(self) -> None:
        self.ledger.close()
        shutil.rmtree(self.folder)

    def given_back(self, promise: Promise) -> bool:
        return self.diary.given_back_at(promise, self.minute) is not None

    def _any(self, data: st.DataObject) -> Promise:
        """Draw a promise by when it was made: its name is another one each time."""
        return self.diary.promises[data.draw(st.sampled_from(list(self.diary.promises)))]

    def _ask(self, wish: Any, in_the_way: list[tuple[float, float]], *, never: bool = False) -> Any | None:
        try:
            result = self.gateway.handle(wish, SYSTEM)
        except Refused as refused:
            facts = refused.faults[0].facts
        else:
            assert not never
            assert not in_the_way
            return result
        assert never or in_the_way
        if not never:
            taken = [datetime.fromisoformat(facts[name]) for name in ("taken_from", "taken_until")]
            assert taken == [self._at(minute) for minute in in_the_way[0]]
        return None

    def _at(self, minute: float) -> datetime:
        return self.evening + minute * MINUTE

    def _opens(self, who: str, door: str, minute: float) -> bool:
        room = door.removesuffix("-door")
        promised = any(
            each.who == who and each.opens(minute) and room in {"entrance", each.room}
            for each in self.diary.promises.values()
        )
        return promised or (room == "entrance" and self._by_plan(PEOPLE[who], minute))

    def _by_plan(self, plan: Plan, minute: float) -> bool:
        local = self._at(minute).astimezone(self.site.zone)
        hours = self.site.opening.get(get_args(Weekday)[local.weekday()])
        if plan == "guest" or hours is None or not hours.opens <= local.time() < hours.closes:
            return False
        return plan == "nomad" or (local.weekday() <= 4 and 13 <= local.hour < 20)

    def _compare(self) -> None:
        at = self._at(self.minute)
        for door, node in DOORS.items():
            for who, card in CARDS.items():
                decision = self.lists[node].decide(card, door, at)
                assert isinstance(decision, Granted) == self._opens(who, door, self.minute), (
                    f"{who} at {door}, minute {self.minute}: {decision}"
                )

    def _note(self, who: str, where: str, deed: Deed) -> None:
        """Write down what was just done; what comes next comes a second later."""
        self.diary.deeds.append((self.minute, who, where, deed))
        self.minute += 1 / 64

    def _work(self) -> None:
        """Let the gateway do what is due, and the nodes take their lists and say that they told all."""
        self.diary.tick(self.minute)
        self.clock.at = self._at(self.minute)
        for node in self.seqs:
            status = NodeStatus(
                site=self.site.id,
                node=node,
                online=True,
                start="5" * 16,
                boot="b" * 16,
                uptime_s=self._uptime_s(),
                at=self.clock.at,
                software="test",
                list_revision=self.lists[node].revision if node in self.lists else 0,
                pending=0,
            )
            self.gateway.receive(NodeTopics(self.site.id, node).up("status"), encode(status))
        self.gateway.take_in()
        self.gateway.take_in()
        self.gateway.issue()
        for signed in self.downlink.lists:
            self.lists[signed.body["node"]] = AccessList.model_validate(signed.body)
        for signed in self.downlink.patches:
            node = signed.body["node"]
            self.lists[node] = self.lists[node].apply(AccessPatch.model_validate(signed.body))
        self.downlink.lists.clear()
        self.downlink.patches.clear()
        self._compare()

    def _tap(self, who: str, door: str, direction: Any, *, granted: bool) -> None:
        node, at = DOORS[door], self._at(self.minute)
        decision = self.lists[node].decide(CARDS[who], door, at)
        assert direction == "out" or isinstance(decision, Granted) == granted
        self.seqs[node] += 1
        tap = BadgePresented(
            point=door,
            direction=direction,
            credential=CARDS[who],
            assurance="uid",
            granted=granted,
            reason="granted" if granted else "no_right_here",
            why="any" if granted else None,
            list_revision=1,
            list_age_s=0,
            stale=False,
        )
        record = Record(
            seq=self.seqs[node],
            at=at,
            boot="b" * 16,
            uptime_s=self._uptime_s(),
            clock="synchronised",
            event=tap,
        )
        batch = EventBatch(
            site=self.site.id,
            node=node,
            epoch="e" * 16,
            held_from=1,
            start="5" * 16,
            boot="b" * 16,
            sent_at=at,
            sent_uptime_s=self._uptime_s(),
            records=(record,),
        )
        self.clock.at = at
        self.gateway.receive(NodeTopics(self.site.id, node).up("events"), encode(batch))

    def _uptime_s(self) -> float:
        return 1_000_000 + self.minute * 60


def _memory() -> str | None:
    """Where a ledger costs no disk."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # of one test, made by mkdtemp


def _empty_ledger() -> Path:
    global _empty  # noqa: PLW0603  # migrated once for all sequences
    if _empty is None:
        _empty = Path(tempfile.mkdtemp(prefix="bookings-")) / "empty.sqlite"
        ledger = SqlLedger(f"sqlite:///{_empty}")
        ledger.close()
    return _empty


_empty: Path | None = None

TestTown = Town.TestCase
TestTown.settings = settings(
    max_examples=int(os.environ.get("BOOKING_SEQUENCES", "15")),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
