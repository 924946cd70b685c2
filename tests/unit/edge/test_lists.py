"""Which access lists a node takes."""

from contextlib import suppress
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from edge.lists import AccessKeeper, ListRefused
from protocol.access import AccessList, AccessPatch, Rights
from protocol.base import MAX_MESSAGE_BYTES
from protocol.sealing import seal, sealing_text
from tests.unit.edge.fakes import NINE, HandClock, ListStoreInMemory
from tests.unit.edge.gateway_side import (
    ANA,
    BEN,
    NODE,
    NODE_KEY,
    SITE,
    TRUST,
    card_keys,
    kept,
    listing,
    patch,
    signed,
    tampered,
)
from tests.unit.edge.virtual_time import run_virtually


class Desk:
    """A keeper, and what lies in its store after each list."""

    def __init__(self, held: AccessList | None = None, clock: HandClock | None = None) -> None:
        self.clock = clock or HandClock()
        self.store = ListStoreInMemory(kept(held))
        self._start()

    def _start(self) -> None:
        self.keys = card_keys()
        self.keeper = AccessKeeper(TRUST, self.store, self.keys, self.clock)
        self.keeper.load()

    def take(self, payload: bytes, *, retained: bool = False) -> bool:
        return run_virtually(self._take(payload, retained=retained))

    def patch(self, payload: bytes) -> bool:
        return run_virtually(self._patch(payload))

    def beat(self) -> None:
        run_virtually(self.keeper.keep_floor())

    def restart(self, *, off_s: float = 1.0, boot: str | None = None) -> None:
        """Start the process again; with `boot` the machine, whose clock then goes on from where it was."""
        if boot is None:
            self.clock.pass_s(off_s)
        else:
            self.clock.boot, self.clock.up_s = boot, off_s
        self._start()

    async def _take(self, payload: bytes, *, retained: bool) -> bool:
        taken = self.keeper.take_list(payload, retained=retained)
        await self.keeper.saved()
        return taken

    async def _patch(self, payload: bytes) -> bool:
        taken = self.keeper.take_patch(payload)
        await self.keeper.saved()
        return taken


def test_a_signed_list_is_held_and_saved() -> None:
    desk = Desk()
    assert desk.keeper.revision == 0
    assert desk.take(signed(listing(4)))
    assert desk.keeper.held == listing(4)
    assert desk.store.saved == kept(listing(4))


def test_a_saved_list_is_taken_up_again() -> None:
    assert Desk(listing(4)).keeper.revision == 4


def loaded(*saved: bytes, damaged: bool = False) -> AccessKeeper:
    """Return a keeper that has tried to take up what was saved."""
    keeper = AccessKeeper(TRUST, ListStoreInMemory(saved, damaged=damaged), card_keys(), HandClock())
    with suppress(ListRefused):
        keeper.load()
    return keeper


def test_a_list_that_cannot_be_read_is_reported_and_none_is_held() -> None:
    keeper = AccessKeeper(TRUST, ListStoreInMemory(damaged=True), card_keys(), HandClock())
    with pytest.raises(ListRefused, match="unreadable"):
        keeper.load()
    assert keeper.held is None


def test_a_saved_list_that_says_other_than_the_gateway_signed_is_reported_and_not_held() -> None:
    keeper = AccessKeeper(TRUST, ListStoreInMemory((tampered(signed(listing(4))),)), card_keys(), HandClock())
    with pytest.raises(ListRefused, match=r"damaged: .*not signed"):
        keeper.load()
    assert keeper.held is None


def test_no_byte_of_a_saved_list_can_change_and_the_list_be_held() -> None:
    saved = signed(listing(4))
    for place in range(len(saved)):
        changed = bytearray(saved)
        changed[place] ^= 1
        held = loaded(bytes(changed)).held
        assert held is None or held == listing(4), changed


def test_a_list_whose_patch_is_damaged_is_not_held_for_it_would_grant_what_was_taken_away() -> None:
    revoked = signed(patch(4, 5, {ANA: None}))
    assert loaded(signed(listing(4)), revoked).revision == 5
    assert loaded(signed(listing(4)), revoked[:-9]).held is None


