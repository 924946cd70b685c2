"""The panel at a door: a visitor types a code there, or holds its QR code before a scanner that types."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from gateway.commands import UsePass
from gateway.domain.authority import panel_at
from gateway.domain.visitor_passes import PanelAnswer
from gateway.web.auth import CarryOut, Visitor, allow
from gateway.web.context import House, TheHouse, TheRefusals
from gateway.web.i18n import Language, words_for
from gateway.web.pages.live import EVENT_STREAM
from gateway.web.pages.rendering import page, templates
from protocol.identifiers import pass_ref
from protocol.site import Door, Site

router = APIRouter(prefix="/panel", include_in_schema=False)

Panel = Annotated[Visitor, Depends(allow("ask-at-door"))]

_SHOWN_FOR_S: Final = 8
"""So long an answer stands there; then the panel is for the next visitor."""


@router.get("")
def find(request: Request, house: TheHouse, visitor: Panel) -> Response:
    """Lead a panel to its own door."""
    for site in house.gateway.sites.values():
        for door in site.doors:
            if visitor.actor.id == panel_at(site.id, door.id):
                return RedirectResponse(f"/panel/{site.id}/{door.id}", 303)
    return page(request, "message.html", visitor, 403, kind="forbidden", more=None)


@router.get("/{site}/{door}")
def show(request: Request, house: TheHouse, visitor: Panel, site: str, door: str) -> HTMLResponse:
    """Ask for a code."""
    return _panel(request, house, visitor, site, door, None)


@router.get("/{site}/{door}/stream")
async def refusals(
    request: Request, house: TheHouse, told: TheRefusals, visitor: Panel, site: str, door: str
) -> StreamingResponse:
    """Stream why the door refuses whom it refuses, as it does."""
    place, found = _own_door(house, visitor, site, door)
    frames = told.frames(place, found, words_for(request).language)
    return StreamingResponse(frames, media_type=EVENT_STREAM, headers={"X-Accel-Buffering": "no"})


@router.post("/{site}/{door}")
def take(
    request: Request,
    house: TheHouse,
    visitor: Panel,
    carry_out: CarryOut,
    site: str,
    door: str,
    code: Annotated[str, Form(max_length=40)],
) -> HTMLResponse:
    """Open the door, or say why not."""
    digits = "".join(letter for letter in code if letter.isdigit())
    answer = carry_out(UsePass(site, door, pass_ref(house.credential_key, digits)))
    return _panel(request, house, visitor, site, door, answer)


def _panel(
    request: Request, house: House, visitor: Visitor, site: str, door: str, answer: PanelAnswer | None
) -> HTMLResponse:
    place, found = _own_door(house, visitor, site, door)
    shown = page(request, "panel.html", visitor, site=place, door=found, answer=answer)
    if answer is not None:
        seconds = max(_SHOWN_FOR_S, round(answer.wait.total_seconds() + 0.5))
        shown.headers["Refresh"] = f"{seconds}; url=/panel/{site}/{door}"
    return shown


def show_hint(said: Sequence[tuple[Language, str]]) -> str:
    """Write what the screen tells of a refusal."""
    return templates.get_template("panel_hint.html").render(said=said)


def _own_door(house: House, visitor: Visitor, site: str, door: str) -> tuple[Site, Door]:
    """Return the door at which a panel stands. Raises HTTPException at any other."""
    place = house.gateway.sites.get(site)
    found = next((known for known in place.doors if known.id == door), None) if place else None
    if place is None or found is None or visitor.actor.id != panel_at(site, door):
        raise HTTPException(403, "this screen stands at another door")
    return place, found
