"""The screen at a door is told why it refused somebody, within a second, in two languages, without a name."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from fastapi.testclient import TestClient

from gateway.commands import SetUpPanel
from gateway.domain.authority import SYSTEM
from gateway.web.app import create_app
from gateway.web.pages.panel import show_hint
from gateway.web.refusals import Refusals
from protocol.events import Direction
from tests.unit.gateway.web.place import OWN_FORM, SCEAUX, Place, badge

ROOM, NODE = "meeting-1-door", "ss-meeting-1"
HOUR = timedelta(hours=1)
_WITHIN_S = 1.0


def refuse(
    place: Place,
    number: int,
    reason: str,
    *,
    direction: Direction = "in",
    ago_s: float = 0.0,
    at: tuple[str, str] = (NODE, ROOM),
) -> Callable[[], object]:
    node, door = at
    moment = place.clock.now() - timedelta(seconds=ago_s)
    return lambda: place.report(node, badge(number, door, direction, refused_for=reason), at=moment)


def told(place: Place, *happenings: Callable[[], object], door: str = ROOM) -> str:
    """What a screen that watches is told first, within a second of the last happening."""
    site = place.gateway.sites[SCEAUX]
    known = next(each for each in site.doors if each.id == door)

    async def watch() -> str:
        frames = Refusals(place.gateway, show_hint).frames(site, known, "fr")
        assert (await anext(frames)).startswith(b":")
        for happen in happenings:
            await asyncio.to_thread(happen)
        return (await asyncio.wait_for(anext(frames), _WITHIN_S)).decode()

    return asyncio.run(watch())


def test_a_room_that_somebody_else_has_says_until_when(place: Place) -> None:
    place.join(1)
    place.join(2)
    place.book("meeting-1", place.clock.now(), 5)
    said = told(place, refuse(place, 2, "no_right_here"))
    assert "Réservée jusqu\u2019à 15 h." in said
    assert "Booked until 15:00." in said
    assert "Camille" not in said


def test_ones_own_booking_says_when_it_begins(place: Place) -> None:
    place.join(1)
    place.book("meeting-1", place.clock.now() + 4 * HOUR, 1)
    assert "Votre réservation commence à 14 h." in told(place, refuse(place, 1, "too_early"))


def test_ones_own_booking_says_when_it_ended(place: Place) -> None:
    place.join(1)
    place.book("meeting-1", place.clock.now(), 2)
    place.clock.at += 3 * HOUR
    assert "Votre réservation a pris fin à 12 h." in told(place, refuse(place, 1, "ended"))


def test_an_unknown_badge_is_sent_to_the_desk(place: Place) -> None:
    said = told(place, refuse(place, 9, "unknown_credential"))
    assert "Badge inconnu\N{NO-BREAK SPACE}: adressez-vous à l\u2019accueil." in said


def test_what_happens_elsewhere_or_long_ago_or_on_the_way_out_is_no_business_of_the_screen(
    place: Place,
) -> None:
    place.join(1)
    said = told(
        place,
        refuse(place, 9, "no_list", at=("ss-meeting-2", "meeting-2-door")),
        refuse(place, 1, "no_list", ago_s=11),
        refuse(place, 1, "no_list", direction="out"),
        refuse(place, 9, "unknown_credential"),
    )
    assert "Badge inconnu" in said


def test_a_stream_ends_with_the_server(place: Place) -> None:
    site = place.gateway.sites[SCEAUX]

    async def watch() -> list[bytes]:
        refusals = Refusals(place.gateway, show_hint)
        frames = refusals.frames(site, site.doors[0], "fr")
        seen = [await anext(frames)]
        refusals.close()
        return [*seen, *[frame async for frame in frames]]

    assert len(asyncio.run(watch())) == 1


def test_a_screen_hears_of_its_own_door_alone(place: Place) -> None:
    screen = TestClient(create_app(place), headers=OWN_FORM, follow_redirects=False)
    screen.post(f"/login/{place.gateway.handle(SetUpPanel(SCEAUX, ROOM), SYSTEM)}")
    assert screen.get(f"/panel/{SCEAUX}/entrance/stream").status_code == 403
    assert screen.get(f"/panel/{SCEAUX}/nowhere/stream").status_code == 403
    assert f"/panel/{SCEAUX}/{ROOM}/stream" in screen.get(f"/panel/{SCEAUX}/{ROOM}").text