def test_a_saved_list_is_taken_up_with_its_patches_and_patched_further() -> None:
    desk = Desk(listing(4))
    desk.patch(signed(patch(4, 5, {BEN: Rights(sets=(1,), member=True)})))
    desk.restart()
    desk.patch(signed(patch(5, 6, {ANA: None})))
    held = desk.keeper.held
    desk.restart()
    assert (desk.keeper.revision, desk.keeper.held) == (6, held)


def test_a_newer_list_replaces_the_one_held() -> None:
    desk = Desk(listing(4))
    assert desk.take(signed(listing(5, credential=BEN)))
    assert desk.keeper.held == listing(5, credential=BEN)


def test_the_list_that_is_held_is_not_taken_twice() -> None:
    assert not Desk(listing(4)).take(signed(listing(4)))


def test_an_older_list_is_refused() -> None:
    desk = Desk(listing(4))
    with pytest.raises(ListRefused, match="older than revision 4") as refusal:
        desk.take(signed(listing(3)))
    assert (refusal.value.revision, desk.keeper.revision) == (3, 4)


def test_an_older_list_that_the_broker_kept_is_passed_over() -> None:
    desk = Desk(listing(4))
    assert not desk.take(signed(listing(3)), retained=True)
    assert desk.keeper.revision == 4


def test_a_list_that_was_tampered_with_is_refused() -> None:
    with pytest.raises(ListRefused, match="not signed"):
        Desk().take(tampered(signed(listing(4))))


def test_a_command_cannot_pass_for_a_list() -> None:
    with pytest.raises(ListRefused, match="signed as command"):
        Desk().take(signed(listing(4), "command"))


@pytest.mark.parametrize(
    ("site", "node"), [("le-petit-voisin", "ss-entrance"), ("sceaux-smart", "ss-garden")]
)
def test_a_list_for_another_node_is_refused(site: str, node: str) -> None:
    with pytest.raises(ListRefused, match=f"made for {site}/{node}") as refusal:
        Desk().take(signed(listing(4, site=site, node=node)))
    assert refusal.value.revision == 4


def test_a_list_that_names_missing_window_sets_is_refused() -> None:
    with pytest.raises(ListRefused, match="window sets"):
        Desk().take(signed(listing(4, sets=(1, 2))))


@pytest.mark.parametrize("payload", [b"", b"{}", b"\xff\xfe", b"[1]", b"x" * (MAX_MESSAGE_BYTES + 1)])
def test_what_is_no_message_is_refused(payload: bytes) -> None:
    with pytest.raises(ListRefused):
        Desk().take(payload)


def test_a_signed_body_that_is_no_list_is_refused() -> None:
    with pytest.raises(ListRefused, match="bad_field"):
        Desk().take(signed(patch(4, 5, {}), "access_list"))


def test_a_patch_of_the_held_list_is_applied_and_saved() -> None:
    desk = Desk(listing(4))
    assert desk.patch(signed(patch(4, 5, {ANA: None, BEN: Rights(sets=(1,), member=True)})))
    assert desk.keeper.revision == 5
    assert desk.keeper.held is not None
    assert list(desk.keeper.held.credentials) == [BEN]
    assert desk.store.saved == kept(listing(4), patch(4, 5, {ANA: None, BEN: Rights(sets=(1,), member=True)}))


def test_a_patch_that_the_list_has_is_passed_over() -> None:
    assert not Desk(listing(5)).patch(signed(patch(4, 5, {ANA: None})))


def test_a_patch_that_was_recorded_gives_nobody_back_what_a_later_one_took() -> None:
    desk = Desk(listing(4, credential=BEN))
    recorded = signed(patch(4, 5, {ANA: Rights(sets=(1,), member=True)}))
    desk.patch(recorded)
    desk.patch(signed(patch(5, 6, {ANA: None})))
    for _ in range(2):
        with pytest.raises(ListRefused, match="older than revision 6"):
            desk.patch(recorded)
        assert desk.keeper.held is not None
        assert list(desk.keeper.held.credentials) == [BEN]
        desk.restart()


