"""What a screen at a door tells: a hint for every refusal, and nothing that others need not know."""

from typing import get_args, get_type_hints

import pytest

from gateway.domain.explanation import Explanation, Refusal
from gateway.domain.hints import Code, Hint, hint_for
from gateway.web.i18n import WORDS
from protocol.access import Denied, Granted
from tests.unit.gateway.domain.building import paris

TWO = paris("14:00")
REASONS = get_args(get_type_hints(Denied)["reason"])
PERSONAL = ("membership_not_begun", "membership_ended", "suspended", "days_used_up", "other_site")


def behind(reason: Refusal, name: str | None = None) -> Explanation:
    return Explanation(Denied("no_right_here"), reason, TWO, name)


@pytest.mark.parametrize("reason", REASONS)
def test_every_refusal_has_a_hint_whatever_lies_behind_it(reason: str) -> None:
    for because in get_args(Refusal):
        assert hint_for(reason, behind(because)).code in get_args(Code)


@pytest.mark.parametrize("code", get_args(Code))
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_hint_can_be_said(code: str, language: str) -> None:
    words = WORDS["fr" if language == "fr" else "en"]
    assert words.knows(f"hint_{code}") != words.knows(f"why_{code}"), "once, and shared where it is the same"


@pytest.mark.parametrize(
    ("reason", "because", "code"),
    [
        ("too_early", "booking_later", "booking_later"),
        ("no_right_here", "held_for_another", "held_for_another"),
        ("ended", "booking_over", "booking_over"),
        ("ended", "booking_given_back", "booking_given_back"),
        ("too_early", "outside_hours", "outside_hours"),
        ("no_right_here", "no_right_here", "ask_desk"),
        ("unknown_credential", "unknown_credential", "unknown_badge"),
        ("unknown_credential", "credential_revoked", "unknown_badge"),
        ("not_genuine", "no_right_here", "unknown_badge"),
        ("assurance_too_low", "no_right_here", "key_needed"),
        ("list_expired", "no_right_here", "door_unsure"),
        ("no_list", "no_right_here", "door_unsure"),
        ("no_card_keys", "no_right_here", "door_unsure"),
    ],
)
def test_the_hint_is_the_one_that_helps(reason: str, because: Refusal, code: str) -> None:
    assert hint_for(reason, behind(because)).code == code


def test_a_hint_keeps_the_moment_and_the_name_of_a_closure() -> None:
    assert hint_for("too_early", behind("closed_day", "Noël")) == Hint("closed_day", TWO, "Noël")


@pytest.mark.parametrize("because", PERSONAL)
def test_what_concerns_a_membership_is_said_at_the_desk_alone(because: Refusal) -> None:
    assert hint_for("no_right_here", behind(because)) == Hint("ask_desk")


def test_whom_the_door_would_let_in_by_now_is_asked_to_try_again() -> None:
    assert hint_for("no_right_here", Explanation(Granted("member"), "plan")) == Hint("try_again")
