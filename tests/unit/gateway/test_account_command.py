"""`passerelle account way-back`, typed by an administrator who is shut out, beside a gateway at work."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from gateway.commands import ChangeAccount, InviteAccount
from gateway.domain.accounts import Account
from gateway.domain.authority import SYSTEM, Role
from gateway.web.app import create_app
from passerelle.__main__ import app
from tests.unit.gateway.test_privacy_command import site_settings
from tests.unit.gateway.web.place import OWN_FORM, Place, open_place

_PASSWORD = "quatre mots tout simples"
_ADDRESS = "http://127.0.0.1:8000"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return site_settings(tmp_path)


@pytest.fixture
def working(tmp_path: Path) -> Iterator[Place]:
    (tmp_path / "data").mkdir()
    place = open_place(tmp_path / "data")
    yield place
    place.ledger.close()


def typed(settings: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["account", "way-back", "--settings", str(settings), *words])


def invite(place: Place, mail: str, role: Role = "admin") -> Account:
    account, _ = place.gateway.handle(InviteAccount(mail, "Ana", role), SYSTEM)
    assert isinstance(account, Account)
    return account


def comes_in(place: Place, told: str) -> TestClient:
    assert told.startswith(f"{_ADDRESS}/login/"), told
    browser = TestClient(create_app(place), headers=OWN_FORM, follow_redirects=False)
    link = told.strip().removeprefix(_ADDRESS)
    assert browser.post(f"{link}/password", data={"password": _PASSWORD}).status_code == 303
    assert browser.post(f"{link}/password", data={"password": _PASSWORD}).status_code == 410
    return browser


def test_the_only_administrator_comes_back_by_a_link_that_works_once(working: Place, settings: Path) -> None:
    account = invite(working, "ana@example.org")
    invite(working, "bob@example.org", "staff")
    answer = typed(settings)
    assert answer.exit_code == 0, answer.output
    assert comes_in(working, answer.output).get("/accounts").status_code == 200
    with working.ledger.reading() as books:
        acts = [
            (record.act.actor, record.act.act)
            for record in books.audit.latest(9, subject=f"account:{account.id}")
        ]
    assert ("system", "OfferNewPassword") in acts


def test_of_several_administrators_it_must_be_said_which(working: Place, settings: Path) -> None:
    for mail in ("ana@example.org", "eve@example.org"):
        invite(working, mail)
    unsaid = typed(settings)
    assert unsaid.exit_code == 2
    assert "ana@example.org, eve@example.org" in unsaid.stderr
    comes_in(working, typed(settings, "--mail", "Eve@Example.org").output)


@pytest.mark.parametrize("mail", ["bob@example.org", "old@example.org", "nobody@example.org"])
def test_nobody_becomes_an_administrator_by_it(working: Place, settings: Path, mail: str) -> None:
    invite(working, "ana@example.org")
    invite(working, "bob@example.org", "staff")
    shut = invite(working, "old@example.org")
    working.gateway.handle(ChangeAccount(shut.id, open=False), SYSTEM)
    answer = typed(settings, "--mail", mail)
    assert (answer.exit_code, answer.stdout) == (2, "")


def test_where_there_is_no_administrator_the_link_makes_one(working: Place, settings: Path) -> None:
    told = typed(settings).output.strip()
    browser = TestClient(create_app(working), headers=OWN_FORM, follow_redirects=False)
    founded = {"mail": "ana@example.org", "name": "Ana", "password": _PASSWORD}
    answer = browser.post(f"{told.removeprefix(_ADDRESS)}/account", data=founded)
    assert answer.status_code == 303
    assert browser.get("/accounts").status_code == 200


def test_no_gateway_is_started_by_it_where_none_has_run(settings: Path) -> None:
    assert typed(settings).exit_code == 2
