from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.access import patch_between
from gateway.domain.bookings import Booking
from gateway.domain.people import Member, Plan, Suspension
from gateway.domain.privatisation import Privatisation
from gateway.domain.rights import CompartmentGrant
from protocol.access import Denied, Granted
from protocol.site import Door, Weekday
from tests.unit.gateway.domain.books import NOW, World
from tests.unit.gateway.domain.building import (
    LONG_AGO,
    NEIGHBOUR,
    SITE,
    booking,
    credential,
    member,
    ref,
)

HOUR = timedelta(hours=1)

_HOURS = st.integers(-30, 60).map(lambda hours: NOW + hours * HOUR)
_EVER_SINCE = st.just(LONG_AGO) | _HOURS
_FOR_EVER = st.none() | _HOURS
_DAYS_COME = st.frozensets(st.integers(15, 25).map(lambda day: date(2026, 11, day)), max_size=11)
_SPACES = st.sampled_from(["meeting-1", "office-1", "office-2", "floor"])


@st.composite
def _worlds(draw: st.DrawFn) -> World:
    plan = st.sampled_from(get_args(Plan))
    office = st.sampled_from([None, "office-1", "office-2", "studio"])
    sites = st.sampled_from([(SITE.id,), (NEIGHBOUR.id,), (SITE.id, NEIGHBOUR.id)])
    who = st.integers(0, 4)
    return World(
        [
            member(
                n,
                draw(plan),
                sites=draw(sites),
                office=draw(office),
                since=draw(_EVER_SINCE),
                until=draw(_FOR_EVER),
            )
            for n in range(5)
        ],
        [
            replace(
                credential(n, since=draw(_EVER_SINCE), revoked_at=draw(_FOR_EVER)), member=f"m-{draw(who)}"
            )
            for n in range(6)
        ],
        [
            booking(
                n,
                draw(_HOURS),
                draw(st.integers(1, 5)),
                space=draw(_SPACES),
                who=draw(who),
                status=draw(st.sampled_from(["confirmed", "confirmed", "cancelled"])),
                site=draw(st.sampled_from([SITE.id, SITE.id, NEIGHBOUR.id])),
            )
            for n in range(draw(st.integers(0, 5)))
        ],
        [
            CompartmentGrant(
                SITE.id,
                draw(st.sampled_from(["loan-1", "parcel-1"])),
                f"m-{draw(who)}",
                f"loan:{n}",
                draw(_HOURS),
                draw(_HOURS),
            )
            for n in range(draw(st.integers(0, 4)))
        ],
        [
            Suspension(f"u-{n}", f"m-{draw(who)}", draw(_HOURS), draw(_FOR_EVER), "unpaid")
            for n in range(draw(st.integers(0, 2)))
        ],
        {f"m-{n}": draw(_DAYS_COME) for n in range(5)},
        privatisations=[
            Privatisation(
                f"p-{n}",
                SITE.id,
                draw(st.sampled_from([(), ("meeting-1", "office-1"), ("floor",)])),
                f"m-{draw(who)}",
                draw(_HOURS),
                draw(_HOURS),
                draw(st.sampled_from(["confirmed", "confirmed", "cancelled"])),
                None,
                (f"m-{draw(who)}",),
            )
            for n in range(draw(st.integers(0, 2)))
        ],
    )


def slow_oracle(world: World, holder_ref: str, point: str, at: datetime) -> set[str]:
    """Name every right by which `holder_ref` may pass `point` at `at`, straight from the books."""
    names: set[str] = set()
    for held in world.credentials:
        if held.ref != holder_ref or not held.held_at(at):
            continue
        person = next(m for m in world.members if m.id == held.member)
        if at < person.since or (person.until is not None and at >= person.until):
            continue
        if any(
            u.member == person.id and u.since <= at and (not u.until or at < u.until)
            for u in world.suspensions
        ):
            continue
        door = next((door for door in SITE.doors if door.id == point), None)
        if door is not None:
            names |= _by_hire(world, person, door, at)
            if _hired(world, door, at) and person.plan != "staff":
                continue
            names |= _by_plan(world, person, door, at) | _by_booking(world.bookings, person, door, at)
        names |= {
            grant.why
            for grant in world.grants
            if grant.member == person.id and grant.compartment == point and grant.start <= at < grant.end
        }
    return names


