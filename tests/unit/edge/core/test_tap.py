"""What a tap leads to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.tap import Tap, at_bank, at_door
from protocol.access import AccessList, OnStale, Rights, Window
from protocol.events import Direction
from protocol.modes import Mode, ModeWindow

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
ANA, BEN = "c_" + "a" * 32, "c_" + "b" * 32
COMPARTMENTS = ("loan-1", "loan-2", "loan-3")


def window(point: str, from_h: float, to_h: float, why: str = "member") -> Window:
    return Window(
        point=point, start=NINE + timedelta(hours=from_h), end=NINE + timedelta(hours=to_h), why=why
    )


ANYBODY = Rights(sets=(1,), member=True)


def listing(*windows: Window, on_stale: OnStale = "deny", expires_h: float = 36) -> AccessList:
    """Return a list, issued at eight, with Ana and these windows of hers."""
    return AccessList(
        site="s",
        node="n",
        revision=4,
        issued_at=NINE - timedelta(hours=1),
        horizon=NINE + timedelta(hours=48),
        expires_at=NINE + timedelta(hours=expires_h),
        on_stale={"entrance": on_stale},
        sets={1: windows},
        credentials={ANA: Rights(sets=(1,), member=True)},
    )


def tap(credential: str = ANA) -> Tap:
    return Tap(credential, "in", NINE, clock_trusted=True)


def leaving(credential: str = ANA) -> Tap:
    return replace(tap(credential), direction="out")


def test_a_right_that_holds_now_opens_the_door_and_says_why() -> None:
    verdict = at_door(tap(), listing(window("entrance", -1, 1)), "entrance")
    assert verdict.lock == "entrance"
    assert verdict.event.model_dump() == {
        "type": "BadgePresented",
        "point": "entrance",
        "direction": "in",
        "credential": ANA,
        "assurance": "uid",
        "granted": True,
        "reason": "granted",
        "why": "member",
        "list_revision": 4,
        "list_age_s": 3600,
        "stale": False,
        "free_passage": False,
    }


def test_who_walks_slowly_has_more_time_on_the_way_in_and_on_the_way_out() -> None:
    slow = listing(window("entrance", -1, 1))
    slow = slow.model_copy(
        update={"credentials": {ANA: Rights(sets=(1,), member=True, relock_after_s=30), BEN: ANYBODY}}
    )
    assert [at_door(each, slow, "entrance").at_least_s for each in (tap(), leaving())] == [30, 30]
    assert [at_door(each, slow, "entrance").at_least_s for each in (tap(BEN), leaving(BEN))] == [0, 0]


def test_a_right_that_begins_later_does_not_open_the_door() -> None:
    verdict = at_door(tap(), listing(window("entrance", 1, 2)), "entrance")
    assert (verdict.lock, verdict.event.granted, verdict.event.reason) == (None, False, "too_early")
    assert verdict.event.why is None


def test_without_a_list_nobody_comes_in() -> None:
    event = at_door(tap(), None, "entrance").event
    assert (event.reason, event.list_revision, event.list_age_s) == ("no_list", 0, 0)


def test_a_list_that_has_expired_lets_members_in_where_the_door_says_so() -> None:
    expired = listing(on_stale="members", expires_h=-0.5)
    verdict = at_door(tap(), expired, "entrance")
    assert (verdict.lock, verdict.event.why, verdict.event.stale) == ("entrance", "stale:member", True)
    assert at_door(tap(BEN), expired, "entrance").event.reason == "list_expired"


def test_a_clock_that_cannot_be_trusted_makes_the_list_stale() -> None:
    untrusted = replace(tap(), clock_trusted=False)
    event = at_door(untrusted, listing(window("entrance", -1, 1)), "entrance").event
    assert (event.granted, event.reason, event.stale) == (False, "list_expired", True)


def test_a_clock_before_the_list_was_issued_gives_it_no_negative_age() -> None:
    assert at_door(replace(tap(), at=NINE - timedelta(days=1)), listing(), "entrance").event.list_age_s == 0


def test_whoever_the_list_knows_may_leave_without_any_right() -> None:
    verdict = at_door(leaving(), listing(), "entrance")
    assert (verdict.lock, verdict.event.why, verdict.event.direction) == ("entrance", "exit", "out")
    assert not verdict.event.stale


@pytest.mark.parametrize("trusted", [True, False])
def test_whoever_the_list_knows_may_leave_when_it_is_stale(trusted: bool) -> None:  # noqa: FBT001
    stale = replace(leaving(), clock_trusted=trusted)
    event = at_door(stale, listing(expires_h=-0.5), "entrance").event
    assert (event.granted, event.why, event.stale) == (True, "exit", True)


def test_an_unknown_card_does_not_open_the_way_out() -> None:
    verdict = at_door(leaving(BEN), listing(), "entrance")
    assert (verdict.lock, verdict.event.reason) == (None, "unknown_credential")


def test_without_a_list_whoever_is_inside_may_leave() -> None:
    event = at_door(leaving(BEN), None, "entrance").event
    assert (event.granted, event.why, event.stale) == (True, "exit", True)


def test_a_bank_opens_every_compartment_that_is_granted() -> None:
    rights = listing(window("loan-1", -1, 1, "loan:l-1"), window("loan-3", -1, 1, "loan:l-2"))
    verdicts = at_bank(tap(), rights, "loans", COMPARTMENTS)
    assert [(v.lock, v.event.point, v.event.why) for v in verdicts] == [
        ("loan-1", "loan-1", "loan:l-1"),
        ("loan-3", "loan-3", "loan:l-2"),
    ]


@pytest.mark.parametrize(
    ("windows", "reason"),
    [
        ([], "no_right_here"),
        ([window("loan-2", -2, -1)], "ended"),
        ([window("loan-2", -2, -1), window("loan-3", 1, 2)], "too_early"),
    ],
)
def test_a_bank_that_opens_nothing_gives_the_most_telling_reason_once(
    windows: list[Window], reason: str
) -> None:
    (verdict,) = at_bank(tap(), listing(*windows), "loans", COMPARTMENTS)
    assert (verdict.lock, verdict.event.point, verdict.event.reason) == (None, "loans", reason)


def test_a_bank_refuses_an_unknown_card() -> None:
    (verdict,) = at_bank(tap(BEN), listing(), "loans", COMPARTMENTS)
    assert verdict.event.reason == "unknown_credential"


def test_a_bank_without_compartments_opens_nothing() -> None:
    (verdict,) = at_bank(tap(), listing(), "loans", ())
    assert verdict.event.reason == "no_right_here"


def asking(*windows: Window, sealed_to: str | None = "A" * 43 + "=") -> AccessList:
    """Return a list whose entrance asks for proof, with card keys that came sealed."""
    return listing(*windows).model_copy(update={"assurance": {"entrance": "aes"}, "sealed_to": sealed_to})


def test_a_card_that_proved_itself_is_reported_so() -> None:
    event = at_door(replace(tap(), proof="aes"), asking(window("entrance", -1, 1)), "entrance").event
    assert (event.granted, event.assurance) == (True, "aes")


def test_a_door_that_asks_for_proof_refuses_a_bare_number() -> None:
    verdict = at_door(tap(), asking(window("entrance", -1, 1)), "entrance")
    assert (verdict.lock, verdict.event.reason) == (None, "assurance_too_low")


def test_where_the_node_has_no_card_keys_it_says_so() -> None:
    verdict = at_door(tap(), asking(window("entrance", -1, 1), sealed_to=None), "entrance")
    assert (verdict.lock, verdict.event.reason) == (None, "no_card_keys")


@pytest.mark.parametrize("direction", ["in", "out"])
def test_a_copy_opens_nothing_neither_coming_nor_going(direction: Direction) -> None:
    copy = replace(tap(), direction=direction, proof="failed")
    for access in (listing(window("entrance", -1, 1)), asking(window("entrance", -1, 1))):
        verdict = at_door(copy, access, "entrance")
        assert (verdict.lock, verdict.event.reason) == (None, "not_genuine")


def test_a_copy_opens_no_locker() -> None:
    copy = replace(tap(), proof="failed")
    (verdict,) = at_bank(copy, listing(window("loan-1", -1, 1)), "loans", COMPARTMENTS)
    assert (verdict.lock, verdict.event.reason) == (None, "not_genuine")


def test_a_known_card_may_leave_a_door_that_asks_for_proof_by_its_number() -> None:
    assert at_door(leaving(), asking(), "entrance").lock == "entrance"


def test_a_badge_at_a_door_of_free_passage_says_so() -> None:
    free = ModeWindow(mode="free_passage", start=NINE - timedelta(hours=1))
    access = listing().model_copy(update={"modes": {"entrance": (free,)}})
    verdict = at_door(tap(), access, "entrance")
    assert (verdict.lock, verdict.event.why, verdict.event.free_passage) == ("entrance", "free_passage", True)


@given(st.sampled_from(["lockdown", "full", "free_passage", "key_expected"]), st.booleans())
def test_no_mode_keeps_anybody_in_whom_the_list_knows(mode: Mode, trusted: bool) -> None:  # noqa: FBT001
    window_of = ModeWindow(mode=mode, start=NINE - timedelta(hours=1))
    access = listing(window("entrance", -3, -2)).model_copy(update={"modes": {"entrance": (window_of,)}})
    verdict = at_door(replace(tap(), direction="out", clock_trusted=trusted), access, "entrance")
    assert verdict.lock == "entrance"
