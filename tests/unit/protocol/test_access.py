from datetime import UTC, datetime, timedelta

import pytest

from protocol.access import AccessList, AccessPatch, Denied, Granted, PatchRefused, Rights, Window
from protocol.events import Assurance

EIGHT = datetime(2026, 11, 24, 8, tzinfo=UTC)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ANA = "c_" + "a" * 32
BOB = "c_" + "b" * 32


def access_list(**changes: object) -> AccessList:
    whole = {
        "site": "sceaux-smart",
        "node": "ss-entrance",
        "revision": 7,
        "issued_at": EIGHT,
        "horizon": EIGHT + timedelta(hours=48),
        "expires_at": EIGHT + timedelta(hours=36),
        "on_stale": {"entrance": "members", "garden": "open", "office": "deny"},
        "sets": {1: (Window(point="entrance", start=EIGHT, end=NOON, why="member"),)},
        "credentials": {ANA: Rights(sets=(1,), member=True)},
    }
    return AccessList.model_validate(whole | changes)


def test_a_right_opens_its_door_and_says_why() -> None:
    assert access_list().decide(ANA, "entrance", EIGHT) == Granted("member")


def test_a_pass_that_has_ended_is_refused() -> None:
    assert access_list().decide(ANA, "entrance", NOON) == Denied("ended")


def test_a_pass_that_begins_later_says_when() -> None:
    early = EIGHT - timedelta(minutes=1)
    assert access_list().decide(ANA, "entrance", early) == Denied("too_early", opens_at=EIGHT)


def test_an_unknown_card_is_refused() -> None:
    assert access_list().decide(BOB, "entrance", EIGHT) == Denied("unknown_credential")


def test_a_right_at_one_door_is_none_at_another() -> None:
    assert access_list().decide(ANA, "garden", EIGHT) == Denied("no_right_here")


@pytest.mark.parametrize(
    ("credential", "point", "decision"),
    [
        (ANA, "entrance", Granted("stale:member", stale=True)),
        (BOB, "entrance", Denied("list_expired", stale=True)),
        (BOB, "garden", Granted("stale:open", stale=True)),
        (ANA, "office", Denied("list_expired", stale=True)),
        (ANA, "compartment-nobody-listed", Denied("list_expired", stale=True)),
    ],
)
def test_an_expired_list_falls_back_to_what_each_door_says(
    credential: str, point: str, decision: Granted | Denied
) -> None:
    expired = EIGHT + timedelta(hours=36)
    assert access_list().decide(credential, point, expired) == decision


def test_a_clock_that_is_not_trusted_makes_the_list_stale() -> None:
    decision = access_list().decide(ANA, "office", EIGHT, clock_trusted=False)
    assert decision == Denied("list_expired", stale=True)


def patch(**changes: object) -> AccessPatch:
    whole = {
        "site": "sceaux-smart",
        "node": "ss-entrance",
        "base": 7,
        "revision": 8,
        "sets": {2: (Window(point="entrance", start=EIGHT, end=NOON, why="booking:b-1"),)},
        "credentials": {BOB: Rights(sets=(2,), member=False)},
    }
    return AccessPatch.model_validate(whole | changes)


def test_a_patch_gives_a_right() -> None:
    patched = access_list().apply(patch())
    assert patched.revision == 8
    assert patched.decide(BOB, "entrance", EIGHT) == Granted("booking:b-1")
    assert patched.decide(ANA, "entrance", EIGHT) == Granted("member")


def test_a_patch_takes_a_credential_away_with_the_sets_only_it_used() -> None:
    patched = access_list().apply(patch(sets={}, credentials={ANA: None}))
    assert patched.decide(ANA, "entrance", EIGHT) == Denied("unknown_credential")
    assert patched.sets == {}


@pytest.mark.parametrize(
    "wrong", [{"base": 6}, {"node": "ss-garden"}, {"site": "le-petit-voisin"}, {"sets": {}}]
)
def test_a_patch_for_another_list_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(PatchRefused):
        access_list().apply(patch(**wrong))


def test_a_door_that_asks_for_proof_refuses_a_card_known_by_its_number_alone() -> None:
    asking = access_list(assurance={"entrance": "aes"})
    assert asking.decide(ANA, "entrance", EIGHT) == Denied("assurance_too_low")
    assert asking.decide(ANA, "entrance", EIGHT, assurance="aes") == Granted("member")


def test_a_door_that_asks_for_no_proof_takes_one() -> None:
    assert access_list().decide(ANA, "entrance", EIGHT, assurance="aes") == Granted("member")


def test_proof_gives_no_right() -> None:
    asking = access_list(assurance={"entrance": "aes"})
    assert asking.decide(BOB, "entrance", EIGHT, assurance="aes") == Denied("unknown_credential")
    assert asking.decide(ANA, "entrance", NOON, assurance="aes") == Denied("ended")


@pytest.mark.parametrize(
    ("assurance", "decision"),
    [
        ("uid", Denied("assurance_too_low", stale=True)),
        ("aes", Granted("stale:member", stale=True)),
    ],
)
def test_an_expired_list_asks_for_no_less_proof(assurance: Assurance, decision: Granted | Denied) -> None:
    asking = access_list(assurance={"entrance": "aes"})
    late = EIGHT + timedelta(hours=36)
    assert asking.decide(ANA, "entrance", late, assurance=assurance) == decision


def test_a_door_that_stands_open_to_all_when_the_list_has_expired_asks_for_no_proof() -> None:
    asking = access_list(assurance={"garden": "aes"})
    assert asking.decide(ANA, "garden", EIGHT + timedelta(hours=36)) == Granted("stale:open", stale=True)


