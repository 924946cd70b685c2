"""How the web says no, and what stands around every answer."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from fastapi.testclient import TestClient

from gateway.ports import Books, LedgerFailed, Part, Standstill
from gateway.web.app import create_app
from tests.unit.gateway.web.place import Place


def test_a_refused_field_is_pointed_at(staff: TestClient) -> None:
    body = {"members": [{"name": "Ana", "category": "member", "plan": "platinum", "sites": ["sceaux-smart"]}]}
    answer = staff.post("/api/v1/imports/members", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    [error] = answer.json()["errors"]
    assert error["pointer"] == "/members/0/plan"
    assert error["code"] == "literal_error"


def test_an_unknown_field_is_refused_not_dropped(staff: TestClient) -> None:
    answer = staff.post(
        "/api/v1/parcels", json={"site": "s", "member": "m", "carrier": "La Poste", "sise": 1}
    )
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/sise"]


def test_what_is_no_json_is_wrong_as_a_whole(staff: TestClient) -> None:
    answer = staff.post("/api/v1/parcels", content=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == ""


def test_an_unknown_path_is_a_problem_too(client: TestClient) -> None:
    answer = client.get("/api/v1/unicorns")
    assert (answer.status_code, answer.json()["title"]) == (404, "Not Found")


def test_a_body_over_a_mebibyte_is_refused(staff: TestClient) -> None:
    answer = staff.post("/api/v1/parcels", content=b" " * (1024 * 1024 + 1))
    assert answer.status_code == 413
    assert answer.json()["status"] == 413


def test_a_body_that_does_not_tell_its_length_is_counted(staff: TestClient) -> None:
    answer = staff.post("/api/v1/parcels", content=(b" " * 65536 for _ in range(17)))
    assert answer.status_code == 413


def test_an_import_may_be_larger(staff: TestClient) -> None:
    padded = b'{"members": []' + b" " * (2 * 1024 * 1024) + b"}"
    headers = {"Content-Type": "application/json"}
    answer = staff.post("/api/v1/imports/members", content=padded, headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"added": 0})


def test_the_unexpected_becomes_a_problem_and_a_log_line(
    place: Place, staff: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(place.ledger, "reading", fail)
    client = TestClient(create_app(place), raise_server_exceptions=False)
    with caplog.at_level(logging.ERROR, "gateway.web.problems"):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (500, 500)
    assert "disk" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "path=/healthz error=OSError('the disk is gone')" in caplog.text


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/v1/nothing", "/static/passerelle.css"])
def test_every_answer_tells_browsers_to_be_strict(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_the_api_describes_itself(client: TestClient) -> None:
    description = json.loads(client.get("/api/v1/openapi.json").text)
    undescribed = [
        f"{method} {path}"
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
        if not operation.get("summary") or not operation.get("description")
    ]
    assert undescribed == []
    assert "/api/v1/statements/{month}" in description["paths"]


def test_health_counts_what_the_ledger_holds(place: Place, client: TestClient) -> None:
    place.come(1)
    place.beat("ss-entrance")
    place.gateway.receive("passerelle/sceaux-smart/ss-entrance/up/events", b"not json")
    place.gateway.take_in()
    health = client.get("/healthz").json()
    assert health == {
        "status": "ok",
        "ledger": place.ledger.id,
        "events": 4,
        "gaps": 0,
        "dead_letters": 1,
        "dropped": 0,
        "failing": None,
        "nodes_online": 1,
        "projected": True,
        "standstills": 0,
        "now": "2026-11-24T09:00:00.000000Z",
    }


def test_while_the_ledger_takes_nothing_health_says_so_and_why(
    place: Place, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def full() -> Iterator[Books]:
        raise LedgerFailed("database or disk is full")
        yield

    key = place.key("staff")
    client.get("/api/v1/lists", headers=key)  # its use is noted, for the next minute
    with monkeypatch.context() as patched:
        patched.setattr(place.ledger, "writing", full)
        with pytest.raises(LedgerFailed):
            place.beat("ss-entrance")
        answer = client.get("/healthz")
        assert (answer.status_code, answer.json()["status"]) == (503, "failing")
        assert answer.json()["failing"] == "database or disk is full"
        opening = client.post("/api/v1/doors/sceaux-smart/entrance/open", headers=key)
        assert opening.status_code == 503
    place.gateway.take_in()
    assert client.get("/healthz").json()["status"] == "ok"


def test_what_stands_still_is_told_to_staff(place: Place, staff: TestClient) -> None:
    part = Part("sceaux-smart", "visits", "2026-11-24")
    with place.ledger.writing() as books:
        books.projections.stand_still(Standstill(part, place.clock.now(), "RuntimeError: a fault of ours"))
    assert staff.get("/healthz").json()["standstills"] == 1
    assert staff.get("/api/v1/standstills").json() == [
        {
            "site": "sceaux-smart",
            "projection": "visits",
            "subject": "2026-11-24",
            "since": "2026-11-24T09:00:00.000000Z",
            "reason": "RuntimeError: a fault of ours",
        }
    ]


@pytest.mark.parametrize("size_kib", [63, 65])
def test_who_shows_nothing_that_holds_has_little_read_of_what_they_send(
    client: TestClient, size_kib: int
) -> None:
    answer = client.post("/api/v1/imports/members", content=b" " * (size_kib * 1024))
    assert answer.status_code == (413 if size_kib > 64 else 401)
    forged = {"Authorization": "Bearer no-key-at-all"}
    answer = client.post("/api/v1/imports/members", content=b" " * (size_kib * 1024), headers=forged)
    assert answer.status_code == (413 if size_kib > 64 else 401)
