"""Who did what, who looked and who was refused: one line each, in the transaction of the act."""

import contextlib
import json
from datetime import timedelta

import pytest

from gateway import commands as ask
from gateway.commands import Refused
from gateway.domain.audit import AuditRecord
from gateway.domain.authority import ANYONE, SYSTEM, Actor
from gateway.domain.people import Card
from gateway.handlers import HANDLERS
from tests.unit.gateway.asking import NAME, REF, SECRET, a_command
from tests.unit.gateway.house import ANA, House

STAFF = Actor.of("session:0123456789ab", "staff")
VIEWER = Actor.of("api:0123456789ab", "viewer")


def written(house: House) -> list[AuditRecord]:
    with house.ledger.reading() as books:
        return books.audit.after(0, 1000)


def last(house: House) -> tuple[str, str, str, str | None, dict[str, object]]:
    act = written(house)[-1].act
    return act.actor, act.act, act.outcome, act.subject, json.loads(act.details)


def test_what_was_done_is_written_with_who_did_it_and_to_whom(house: House) -> None:
    house.join("ana", ANA)
    house.gateway.handle(ask.RevokeCredential(ANA), STAFF)
    assert [record.act.act for record in written(house)] == ["AddMembers", "RevokeCredential"]
    assert last(house) == (STAFF.id, "RevokeCredential", "done", f"card:{ANA[:10]}", {})
    assert written(house)[-1].act.at == house.clock.now()


def test_what_a_command_made_is_named(house: House) -> None:
    house.join("ana", ANA)
    due = house.clock.now() + timedelta(hours=1)
    loan = house.gateway.handle(ask.LendItem("sceaux-smart", "projector", "ana", due), STAFF)
    said = {"site": "sceaux-smart", "item": "projector", "made": loan.id}
    assert last(house) == (STAFF.id, "LendItem", "done", "member:ana", said)


def test_what_was_not_done_leaves_no_line(house: House) -> None:
    with pytest.raises(Refused):
        house.gateway.handle(ask.GiveCredential("nobody", Card(REF)), STAFF)
    assert written(house) == []


def test_a_line_that_cannot_be_written_undoes_the_act(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("no signature")

    monkeypatch.setattr(house.signer, "head", fail)
    with pytest.raises(OSError, match="no signature"):
        house.join("ana", ANA)
    with house.ledger.reading() as books:
        assert books.people.members() == []


def test_whoever_may_not_is_written_down(house: House) -> None:
    for _ in range(2):
        with pytest.raises(Refused):
            house.gateway.handle(ask.OpenDoor("sceaux-smart", "entrance"), VIEWER)
    assert last(house) == (VIEWER.id, "OpenDoor", "refused", "door:sceaux-smart/entrance", {})
    assert len(written(house)) == 2


def test_wrong_login_links_are_written_down_once_a_minute(house: House) -> None:
    def try_one() -> None:
        with pytest.raises(Refused):
            house.gateway.handle(ask.UseLoginLink(SECRET), ANYONE)

    try_one()
    try_one()
    assert len(written(house)) == 1
    house.clock.pass_s(60)
    try_one()
    assert len(written(house)) == 2
    assert last(house) == ("anyone", "UseLoginLink", "refused", "session", {})


def test_a_look_is_written_down_once_in_ten_minutes(house: House) -> None:
    for subject in ("member:ana", "member:ana", "member:bob"):
        house.gateway.registrar.look(STAFF, subject)
    assert [record.act.subject for record in written(house)] == ["member:ana", "member:bob"]
    house.clock.pass_s(599)
    house.gateway.registrar.look(STAFF, "member:ana")
    assert len(written(house)) == 2
    house.clock.pass_s(1)
    house.gateway.registrar.look(STAFF, "member:ana")
    house.gateway.registrar.look(VIEWER, "member:ana")
    assert last(house) == (VIEWER.id, "Look", "done", "member:ana", {})
    assert len(written(house)) == 4


@pytest.mark.parametrize("command_type", HANDLERS)
def test_no_line_tells_a_name_a_title_or_a_secret(house: House, command_type: type[object]) -> None:
    with contextlib.suppress(Refused):  # nobody is refused the end of a session
        house.gateway.handle(a_command(command_type), Actor("someone", frozenset()))
    (record,) = written(house)
    text = f"{record.act.subject} {json.loads(record.act.details)}"
    assert record.act.subject
    for word in (*NAME.split(), SECRET, "12345678", REF):
        assert word not in text


def test_the_chain_that_came_of_it_is_whole(house: House) -> None:
    house.join("ana", ANA)
    house.gateway.registrar.look(SYSTEM, "member:ana")
    verdict = house.gateway.auditor.verify([])
    assert (verdict.broken, verdict.records) == (None, 2)
