"""`passerelle badge` at a simulated reader, before a real gateway's API."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner, Result

from firmware_sim.rf.cards import Type2Card, Type4Card
from firmware_sim.rf.faults import TornCard
from firmware_sim.rf.field import Field
from firmware_sim.rf.secure import Desfire, Ntag424, SecureApplication
from firmware_sim.rf.type_a import Card
from gateway.web.app import create_app
from passerelle.badge import app
from protocol.identifiers import CARD_APPLICATION
from tests.simulator import Simulator
from tests.unit.gateway.web.place import Place, open_place
from tests.web_server import WebServer

UID = bytes.fromhex("04a1b2c3d4e5f6")


@dataclass
class Desk:
    """A reader on the desk, a gateway, and who works there."""

    place: Place
    simulator: Simulator
    field: Field
    url: str
    key_file: Path

    def hold(self, card: Card) -> None:
        self.simulator.call(self.field.place, card)

    def enrol(self, *more: str, member: str = "m-1") -> Result:
        reader = f"udp:127.0.0.1:{self.field.port}"
        return self._run("enrol", "--member", member, "--reader", reader, "--wait-s", "2", *more)

    def revoke(self, *which: str) -> Result:
        return self._run("revoke", *which)

    def held(self) -> list[tuple[str, bool]]:
        """How each badge of the member is known, and whether it still is."""
        with self.place.ledger.reading() as books:
            badges = books.people.credentials("m-1")
        return [(each.assurance, each.revoked_at is None) for each in badges[1:]]

    def _run(self, *words: str) -> Result:
        where = ("--gateway", self.url, "--key-file", str(self.key_file))
        return CliRunner().invoke(app, [*words, *where])


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    place = open_place(tmp_path)
    place.join(1)
    place.join(2)
    key_file = tmp_path / "api.key"
    key_file.write_text(place.key()["Authorization"].removeprefix("Bearer "))
    server = WebServer(create_app(place))
    server.start()
    with Simulator() as simulator:
        yield Desk(place, simulator, simulator.open(Field.open()), server.url, key_file)
    server.stop()
    place.ledger.close()


@pytest.mark.parametrize("made", [Desfire, Ntag424])
def test_a_card_from_the_factory_becomes_a_badge_with_its_own_key(
    desk: Desk, made: type[SecureApplication]
) -> None:
    application = made(UID, Random(1))
    desk.hold(Type4Card(UID, application))
    result = desk.enrol()
    assert (result.exit_code, "by its own key" in result.stdout) == (0, True), result.output
    assert desk.held() == [("aes", True)]
    key = desk.place.card_vault.key_of(UID)
    assert key in {getattr(application, "_key", None), *getattr(application, "applications", {}).values()}


def test_doing_it_again_changes_nothing(desk: Desk) -> None:
    desk.hold(Type4Card(UID, Desfire(UID, Random(1))))
    assert [desk.enrol().exit_code for _ in range(2)] == [0, 0]
    assert desk.held() == [("aes", True)]


def test_a_badge_known_by_its_number_is_made_one_with_a_key(desk: Desk) -> None:
    desk.hold(Type4Card(UID, Desfire(UID, Random(1))))
    assert desk.enrol("--register-only").exit_code == 0
    assert desk.enrol().exit_code == 0
    assert desk.held() == [("uid", False), ("aes", True)]


def test_a_card_without_keys_can_only_be_registered(desk: Desk) -> None:
    desk.hold(Type2Card(UID))
    refused = desk.enrol()
    assert (refused.exit_code, "nothing but a number" in refused.stderr) == (2, True)
    assert desk.held() == []
    told = desk.enrol("--register-only")
    assert (told.exit_code, "can be copied" in told.stdout) == (0, True)


@pytest.mark.parametrize("answers", [9, 11, 13, 15])
def test_a_card_torn_away_registers_nothing_and_can_be_tried_again(desk: Desk, answers: int) -> None:
    card = Type4Card(UID, Desfire(UID, Random(1)))
    desk.hold(TornCard(card, answers))
    torn = desk.enrol()
    assert torn.exit_code == 2
    assert desk.held() == []
    desk.simulator.call(desk.field.remove)
    desk.hold(card)
    assert desk.enrol().exit_code == 0


def test_a_card_that_somebody_holds_is_not_given_to_another(desk: Desk) -> None:
    application = Desfire(UID, Random(1))
    desk.hold(Type4Card(UID, application))
    desk.enrol("--register-only", member="m-2")
    refused = desk.enrol()
    assert (refused.exit_code, "m-2 holds this card" in refused.stderr) == (2, True)
    assert CARD_APPLICATION not in application.applications


def test_a_member_that_nobody_knows_is_said_before_a_card_is_asked_for(desk: Desk) -> None:
    refused = desk.enrol(member="nobody")
    assert (refused.exit_code, "no member has the id" in refused.stderr) == (2, True)


def test_where_no_card_comes_it_ends(desk: Desk) -> None:
    refused = desk.enrol()
    assert (refused.exit_code, "no card was held" in refused.stderr) == (2, True)


def test_revoking_takes_a_badge_out_of_every_door(desk: Desk) -> None:
    desk.hold(Type4Card(UID, Desfire(UID, Random(1))))
    desk.enrol()
    told = desk.revoke("--member", "m-1")
    assert (told.exit_code, told.stdout.count("is revoked")) == (0, 2)
    assert desk.held() == [("aes", False)]
    again = desk.revoke("--member", "m-1")
    assert (again.exit_code, "holds no badge" in again.stderr) == (2, True)


def test_a_gateway_that_is_not_there_is_said(desk: Desk) -> None:
    desk.url = "http://127.0.0.1:9"
    refused = desk.revoke("--member", "m-1")
    assert (refused.exit_code, "does not answer" in refused.stderr) == (2, True)
