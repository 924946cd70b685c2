"""Coming in by an OpenID Connect provider: whom it lets in, and what is not believed."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import ECKey

from gateway.adapters.openid import Client, OpenIdProvider
from gateway.adapters.passwords import Argon2Passwords, TotpFactor
from gateway.commands import ChangeAccount, InviteAccount
from gateway.domain.authority import SYSTEM
from gateway.logins import Logins, RolesByClaim
from gateway.web.app import create_app
from tests.servers.openid import CLIENT, SECRET, Provider, provider_for
from tests.unit.gateway.web.place import QUICK, Place, open_place

_ANA = "ana@example.org"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = open_place(tmp_path)
    roles = RolesByClaim("groups", {"passerelle-staff": "staff"})
    factor = TotpFactor(tmp_path / "factor.key")
    place.logins = Logins(
        place.ledger, place.clock, place.gateway.handle, Argon2Passwords(QUICK), factor, roles
    )
    yield place
    place.ledger.close()


@pytest.fixture
def provider(place: Place) -> Iterator[Provider]:
    now = int(place.clock.now().timestamp())
    with provider_for(now, email=_ANA, email_verified=True, name="Ana Martin") as provider:
        place.openid = OpenIdProvider(Client(provider.issuer, CLIENT, SECRET), place.clock)
        yield provider


@pytest.fixture
def browser(place: Place) -> TestClient:
    return TestClient(create_app(place), follow_redirects=False)


def _come_back(browser: TestClient, provider: Provider, *, state: str | None = None) -> int:
    """Go to the provider, say yes, and come back, with the state of this login or with another."""
    url = browser.get("/login/oidc").headers["location"]
    asked = parse_qs(urlsplit(url).query)
    assert asked["code_challenge_method"] == ["S256"]
    back = {"code": provider.authorise(url), "state": state or asked["state"][0]}
    return browser.get("/login/oidc/back", params=back).status_code


def _invite(place: Place) -> str:
    account, _ = place.gateway.handle(InviteAccount(_ANA, "Ana", "billing"), SYSTEM)
    return str(account.id)


def test_who_has_an_account_comes_in_with_its_role(
    place: Place, provider: Provider, browser: TestClient
) -> None:
    _invite(place)
    assert provider.issuer.removeprefix("http://") in browser.get("/login").text
    assert _come_back(browser, provider) == 303
    assert browser.get("/statements/2026-11").status_code == 200
    assert browser.get("/").status_code == 403


def test_an_address_that_the_provider_did_not_verify_opens_nothing(
    place: Place, provider: Provider, browser: TestClient
) -> None:
    _invite(place)
    provider.claims["email_verified"] = False
    assert _come_back(browser, provider) == 403


def test_who_has_no_account_is_turned_away(provider: Provider, browser: TestClient) -> None:
    assert _come_back(browser, provider) == 403


def test_a_group_that_has_a_role_makes_an_account(
    place: Place, provider: Provider, browser: TestClient
) -> None:
    provider.claims["groups"] = ["everybody", "passerelle-staff"]
    assert _come_back(browser, provider) == 303
    assert browser.get("/").status_code == 200
    with place.ledger.reading() as books:
        [account] = books.accounts.all()
    assert (account.name, account.role, account.password) == ("Ana Martin", "staff", None)


def test_a_shut_account_stays_shut(place: Place, provider: Provider, browser: TestClient) -> None:
    place.gateway.handle(ChangeAccount(_invite(place), open=False), SYSTEM)
    assert _come_back(browser, provider) == 403


@pytest.mark.parametrize(
    "bent",
    [{"nonce": "another"}, {"aud": "another"}, {"iss": "http://evil"}, {"exp": 1}, {"azp": "another"}],
)
def test_a_token_that_was_not_made_for_this_login_opens_nothing(
    place: Place, provider: Provider, browser: TestClient, bent: dict[str, object]
) -> None:
    _invite(place)
    provider.claims |= bent
    assert _come_back(browser, provider) == 400
    assert browser.get("/statements/2026-11").status_code == 401


def test_a_token_that_another_key_signed_opens_nothing(
    place: Place, provider: Provider, browser: TestClient
) -> None:
    _invite(place)
    provider.signing = ECKey.generate_key("P-256")
    assert _come_back(browser, provider) == 400


def test_who_did_not_leave_from_this_browser_does_not_come_back_to_it(
    place: Place, provider: Provider, browser: TestClient
) -> None:
    _invite(place)
    assert _come_back(browser, provider, state="another") == 400
    assert browser.get("/login/oidc/back", params={"code": "code-0", "state": ""}).status_code == 400


def test_a_provider_that_is_away_is_said_so(place: Place, browser: TestClient) -> None:
    place.openid = OpenIdProvider(Client("http://127.0.0.1:1", CLIENT, SECRET), place.clock)
    assert browser.get("/login/oidc").status_code == 400
