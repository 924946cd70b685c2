"""Visitors come in by a code: at its doors, in its time, once or often, and never by guessing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway import commands as ask
from gateway.commands import Refused
from gateway.domain.authority import SYSTEM, Actor, panel_at
from gateway.domain.visitor_passes import PanelAnswer
from protocol.identifiers import pass_ref
from tests.unit.gateway.house import SCEAUX, House

CODE = pass_ref(b"k" * 32, "12345678")
WRONG = pass_ref(b"k" * 32, "00000000")
ENTRANCE = Actor.of(panel_at(SCEAUX, "entrance"), "panel")


@pytest.fixture
def invitation(house: House) -> ask.InviteVisitor:
    """An invitation of Ana's, from now on for two hours, at an entrance that answers."""
    house.join("ana")
    house.beat("ss-entrance")
    now = house.clock.now()
    return ask.InviteVisitor(
        SCEAUX, ("entrance",), "Lou Petit", "ana", CODE, now, now + timedelta(hours=2), single_use=True
    )


def _type(house: House, code: str, by: Actor = ENTRANCE, door: str = "entrance") -> PanelAnswer:
    answer: PanelAnswer = house.gateway.handle(ask.UsePass(SCEAUX, door, code), by)
    return answer


def test_a_visitor_opens_the_door_with_a_code(house: House, invitation: ask.InviteVisitor) -> None:
    kept = house.gateway.handle(invitation, SYSTEM)
    assert _type(house, CODE).opened
    (sent,) = house.downlink.commands
    assert sent.body["action"] == {"do": "UnlockDoor", "door": "entrance"}
    assert sent.body["id"].endswith(kept.id)  # by which the node's answer in the journal names the pass
    with house.ledger.reading() as books:
        used = books.passes.get(kept.id)
    assert used == replace(kept, last_used_at=house.clock.now(), last_command=sent.body["id"])


def test_a_code_for_one_use_opens_once(house: House, invitation: ask.InviteVisitor) -> None:
    house.gateway.handle(invitation, SYSTEM)
    assert _type(house, CODE).opened
    assert _type(house, CODE) == PanelAnswer("used")
    assert len(house.downlink.commands) == 1


def test_a_code_for_a_time_opens_as_often_as_wanted_until_it_ends(
    house: House, invitation: ask.InviteVisitor
) -> None:
    starts_at = house.clock.now() + timedelta(hours=1)
    house.gateway.handle(replace(invitation, single_use=False, starts_at=starts_at), SYSTEM)
    assert _type(house, CODE) == PanelAnswer("too_early")
    house.clock.pass_s(3600)
    house.beat("ss-entrance", uptime_s=3700.0)
    assert _type(house, CODE).opened
    assert _type(house, CODE).opened
    house.clock.pass_s(3600)
    assert _type(house, CODE) == PanelAnswer("ended")


def test_a_code_that_was_taken_back_opens_nothing(house: House, invitation: ask.InviteVisitor) -> None:
    kept = house.gateway.handle(invitation, SYSTEM)
    house.gateway.handle(ask.RevokePass(kept.id), SYSTEM)
    assert _type(house, CODE) == PanelAnswer("ended")


def test_a_code_opens_nothing_in_a_lockdown_and_is_not_spent_by_it(
    house: House, invitation: ask.InviteVisitor
) -> None:
    house.gateway.handle(invitation, SYSTEM)
    lockdown = house.gateway.handle(ask.LockDown(SCEAUX, ("entrance",), "test"), SYSTEM)
    assert _type(house, invitation.code).refusal == "lockdown"
    assert house.downlink.commands == []
    house.gateway.handle(ask.LiftMode(lockdown.id), SYSTEM)
    assert _type(house, invitation.code).refusal is None


def test_a_code_opens_no_other_door(house: House, invitation: ask.InviteVisitor) -> None:
    house.gateway.handle(invitation, SYSTEM)
    garden = Actor.of(panel_at(SCEAUX, "garden"), "panel")
    assert _type(house, CODE, garden, "garden") == PanelAnswer("other_door")
    assert not house.downlink.commands


def test_a_panel_opens_only_the_door_at_which_it_stands(house: House, invitation: ask.InviteVisitor) -> None:
    house.gateway.handle(invitation, SYSTEM)
    garden = Actor.of(panel_at(SCEAUX, "garden"), "panel")
    for other in (garden, Actor.of("someone", "panel"), SYSTEM):
        with pytest.raises(Refused, match=r"door at which it stands|scope"):
            _type(house, CODE, other)
    assert not house.downlink.commands


def test_who_guesses_waits_ever_longer_and_even_the_right_code_waits(
    house: House, invitation: ask.InviteVisitor
) -> None:
    house.gateway.handle(invitation, SYSTEM)
    waits = []
    for _ in range(15):
        answer = _type(house, WRONG)
        waits.append(answer.wait.total_seconds())
        if answer.wait:
            assert _type(house, CODE).wait == answer.wait
        house.clock.pass_s(answer.wait.total_seconds())
    assert waits == [0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
    assert not house.downlink.commands


def test_a_right_code_forgets_the_slips_before_it(house: House, invitation: ask.InviteVisitor) -> None:
    house.gateway.handle(replace(invitation, single_use=False), SYSTEM)
    for _ in range(4):
        _type(house, WRONG)
    assert _type(house, CODE).opened
    assert not _type(house, WRONG).wait


def test_a_code_is_not_spent_on_a_door_that_does_not_answer(
    house: House, invitation: ask.InviteVisitor
) -> None:
    house.gateway.handle(invitation, SYSTEM)
    house.beat("ss-entrance", online=False)
    assert _type(house, CODE) == PanelAnswer("offline")
    house.beat("ss-entrance")
    assert _type(house, CODE).opened


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"doors": ("nowhere",)}, "unknown_door"),
        ({"doors": ()}, "no_door"),
        ({"host": "nobody"}, "unknown_member"),
        ({"site": "nowhere"}, "unknown_site"),
    ],
)
def test_an_invitation_that_makes_no_sense_is_refused(
    house: House, invitation: ask.InviteVisitor, wrong: dict[str, object], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        house.gateway.handle(replace(invitation, **wrong), SYSTEM)  # type: ignore[arg-type]
    assert refused.value.faults[0].code == code


def test_nobody_visits_for_months_or_in_the_past(house: House, invitation: ask.InviteVisitor) -> None:
    start = invitation.starts_at
    for hours in (-1, 0, 24 * 32):
        with pytest.raises(Refused):
            house.gateway.handle(replace(invitation, ends_at=start + timedelta(hours=hours)), SYSTEM)


def test_two_visitors_never_have_the_same_code(house: House, invitation: ask.InviteVisitor) -> None:
    house.gateway.handle(invitation, SYSTEM)
    with pytest.raises(Refused, match="drawn before"):
        house.gateway.handle(invitation, SYSTEM)


def test_a_visitor_is_forgotten_three_months_after_the_visit(
    house: House, invitation: ask.InviteVisitor
) -> None:
    house.gateway.handle(invitation, SYSTEM)
    house.clock.pass_s(91 * 86_400)
    now = house.clock.now()
    later = replace(invitation, code=WRONG, starts_at=now, ends_at=now + timedelta(hours=1))
    kept = house.gateway.handle(later, SYSTEM)
    with house.ledger.reading() as books:
        assert books.passes.all() == [kept]