def _by_plan(world: World, person: Member, door: Door, at: datetime) -> set[str]:
    if SITE.id not in person.sites or person.plan == "guest":
        return set()
    if person.plan == "staff":
        return {"staff"}
    local = at.astimezone(SITE.zone)
    if person.plan == "student" and (local.weekday() > 4 or not time(13) <= local.time() < time(20)):
        return set()
    come = world.days_come.get(person.id, frozenset())
    if person.plan == "part-time" and len(come) >= 8 and local.date() not in come:
        return set()
    hours = SITE.opening.get(get_args(Weekday)[local.weekday()])
    bookable = next(space.bookable for space in SITE.spaces if space.id == door.space)
    common = door.perimeter or not bookable
    names = {"member"} if hours and common and hours.opens <= local.time() < hours.closes else set()
    if person.plan == "resident" and person.office in {"office-1", "office-2"}:
        names |= {f"resident:{person.office}"} if door.perimeter or door.space == person.office else set()
    return names


def _hired(world: World, door: Door, at: datetime) -> bool:
    return any(
        each.status == "confirmed"
        and each.starts_at <= at < each.ends_at
        and (not each.spaces or (door.space in each.spaces and not door.perimeter))
        for each in world.privatisations
    )


def _by_hire(world: World, person: Member, door: Door, at: datetime) -> set[str]:
    margin = timedelta(minutes=10)
    return {
        f"privatisation:{each.id}"
        for each in world.privatisations
        if each.status == "confirmed"
        and person.id in {each.organiser, *each.guests}
        and (door.perimeter or not each.spaces or door.space in each.spaces)
        and each.starts_at - margin <= at < each.ends_at + margin
    }


def _by_booking(bookings: Sequence[Booking], person: Member, door: Door, at: datetime) -> set[str]:
    margin = timedelta(minutes=10)
    return {
        f"booking:{b.id}"
        for b in bookings
        if b.member == person.id
        and b.site == SITE.id
        and b.status == "confirmed"
        and (door.perimeter or door.space == b.space)
        and b.starts_at - margin <= at < b.ends_at + margin
    }


@given(_worlds(), st.data())
@settings(max_examples=150)
def test_a_compiled_list_decides_as_the_books_do(world: World, data: st.DataObject) -> None:
    points = {
        "ss-entrance": ["entrance"],
        "ss-offices-a": ["office-1-door", "office-2-door"],
        "ss-meeting-1": ["meeting-1-door"],
        "ss-loans": ["loan-1", "loan-2"],
    }
    node = data.draw(st.sampled_from(sorted(points)))
    access = world.compile(node)
    minutes = st.sampled_from(range(0, 36 * 60, 10)) | st.integers(0, 36 * 60 - 1)
    for minute in data.draw(st.lists(minutes, min_size=20, max_size=20)):
        at = NOW + timedelta(minutes=minute)
        for point in points[node]:
            for number in range(6):
                decision = access.decide(ref(number), point, at)
                names = slow_oracle(world, ref(number), point, at)
                assert isinstance(decision, Granted) == bool(names)
                assert isinstance(decision, Denied) or decision.why in names


@given(
    _worlds(), _worlds(), st.integers(0, 359), st.sampled_from(["ss-entrance", "ss-offices-a", "ss-loans"])
)
@settings(max_examples=150)
def test_a_patch_makes_the_new_list_of_the_old(before: World, after: World, minutes: int, node: str) -> None:
    old = before.compile(node)
    new = after.compile(node, NOW + timedelta(minutes=minutes), old)
    patch = patch_between(old, new)
    if patch is None:
        assert new == old.model_copy(update={"revision": new.revision})
    else:
        assert old.apply(patch) == new


@given(_worlds(), st.integers(0, 359))
@settings(max_examples=100)
def test_who_may_pass_now_is_the_same_in_an_amended_list_and_in_a_new_one(world: World, minutes: int) -> None:
    now = NOW + timedelta(minutes=minutes)
    amended = world.compile(now=now, previous=World([], []).compile())
    fresh = world.compile(now=now)
    for number in range(6):
        decisions = [access.decide(ref(number), "entrance", now) for access in (amended, fresh)]
        assert isinstance(decisions[0], Granted) == isinstance(decisions[1], Granted)