def test_a_list_that_was_recorded_is_refused_after_a_restart_too() -> None:
    desk = Desk()
    desk.take(signed(listing(4)))
    desk.take(signed(listing(5, credential=BEN)))
    desk.restart()
    with pytest.raises(ListRefused, match="older than revision 5"):
        desk.take(signed(listing(4)))
    assert desk.keeper.held == listing(5, credential=BEN)


def test_a_patch_of_another_list_is_refused() -> None:
    desk = Desk(listing(4))
    with pytest.raises(ListRefused) as refusal:
        desk.patch(signed(patch(5, 6, {ANA: None})))
    assert (refusal.value.revision, desk.keeper.held) == (6, listing(4))


def test_a_patch_without_a_list_is_refused() -> None:
    with pytest.raises(ListRefused, match="no list is held"):
        Desk().patch(signed(patch(4, 5, {})))


def test_a_patch_for_another_node_is_refused() -> None:
    with pytest.raises(ListRefused, match="made for"):
        Desk(listing(4)).patch(signed(patch(4, 5, {ANA: None}, node="ss-garden")))


def test_a_clock_that_is_in_step_is_trusted() -> None:
    assert Desk(listing(4)).keeper.clock_trusted()


def test_a_clock_that_is_out_of_step_is_not_trusted() -> None:
    desk = Desk(listing(4))
    desk.clock.in_step = False
    assert not desk.keeper.clock_trusted()


def test_a_clock_that_was_set_back_behind_the_list_is_not_trusted() -> None:
    desk = Desk()
    desk.take(signed(listing(4)))
    desk.clock.pass_s(3600)
    assert desk.keeper.clock_trusted()
    desk.clock.at = NINE
    assert not desk.keeper.clock_trusted()


def set_back_a_day(desk: Desk) -> None:
    desk.clock.at -= timedelta(days=1)


def test_a_clock_set_back_after_thirty_hours_gets_no_list_its_time_back() -> None:
    desk = Desk()
    desk.take(signed(listing(4)))
    desk.clock.pass_s(30 * 3600)
    set_back_a_day(desk)
    assert not desk.keeper.clock_trusted()


def test_starting_the_process_again_gives_no_time_back() -> None:
    desk = Desk()
    desk.take(signed(listing(4)))
    desk.clock.pass_s(30 * 3600)
    desk.beat()
    desk.restart()
    assert desk.keeper.clock_trusted()
    set_back_a_day(desk)
    assert not desk.keeper.clock_trusted()


def test_switching_the_node_off_and_on_gives_no_time_back() -> None:
    desk = Desk()
    desk.take(signed(listing(4)))
    desk.clock.pass_s(30 * 3600)
    desk.beat()
    set_back_a_day(desk)
    desk.restart(boot="c" * 16)
    assert not desk.keeper.clock_trusted()


def test_a_newer_list_that_was_issued_hours_ago_lowers_no_floor() -> None:
    desk = Desk()
    desk.take(signed(listing(4)))
    desk.clock.pass_s(5 * 3600)
    desk.take(signed(listing(5)))
    desk.clock.at = NINE
    assert not desk.keeper.clock_trusted()


def test_a_gateway_whose_clock_had_been_ahead_takes_its_word_back() -> None:
    desk = Desk()
    desk.take(signed(listing(4, issued_at=NINE + timedelta(days=1))))
    assert not desk.keeper.clock_trusted()
    desk.take(signed(listing(5)))
    assert desk.keeper.clock_trusted()


def test_a_time_floor_that_cannot_be_read_leaves_the_saved_lists_own() -> None:
    store = ListStoreInMemory(kept(listing(4)), floor_damaged=True)
    clock = HandClock()
    keeper = AccessKeeper(TRUST, store, card_keys(), clock)
    keeper.load()
    assert keeper.clock_trusted()
    clock.at -= timedelta(hours=1)
    assert not keeper.clock_trusted()