def test_a_card_that_has_a_key_counts_for_nothing_by_its_number_where_it_can_be_asked() -> None:
    keyed = {ANA: Rights(sets=(1,), member=True, aes=True)}
    asked = access_list(credentials=keyed, sealed_to="A" * 43 + "=")
    assert asked.decide(ANA, "entrance", EIGHT) == Denied("assurance_too_low")
    assert asked.decide(ANA, "entrance", EIGHT, assurance="aes") == Granted("member")
    assert access_list(credentials=keyed).decide(ANA, "entrance", EIGHT) == Granted("member")


STAFF = "c_" + "5" * 32


def in_mode(mode: str, **window: object) -> AccessList:
    door = {"mode": mode, "start": EIGHT, **window}
    staff = {2: (Window(point="entrance", start=EIGHT, end=EIGHT + timedelta(hours=48), why="staff"),)}
    return access_list(
        modes={"entrance": (door,)},
        sets={1: (Window(point="entrance", start=EIGHT, end=NOON, why="member"),), **staff},
        credentials={ANA: Rights(sets=(1,), member=True), STAFF: Rights(sets=(2,), member=True)},
    )


def test_in_a_lockdown_staff_alone_come_in() -> None:
    locked = in_mode("lockdown")
    assert locked.decide(ANA, "entrance", EIGHT) == Denied("lockdown")
    assert locked.decide(BOB, "entrance", EIGHT) == Denied("lockdown")
    assert locked.decide(STAFF, "entrance", EIGHT) == Granted("staff")


@pytest.mark.parametrize("on_stale", ["deny", "members", "open"])
def test_a_lockdown_outlasts_the_list_and_any_clock(on_stale: str) -> None:
    locked = in_mode("lockdown").model_copy(update={"on_stale": {"entrance": on_stale}})
    expired = EIGHT + timedelta(hours=36)
    assert locked.decide(ANA, "entrance", expired) == Denied("lockdown", stale=True)
    in_1970 = datetime(1970, 1, 1, tzinfo=UTC)
    assert locked.decide(ANA, "entrance", in_1970, clock_trusted=False) == Denied("lockdown", stale=True)


def test_in_free_passage_a_right_counts_and_nobody_needs_one() -> None:
    free = in_mode("free_passage", end=NOON)
    assert free.decide(ANA, "entrance", EIGHT) == Granted("member")
    assert free.decide(BOB, "entrance", EIGHT) == Granted("free_passage")
    assert free.decide(BOB, "entrance", NOON) == Denied("unknown_credential")


def test_free_passage_ends_with_the_list_that_said_it() -> None:
    free = in_mode("free_passage", end=EIGHT + timedelta(hours=48))
    expired = EIGHT + timedelta(hours=36)
    assert free.decide(BOB, "entrance", expired) == Denied("list_expired", stale=True)
    assert free.decide(BOB, "entrance", EIGHT, clock_trusted=False) == Denied("list_expired", stale=True)


def test_a_lockdown_comes_before_free_passage() -> None:
    both = access_list(
        modes={"entrance": ({"mode": "free_passage", "start": EIGHT}, {"mode": "lockdown", "start": EIGHT})}
    )
    assert both.decide(ANA, "entrance", EIGHT) == Denied("lockdown")


def test_who_has_a_right_to_a_full_space_is_told_that_it_is_full() -> None:
    full = in_mode("full")
    assert full.decide(ANA, "entrance", EIGHT) == Denied("full")
    assert full.decide(BOB, "entrance", EIGHT) == Denied("unknown_credential")
    assert full.decide(STAFF, "entrance", EIGHT) == Granted("staff")


def test_a_key_that_is_expected_changes_nothing_for_badges() -> None:
    expected = in_mode("key_expected", end=NOON)
    assert expected.decide(ANA, "entrance", EIGHT) == Granted("member")
    assert expected.decide(BOB, "entrance", EIGHT) == Denied("unknown_credential")


def test_a_patch_puts_doors_into_modes_and_takes_them_out() -> None:
    window = {"mode": "lockdown", "start": EIGHT}
    locked = access_list().apply(patch(modes={"entrance": (window,)}))
    assert locked.decide(ANA, "entrance", EIGHT) == Denied("lockdown")
    lifted = locked.apply(patch(base=8, revision=9, modes={"entrance": ()}))
    assert lifted.decide(ANA, "entrance", EIGHT) == Granted("member")
    assert lifted.modes == {}


def slow(relock_after_s: float | None) -> AccessList:
    return access_list(credentials={ANA: Rights(sets=(1,), member=True, relock_after_s=relock_after_s)})


def test_who_walks_slowly_is_let_in_for_longer_also_by_a_stale_list() -> None:
    assert slow(30).decide(ANA, "entrance", EIGHT) == Granted("member", relock_after_s=30)
    late = slow(30).decide(ANA, "garden", EIGHT + timedelta(hours=36))
    assert late == Granted("stale:open", stale=True, relock_after_s=30)
    assert slow(30).decide(ANA, "garden", EIGHT) == Denied("no_right_here")


def test_rights_of_who_walks_as_everybody_are_written_as_they_always_were() -> None:
    assert "relock_after_s" not in slow(None).model_dump_json()
    assert AccessList.model_validate_json(slow(12.5).model_dump_json()) == slow(12.5)


@pytest.mark.parametrize("seconds", [0, -1, 60.1, float("inf"), float("nan")])
def test_nobody_has_a_door_for_longer_than_a_minute(seconds: float) -> None:
    with pytest.raises(ValueError, match="relock_after_s"):
        slow(seconds)
