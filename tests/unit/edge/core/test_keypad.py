"""What is typed at a keypad becomes a code, and whoever guesses waits."""

from datetime import timedelta

import pytest

from edge.core.keypad import QUIET_S, CodeVerdict, KeypadMachine, at_keypad
from protocol.access import AccessList, OnStale, Rights, Window
from protocol.identifiers import pass_ref
from tests.unit.edge.fakes import NINE

CODE = pass_ref(bytes(32), "12345678")
ONCE = pass_ref(bytes(32), "87654321")
WRONG = pass_ref(bytes(32), "00000000")


def typed(machine: KeypadMachine, keys: str, at_s: float = 100.0) -> tuple[KeypadMachine, list[str]]:
    entered = []
    for key in keys:
        machine, code = machine.press(key, at_s)
        entered += [code] if code is not None else []
    return machine, entered


def listing(*, begins_h: float = -1, on_stale: OnStale = "deny") -> AccessList:
    window = Window(
        point="entrance",
        start=NINE + timedelta(hours=begins_h),
        end=NINE + timedelta(hours=2),
        why="pass:v-1",
    )
    return AccessList(
        site="s",
        node="n",
        revision=4,
        issued_at=NINE - timedelta(hours=1),
        horizon=NINE + timedelta(hours=48),
        expires_at=NINE + timedelta(hours=36),
        on_stale={"entrance": on_stale},
        sets={1: (window,)},
        credentials={
            CODE: Rights(sets=(1,), member=False),
            ONCE: Rights(sets=(1,), member=False, once=True),
        },
    )


def decided(
    ref: str,
    access: AccessList | None,
    *,
    door: str = "entrance",
    later_h: float = 0,
    spent: tuple[str, ...] = (),
) -> CodeVerdict:
    at = NINE + timedelta(hours=later_h)
    return at_keypad(ref, access, door, at, clock_trusted=True, spent=spent)


def test_digits_and_a_hash_are_a_code() -> None:
    assert typed(KeypadMachine(), "12345678#")[1] == ["12345678"]


def test_a_star_begins_again_and_letters_say_nothing() -> None:
    assert typed(KeypadMachine(), "99*1A2B3C45678D#")[1] == ["12345678"]


def test_a_hash_alone_is_no_try() -> None:
    assert typed(KeypadMachine(), "##12*#")[1] == []


def test_no_more_is_kept_of_endless_typing_than_shows_that_it_is_too_long() -> None:
    machine, entered = typed(KeypadMachine(), "1" * 1000)
    assert (len(machine.typed), entered) == (9, [])
    assert typed(machine, "#")[1] == ["111111111"]


def test_what_was_left_half_typed_is_forgotten_for_the_next_in_line() -> None:
    machine, _ = typed(KeypadMachine(), "9999", at_s=100)
    assert typed(machine, "12345678#", at_s=100 + QUIET_S + 0.1)[1] == ["12345678"]
    assert typed(machine, "12345678#", at_s=100 + QUIET_S)[1] == ["999912345"]


def test_whoever_guesses_waits_longer_each_time_up_to_a_quarter_of_an_hour() -> None:
    machine, waits = KeypadMachine(), []
    for _ in range(20):
        machine = machine.guessed(100)
        waits.append(machine.deaf_until_s - 100)
    assert waits[:8] == [0, 0, 0, 0, 2, 4, 8, 16]
    assert waits[-1] == 900


def test_no_code_is_heard_during_the_wait_not_even_a_right_one() -> None:
    machine = KeypadMachine(wrong=5, deaf_until_s=110)
    assert typed(machine, "12345678#", at_s=109.9)[1] == []
    assert typed(machine, "12345678#", at_s=110)[1] == ["12345678"]


def test_a_year_of_guessing_tries_a_vanishing_part_of_all_codes() -> None:
    machine, now_s, tries = KeypadMachine(), 0.0, 0
    while now_s < 365 * 86_400:
        now_s = max(now_s + 2, machine.deaf_until_s)
        machine, tries = machine.guessed(now_s), tries + 1
    assert tries / 10**8 < 0.001


def test_a_known_code_opens_its_door_in_its_time_by_its_pass() -> None:
    verdict = decided(CODE, listing())
    assert (verdict.event.granted, verdict.event.why, verdict.guess, verdict.once) == (
        True,
        "pass:v-1",
        False,
        False,
    )


@pytest.mark.parametrize(
    ("verdict", "reason", "guess"),
    [
        (decided(WRONG, listing()), "unknown_code", True),
        (decided(CODE, listing(begins_h=1)), "too_early", False),
        (decided(CODE, listing(), later_h=2), "ended", False),
        (decided(CODE, listing(), door="garden"), "no_right_here", False),
        (decided(ONCE, listing(), spent=(ONCE,)), "code_used", False),
        (decided(CODE, None), "no_list", True),
        (decided(CODE, listing(on_stale="members"), later_h=40), "list_expired", False),
        (decided(WRONG, listing(), later_h=40), "list_expired", True),
    ],
)
def test_a_code_that_opens_nothing_is_told_why(verdict: CodeVerdict, reason: str, guess: bool) -> None:  # noqa: FBT001
    assert (verdict.event.reason, verdict.guess, verdict.once) == (reason, guess, False)


def test_a_code_for_a_single_use_says_so() -> None:
    assert decided(ONCE, listing()).once