def test_a_list_that_is_issued_in_the_future_is_refused_where_signed_time_has_borne_the_clock_out() -> None:
    desk = Desk()
    desk.take(signed(listing(4)))
    with pytest.raises(ListRefused, match=r"issued 3600 s in the future .* set the gateway's clock right"):
        desk.take(signed(listing(5, issued_at=NINE + timedelta(hours=1))))
    assert desk.keeper.held == listing(4)
    assert desk.keeper.clock_trusted()


def test_a_clock_that_was_set_back_refuses_no_list_for_being_ahead_of_it() -> None:
    desk = Desk()
    desk.take(signed(listing(4)))
    set_back_a_day(desk)
    assert desk.take(signed(listing(5)))
    assert not desk.keeper.clock_trusted()


def test_a_list_from_the_future_makes_the_clock_untrustworthy() -> None:
    desk = Desk()
    desk.take(signed(listing(4, issued_at=NINE + timedelta(minutes=5))))
    assert not desk.keeper.clock_trusted()


def sealed(keys: dict[str, bytes], revision: int, key: X25519PrivateKey = NODE_KEY) -> dict[str, str]:
    return {"card_keys": seal(key.public_key(), keys, SITE, NODE, revision)}


def keyed(keys: dict[str, bytes], revision: int = 4, key: X25519PrivateKey = NODE_KEY) -> AccessList:
    sealed_to = {"sealed_to": sealing_text(key.public_key())}
    return listing(4).model_copy(update=sealed(keys, revision, key) | sealed_to)


KEYED = keyed({ANA: b"A" * 16})
TOGETHER: dict[str, Rights | None] = {BEN: Rights(sets=(1,), member=True, aes=True)}


def with_ben(revision: int = 5) -> AccessPatch:
    return patch(revision - 1, revision, TOGETHER).model_copy(update=sealed({BEN: b"B" * 16}, revision))


def test_card_keys_come_with_the_list_and_its_patches() -> None:
    desk = Desk()
    desk.take(signed(KEYED))
    assert (desk.keys.of(ANA), desk.keys.of(BEN)) == (b"A" * 16, None)
    desk.patch(signed(with_ben()))
    assert (desk.keys.of(ANA), desk.keys.of(BEN)) == (b"A" * 16, b"B" * 16)


def test_a_patch_that_takes_a_credential_away_takes_its_key() -> None:
    desk = Desk(KEYED)
    desk.patch(signed(patch(4, 5, {ANA: None})))
    assert desk.keys.of(ANA) is None


def test_a_whole_list_replaces_all_card_keys() -> None:
    desk = Desk(KEYED)
    desk.take(signed(listing(5)))
    assert desk.keys.of(ANA) is None


def test_card_keys_survive_a_restart_with_those_of_the_patches() -> None:
    desk = Desk(KEYED)
    desk.patch(signed(with_ben()))
    desk.restart()
    assert (desk.keys.of(ANA), desk.keys.of(BEN)) == (b"A" * 16, b"B" * 16)


def test_no_card_key_stands_open_on_the_disk() -> None:
    desk = Desk()
    desk.take(signed(KEYED))
    assert not any(b"A" * 16 in message or b"41" * 16 in message for message in desk.store.saved)


def test_a_list_whose_card_keys_do_not_open_is_held_as_one_without() -> None:
    desk = Desk()
    desk.take(signed(keyed({ANA: b"A" * 16}, key=X25519PrivateKey.generate())))
    assert desk.keeper.revision == 4
    assert desk.keeper.held is not None
    assert desk.keeper.held.sealed_to is None
    assert desk.keys.of(ANA) is None


def test_card_keys_of_another_revision_do_not_open() -> None:
    desk = Desk()
    desk.take(signed(keyed({ANA: b"A" * 16}, revision=3)))
    assert desk.keys.of(ANA) is None
