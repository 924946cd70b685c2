"""The live page: the place as it stands, kept up to date by server-sent events."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from gateway.web.alarms import Alarm
from gateway.web.auth import AnyVisitor, allow
from gateway.web.context import TheGateway, TheHub
from gateway.web.i18n import WORDS, Words, words_for
from gateway.web.pages.plan import lay_out, state_of
from gateway.web.pages.rendering import page, templates
from gateway.web.picture import Picture, SitePicture, SpaceView, take

EVENT_STREAM: Final = "text/event-stream"

router = APIRouter(include_in_schema=False)


@router.get("/")
def live(request: Request, gateway: TheGateway, visitor: AnyVisitor) -> HTMLResponse:
    """Show the place, or how to get in."""
    if visitor is None:
        return page(request, "message.html", None, 401, kind="closed", more="closed_first")
    if not visitor.may("see-place"):
        return page(request, "message.html", visitor, 403, kind="forbidden", more=None)
    picture = take(gateway.ledger, gateway.sites, gateway.clock.now())
    return page(request, "live.html", visitor, **_shown(picture, words_for(request)))


@router.get("/live/stream", dependencies=[Depends(allow("see-place"))])
async def live_stream(request: Request, hub: TheHub) -> StreamingResponse:
    """Stream the page's changing part; the script puts what differs in its place."""
    frames = hub.frames(f"page-{words_for(request).language}")
    return StreamingResponse(frames, media_type=EVENT_STREAM, headers={"X-Accel-Buffering": "no"})


def fragments(words: Words) -> Callable[[Picture], str]:
    """Make the view that renders the live page's changing part in one language."""
    template = templates.get_template("live_sites.html")

    def render(picture: Picture) -> str:
        return template.render(t=words, **_shown(picture, words))

    return render


PAGE_VIEWS: Final = {f"page-{language}": fragments(words) for language, words in WORDS.items()}


def _shown(picture: Picture, words: Words) -> dict[str, Any]:
    return {
        "as_of": picture.as_of,
        "sites": [_SiteShown(site, picture.as_of, words) for site in picture.sites],
    }


class _SiteShown:
    """One site with everything that the template asks about it."""

    def __init__(self, picture: SitePicture, now: datetime, words: Words) -> None:
        self.id = picture.site.id
        self.name = picture.site.name
        self.address = picture.site.address
        self.picture = picture
        self.plan = lay_out(picture.site.spaces)
        self.online = sum(node.online for node in picture.nodes)
        self.troubled_nodes = [
            node for node in picture.nodes if not node.online or node.list_revision != node.issued_revision
        ]
        self._now = now
        self._words = words
        self._names = {space.id: space.name for space in picture.site.spaces}
        self._booked_until = {
            booking.space: booking.ends_at for booking in picture.bookings if booking.starts_at <= now
        }

    def clock(self, moment: datetime) -> str:
        return self._words.clock(moment, self.picture.site.zone)

    def age(self, moment: datetime) -> str:
        return self._words.age(self._now - moment)

    def space_name(self, space: str) -> str:
        return self._names.get(space, space)

    def state(self, view: SpaceView) -> str:
        return state_of(view)

    def booked_until(self, space: str) -> str | None:
        ends_at = self._booked_until.get(space)
        return None if ends_at is None else self.clock(ends_at)

    def reason(self, code: str) -> str:
        key = f"reason_{code}"
        return self._words(key) if self._words.knows(key) else code

    def alarm(self, alarm: Alarm) -> str:
        key = f"alarm_{alarm.what}"
        return self._words(key) if alarm.count is None else self._words.count(key, alarm.count)

    def when(self, alarm: Alarm) -> str:
        """Say since when an alarm stands, and when it came last where it came again."""
        if alarm.last_at is None:
            return self.age(alarm.since)
        return self._words("alarm_again", first=self.age(alarm.since), last=self.age(alarm.last_at))

    def begun(self, starts_at: datetime) -> bool:
        return starts_at <= self._now
