"""One picture per change, the same for every viewer."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from gateway.live import Live, Notice
from gateway.web.api import occupancy
from gateway.web.app import create_app
from gateway.web.picture import Picture, take
from gateway.web.stream import Hub, as_event
from tests.unit.gateway.web.place import Place

_PATIENCE_S = 10


class _Takes:
    """Takes pictures of a place, and counts them."""

    def __init__(self, place: Place) -> None:
        self.count = 0
        self._place = place

    def __call__(self) -> Picture:
        self.count += 1
        gateway = self._place.gateway
        return take(gateway.ledger, gateway.sites, gateway.clock.now())


async def _next(frames: AsyncIterator[bytes]) -> int:
    """Return how many the next frame counts at Sceaux Smart."""
    frame = await asyncio.wait_for(anext(frames), _PATIENCE_S)
    counted = json.loads(frame.removeprefix(b"data: "))["sites"][0]["counted"]
    return 0 if counted is None else int(counted)


def test_a_viewer_sees_the_place_at_once_and_after_each_change(place: Place) -> None:
    async def watch() -> list[int]:
        hub = Hub(place.gateway.live, _Takes(place), {"occupancy": occupancy.render})
        async with hub.running():
            frames = hub.frames("occupancy")
            seen = [await _next(frames)]
            await asyncio.to_thread(place.come, 1)
            seen.append(await _next(frames))
            await asyncio.to_thread(place.come, 2)
            while seen[-1] != 2:
                seen.append(await _next(frames))
            return seen

    seen = asyncio.run(watch())
    assert seen[0] == 0
    assert seen == sorted(seen)
    assert seen[-1] == 2


def test_two_hundred_viewers_cost_as_many_pictures_as_one(place: Place) -> None:
    takes = _Takes(place)

    async def watch() -> set[bytes]:
        live = Live()
        hub = Hub(live, takes, {"occupancy": occupancy.render})
        async with hub.running():
            viewers = [hub.frames("occupancy") for _ in range(200)]
            await asyncio.gather(*(_next(viewer) for viewer in viewers))
            before = takes.count
            place.come(1)
            live.tell(Notice("sceaux-smart"))
            frames = await asyncio.gather(*(anext(viewer) for viewer in viewers))
            assert takes.count == before + 1
            return set(frames)

    assert len(asyncio.run(watch())) == 1


def test_changes_that_follow_within_fifty_milliseconds_are_told_together(place: Place) -> None:
    takes = _Takes(place)

    async def watch() -> float:
        live, loop = Live(), asyncio.get_running_loop()
        hub = Hub(live, takes, {"occupancy": occupancy.render})
        async with hub.running():
            frames = hub.frames("occupancy")
            begun = loop.time()
            await _next(frames)
            for _ in range(100):
                live.tell(Notice("sceaux-smart"))
                await asyncio.sleep(0.003)
            return loop.time() - begun

    spent_s = asyncio.run(watch())
    assert takes.count <= spent_s / 0.05 + 2


def test_with_nobody_watching_no_picture_is_taken(place: Place) -> None:
    takes = _Takes(place)

    async def watch() -> None:
        live = Live()
        async with Hub(live, takes, {"occupancy": occupancy.render}).running():
            live.tell(Notice("sceaux-smart"))
            await asyncio.sleep(0.2)

    asyncio.run(watch())
    assert takes.count == 0


def test_a_picture_that_fails_does_not_end_the_stream(place: Place) -> None:
    takes = _Takes(place)

    async def watch() -> int:
        loop, failed = asyncio.get_running_loop(), asyncio.Event()

        def take_on_second_try() -> Picture:
            picture = takes()
            if takes.count == 1:
                loop.call_soon_threadsafe(failed.set)
                raise OSError("the disk is busy")
            return picture

        live = Live()
        hub = Hub(live, take_on_second_try, {"occupancy": occupancy.render})
        async with hub.running():
            first = asyncio.create_task(_next(hub.frames("occupancy")))
            await failed.wait()
            live.tell(Notice("sceaux-smart"))
            return await first

    assert asyncio.run(watch()) == 0


def test_streams_end_when_the_hub_stops(place: Place) -> None:
    async def watch() -> None:
        hub = Hub(Live(), _Takes(place), {"occupancy": occupancy.render})
        async with hub.running():
            frames = hub.frames("occupancy")
            await _next(frames)
        with pytest.raises(StopAsyncIteration):
            await asyncio.wait_for(anext(frames), _PATIENCE_S)

    asyncio.run(watch())


def test_lines_of_an_event_are_each_marked_as_data() -> None:
    assert as_event("<p>\nAna\n</p>") == b"data: <p>\ndata: Ana\ndata: </p>\n\n"


def test_the_stream_is_served_as_server_sent_events(place: Place) -> None:
    app = create_app(place)
    key = place.key("viewer")["Authorization"]
    sent: list[dict[str, object]] = []

    async def ask() -> None:
        arrived, gone = asyncio.Event(), asyncio.Event()

        async def receive() -> dict[str, object]:
            if arrived.is_set():
                await gone.wait()
                return {"type": "http.disconnect"}
            arrived.set()
            return {"type": "http.request", "body": b""}

        async def send(message: dict[str, object]) -> None:
            sent.append(message)
            if message["type"] == "http.response.body":
                gone.set()

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/api/v1/occupancy/stream",
            "query_string": b"",
            "headers": [(b"authorization", key.encode())],
        }
        async with app.router.lifespan_context(app):
            with suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE_S):
                    await app(scope, receive, send)  # type: ignore[arg-type]  # narrower than ASGI's mappings

    asyncio.run(ask())
    headers = dict(sent[0]["headers"])  # type: ignore[call-overload]  # ASGI: a list of pairs
    assert headers[b"content-type"].startswith(b"text/event-stream")
    body = sent[1]["body"]
    assert isinstance(body, bytes)
    assert [site["site"] for site in json.loads(body.removeprefix(b"data: "))["sites"]] == [
        "sceaux-smart",
        "le-petit-voisin",
    ]
