import json
from collections.abc import Callable
from datetime import UTC, date, datetime

import httpx2
import pytest

from firmware_sim.gateway_api import GatewayApi, GatewayRefused, Revisions

NINE = datetime(2026, 11, 24, 8, tzinfo=UTC)


def api(answer: Callable[[httpx2.Request], httpx2.Response]) -> GatewayApi:
    return GatewayApi(httpx2.Client(base_url="http://gateway", transport=httpx2.MockTransport(answer)))


def test_pages_are_read_to_the_end() -> None:
    pages = {None: ([1, 2], "x"), "x": ([3], None)}

    def answer(request: httpx2.Request) -> httpx2.Response:
        assert request.url.path == "/api/v1/visits"
        assert (request.url.params["from"], request.url.params["to"]) == ("2026-11-01", "2026-12-01")
        items, following = pages[request.url.params.get("cursor")]
        return httpx2.Response(200, json={"items": [{"n": n} for n in items], "next_cursor": following})

    visits = api(answer).visits(date(2026, 11, 1), date(2026, 12, 1))
    assert [visit["n"] for visit in visits] == [1, 2, 3]


def test_a_refusal_tells_what_was_asked_and_what_was_wrong() -> None:
    problem = {"title": "Conflict", "detail": "Vidéoprojecteur is lent already"}

    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(409, json=problem)

    with pytest.raises(
        GatewayRefused, match=r"POST http://gateway/api/v1/loans: 409: .*lent already"
    ) as refusal:
        api(answer).lend("sceaux-smart", "projector", "m-0001", NINE)
    assert refusal.value.status == 409


def test_the_clock_is_moved_to_a_moment_in_utc() -> None:
    sent: list[tuple[str, str, object]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append((request.method, request.url.path, json.loads(request.content)))
        return httpx2.Response(200, json={"now": "2026-11-24T08:00:00Z"})

    api(answer).move_clock(NINE)
    assert sent == [("PUT", "/api/v1/clock", {"now": "2026-11-24T08:00:00.000000Z"})]


def test_a_node_that_never_spoke_holds_no_list() -> None:
    item = {"node": "ss-entrance", "issued_revision": 3, "held_revision": None}

    assert api(lambda _: httpx2.Response(200, json=[item])).lists() == {
        "ss-entrance": Revisions(issued=3, held=0)
    }
