"""Coming in by password and code: who may, how often they may try, and what a stranger can learn of it."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pyotp
import pytest
from fastapi.testclient import TestClient

from gateway.commands import AdmitAccount, ChangeAccount, InviteAccount, Refused
from gateway.domain.accounts import Account
from gateway.domain.authority import SYSTEM, Role
from gateway.web.app import create_app
from gateway.web.auth import SECURE_COOKIE, SESSION_COOKIE
from tests.unit.gateway.web.place import OWN_FORM, Place

_MAIL = "ana@example.org"
_PASSWORD = "le jardin ouvre à huit heures"


def _browser(place: Place) -> TestClient:
    return TestClient(create_app(place), headers=OWN_FORM, follow_redirects=False)


def _account(place: Place, role: Role = "staff", mail: str = _MAIL) -> Account:
    """Invite someone, who chooses _PASSWORD in a browser that is then closed."""
    account, link = place.gateway.handle(InviteAccount(mail, "Ana", role), SYSTEM)
    chosen = _browser(place).post(f"/login/{link}/password", data={"password": _PASSWORD})
    assert chosen.status_code == 303
    with place.ledger.reading() as books:
        found = books.accounts.get(account.id)
    assert found is not None
    return found


def _enter(browser: TestClient, password: str = _PASSWORD, mail: str = _MAIL) -> int:
    return browser.post("/login", data={"mail": mail, "password": password}).status_code


def _arm(place: Place) -> tuple[pyotp.TOTP, list[str]]:
    """Set up the second factor of the account as its owner does; return the authenticator and the codes."""
    browser = _browser(place)
    _enter(browser)
    page = browser.post("/account/second-factor").text
    secret = re.search(r'class="secret">(\w+)<', page)
    sealed = re.search(r'name="sealed" value="([^"]+)"', page)
    assert secret
    assert sealed
    totp = pyotp.TOTP(secret[1])
    confirmed = browser.post(
        "/account/second-factor/confirm",
        data={"sealed": sealed[1], "code": totp.at(place.clock.now())},
    )
    return totp, re.findall(r"<code>([0-9a-f-]+)</code>", confirmed.text)


def _ends(browser: TestClient) -> list[str]:
    """Where the other sessions of an account are ended; there are some."""
    paths: list[str] = re.findall(r'action="(/account/sessions/\w+/end)"', browser.get("/account").text)
    assert paths
    return paths


def test_the_right_password_opens_a_session(place: Place) -> None:
    _account(place)
    browser = _browser(place)
    assert _enter(browser, mail=" ANA@example.org ") == 303
    assert browser.get("/").status_code == 200


def test_a_wrong_password_opens_nothing_and_is_answered_as_an_unknown_address_is(place: Place) -> None:
    _account(place)
    browser = _browser(place)
    wrong = browser.post("/login", data={"mail": _MAIL, "password": "x" * 12})
    unknown = browser.post("/login", data={"mail": "eve@example.org", "password": "x" * 12})
    assert (wrong.status_code, wrong.text) == (unknown.status_code, unknown.text)
    assert wrong.status_code == 401
    assert "set-cookie" not in wrong.headers


def test_the_ledger_holds_no_password_but_an_argon2id_hash(place: Place) -> None:
    account = _account(place)
    assert (account.password or "").startswith("$argon2id$")
    assert _PASSWORD not in repr(account)


def test_after_five_wrong_passwords_even_the_right_one_waits_and_then_opens(place: Place) -> None:
    _account(place)
    browser = _browser(place)
    assert [_enter(browser, "wrong and long") for _ in range(6)] == [401] * 5 + [429]
    assert _enter(browser) == 429
    place.clock.pass_s(2)
    assert _enter(browser) == 303


def test_the_wait_grows_to_a_bound_that_locks_nobody_out(place: Place) -> None:
    _account(place)
    browser = _browser(place)
    for _ in range(40):
        _enter(browser, "wrong and long")
        place.clock.pass_s(timedelta(minutes=15).total_seconds())
    _enter(browser, "wrong and long")
    assert _enter(browser) == 429
    place.clock.pass_s(timedelta(minutes=15).total_seconds())
    assert _enter(browser) == 303


def test_a_restart_forgives_no_tries(place: Place) -> None:
    _account(place)
    for _ in range(5):
        _enter(_browser(place), "wrong and long")
    assert _enter(_browser(place)) == 429


def test_an_address_that_tries_many_accounts_waits_too(place: Place) -> None:
    browser = _browser(place)
    answers = [_enter(browser, "wrong and long", f"{n}@example.org") for n in range(31)]
    assert answers == [401] * 30 + [429]


def test_the_secret_of_a_session_changes_at_every_login(place: Place) -> None:
    _account(place)
    browser = _browser(place)
    _enter(browser)
    first = browser.cookies[SESSION_COOKIE]
    _enter(browser)
    assert browser.cookies[SESSION_COOKIE] != first


def test_behind_https_the_cookie_has_the_name_that_browsers_guard(place: Place) -> None:
    _account(place)
    place.public_url = "https://portes.example.org"
    answer = _browser(place).post("/login", data={"mail": _MAIL, "password": _PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{SECURE_COOKIE}=")
    assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_on_plain_http_nobody_is_told_to_stay_on_https(client: TestClient) -> None:
    assert "strict-transport-security" not in client.get("/login").headers


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}, {}])
def test_a_foreign_page_signs_nobody_in(place: Place, client: TestClient, headers: dict[str, str]) -> None:
    _account(place)
    answer = client.post("/login", data={"mail": _MAIL, "password": _PASSWORD}, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_on_plain_http_the_origin_of_a_form_will_do(place: Place, client: TestClient) -> None:
    _account(place)
    own = {"Origin": "http://testserver"}
    answer = client.post("/login", data={"mail": _MAIL, "password": _PASSWORD}, headers=own)
    assert answer.status_code == 303


def test_a_second_factor_is_asked_before_anything_opens(place: Place) -> None:
    _account(place)
    totp, _ = _arm(place)
    place.clock.pass_s(30)
    browser = _browser(place)
    answer = browser.post("/login", data={"mail": _MAIL, "password": _PASSWORD})
    assert answer.headers["location"] == "/login/code"
    assert browser.get("/").status_code == 401
    assert browser.post("/login/code", data={"code": "000000"}).status_code == 401
    assert browser.post("/login/code", data={"code": totp.at(place.clock.now())}).status_code == 303
    assert browser.get("/").status_code == 200


def test_a_code_opens_one_session_only(place: Place) -> None:
    _account(place)
    totp, _ = _arm(place)
    place.clock.pass_s(30)
    code, answers = totp.at(place.clock.now()), []
    for _ in range(2):
        browser = _browser(place)
        _enter(browser)
        answers.append(browser.post("/login/code", data={"code": code}).status_code)
    assert answers == [303, 401]


def test_a_code_that_two_browsers_send_at_once_opens_one_session(place: Place) -> None:
    account = _account(place)
    _arm(place)
    with place.ledger.reading() as books:
        armed = books.accounts.get(account.id)
    assert armed is not None
    admit = AdmitAccount(armed.id, step=armed.totp_step + 1)
    place.gateway.handle(admit, SYSTEM)
    with pytest.raises(Refused):
        place.gateway.handle(admit, SYSTEM)


def test_a_recovery_code_replaces_the_phone_once(place: Place) -> None:
    _account(place)
    _, codes = _arm(place)
    assert len(codes) == 8
    answers = []
    for _ in range(2):
        browser = _browser(place)
        _enter(browser)
        answers.append(browser.post("/login/code", data={"code": codes[0].upper()}).status_code)
    assert answers == [303, 401]


def test_wrong_codes_wait_as_wrong_passwords_do_and_the_password_does_not_forgive_them(place: Place) -> None:
    _account(place)
    _arm(place)
    answers = []
    for _ in range(6):
        browser = _browser(place)
        if _enter(browser) == 429:
            answers.append(429)
            continue
        answers.append(browser.post("/login/code", data={"code": "000000"}).status_code)
    assert answers == [401] * 5 + [429]


def test_the_second_factor_goes_only_with_the_password(place: Place) -> None:
    _account(place)
    totp, _ = _arm(place)
    place.clock.pass_s(30)
    browser = _browser(place)
    _enter(browser)
    browser.post("/login/code", data={"code": totp.at(place.clock.now())})
    assert browser.post("/account/second-factor/drop", data={"password": "guessed"}).status_code == 422
    assert browser.post("/account/second-factor/drop", data={"password": _PASSWORD}).status_code == 303
    assert _enter(_browser(place)) == 303


def test_an_invitation_opens_nothing_without_a_password_of_some_length(place: Place) -> None:
    _, link = place.gateway.handle(InviteAccount(_MAIL, "Ana", "staff"), SYSTEM)
    browser = _browser(place)
    assert browser.post(f"/login/{link}").status_code == 410
    for weak in ("court", "motdepasse123", "anaanaanaanaana"):
        assert browser.post(f"/login/{link}/password", data={"password": weak}).status_code == 422, weak
    assert browser.post(f"/login/{link}/password", data={"password": _PASSWORD}).status_code == 303
    assert browser.post(f"/login/{link}/password", data={"password": _PASSWORD}).status_code == 410


def test_another_password_ends_every_other_session(place: Place) -> None:
    _account(place)
    here, there = _browser(place), _browser(place)
    _enter(here)
    _enter(there)
    changed = {"old": _PASSWORD, "password": "le portail ferme à vingt heures"}
    assert here.post("/account/password", data={**changed, "old": "guessed"}).status_code == 422
    assert there.get("/").status_code == 200
    assert here.post("/account/password", data=changed).status_code == 303
    assert (here.get("/").status_code, there.get("/").status_code) == (200, 401)


def test_a_session_is_ended_from_another(place: Place) -> None:
    _account(place)
    here, there = _browser(place), _browser(place)
    _enter(here)
    _enter(there)
    for path in _ends(here):
        assert here.post(path).status_code == 303
    assert (here.get("/").status_code, there.get("/").status_code) == (200, 401)


def test_nobody_ends_another_ones_session(place: Place) -> None:
    _account(place)
    _account(place, mail="bob@example.org")
    ana, bob = _browser(place), _browser(place)
    _enter(ana)
    _enter(bob, mail="bob@example.org")
    for path in _ends(ana):
        assert bob.post(path).status_code == 404


@pytest.mark.parametrize("change", [{"role": "billing"}, {"open": False}])
def test_another_role_or_a_shut_account_ends_its_sessions(place: Place, change: dict[str, object]) -> None:
    _account(place, "admin", "root@example.org")
    account = _account(place)
    browser = _browser(place)
    _enter(browser)
    place.gateway.handle(ChangeAccount(account.id, **change), SYSTEM)  # type: ignore[arg-type]
    assert browser.get("/").status_code == 401


def test_a_shut_account_opens_nothing(place: Place) -> None:
    account = _account(place)
    place.gateway.handle(ChangeAccount(account.id, open=False), SYSTEM)
    assert _enter(_browser(place)) == 401
    with pytest.raises(Refused):
        place.gateway.handle(AdmitAccount(account.id), SYSTEM)


def test_the_last_administrator_stays_one(place: Place) -> None:
    account = _account(place, "admin")
    browser = _browser(place)
    _enter(browser)
    assert browser.post(f"/accounts/{account.id}/shut").status_code == 409
    assert browser.post(f"/accounts/{account.id}/role", data={"role": "staff"}).status_code == 409
    assert browser.get("/accounts").status_code == 200


@pytest.mark.parametrize(("hours", "status"), [(3.9, 200), (4, 401)])
def test_a_session_that_nobody_used_ends(place: Place, hours: float, status: int) -> None:
    _account(place)
    browser = _browser(place)
    _enter(browser)
    browser.get("/")
    place.clock.pass_s(hours * 3600)
    assert browser.get("/").status_code == status


def test_a_session_in_use_ends_after_twelve_hours_all_the_same(place: Place) -> None:
    _account(place)
    browser = _browser(place)
    _enter(browser)
    for _ in range(12):
        assert browser.get("/").status_code == 200
        place.clock.pass_s(3600)
    assert browser.get("/").status_code == 401


@pytest.mark.parametrize("path", ["/accounts", "/keys"])
def test_staff_let_nobody_in(place: Place, path: str) -> None:
    _account(place)
    browser = _browser(place)
    _enter(browser)
    assert browser.get(path).status_code == 403
    invited = {"mail": "eve@example.org", "name": "Eve", "role": "admin", "days": 1}
    assert browser.post(path, data=invited).status_code == 403


def test_a_person_without_a_session_is_led_to_the_login(client: TestClient) -> None:
    answer = client.get("/account", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


def test_an_invited_colleague_comes_in_by_the_link_that_was_shown_once(place: Place) -> None:
    _account(place, "admin")
    admin, colleague = _browser(place), _browser(place)
    _enter(admin)
    invited = {"mail": "bob@example.org", "name": "Bob", "role": "billing"}
    page = admin.post("/accounts", data=invited)
    link = re.search(r'data-testid="link">http://testserver(\S+)</code>', page.text)
    assert link
    assert link[1] not in admin.get("/accounts").text
    assert "bob@example.org" in colleague.get(link[1]).text
    assert colleague.post(f"{link[1]}/password", data={"password": _PASSWORD}).status_code == 303
    assert colleague.get("/statements/2026-11").status_code == 200
    assert admin.post("/accounts", data=invited).status_code == 409


def test_who_is_guessed_at_from_elsewhere_still_comes_in(place: Place) -> None:
    _account(place)
    stranger = TestClient(
        create_app(place), headers=OWN_FORM, client=("203.0.113.9", 1), follow_redirects=False
    )
    for _ in range(20):
        _enter(stranger, "wrong password entirely")
    assert _enter(_browser(place)) == 303


@pytest.mark.parametrize(
    ("asked_as", "answered_as"),
    [("evil.example", "127.0.0.1"), ("passerelle.local", "passerelle.local"), ("192.168.1.4", "192.168.1.4")],
)
def test_no_link_leads_to_a_name_of_the_wide_world_that_a_request_made_up(
    place: Place, asked_as: str, answered_as: str
) -> None:
    place.join(1)
    there = TestClient(create_app(place), base_url="http://127.0.0.1:8000", headers=place.key("admin"))
    wish = {"name": "calendar", "member": "m-1"}
    made = there.post("/api/v1/calendar-subscriptions", json=wish, headers={"Host": asked_as})
    assert urlsplit(made.json()["url"]).hostname == answered_as
