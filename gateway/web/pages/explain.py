"""Asking why a door opens to somebody, or does not."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from gateway.commands import Refused
from gateway.domain.explanation import Question
from gateway.domain.people import Holders, Member
from gateway.ports import Books
from gateway.service import Gateway
from gateway.web.api.times import moment
from gateway.web.auth import AnyVisitor
from gateway.web.context import TheGateway
from gateway.web.explaining import TapSeen, ask, door_of, in_words
from gateway.web.i18n import Words, words_for
from gateway.web.looking import LookAt
from gateway.web.pages.rendering import page
from protocol.access import Granted

router = APIRouter(prefix="/explain", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class _Form:
    """What was asked: `door` is "site/door", `at` what the clocks of the site show."""

    member: str
    door: str
    at: str


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is shown under the form; `granted` is None where the door was not asked."""

    granted: bool | None
    said: str
    taps: list[TapSeen]


@router.get("")
def explain(
    request: Request,
    gateway: TheGateway,
    visitor: AnyVisitor,
    look_at: LookAt,
    member: Annotated[str, Query(max_length=200)] = "",
    door: Annotated[str, Query(max_length=200)] = "",
    at: Annotated[str, Query(max_length=40)] = "",
) -> HTMLResponse:
    """Show the question, and the answer where one was asked; to staff, for it names all members."""
    if visitor is None:
        return page(request, "message.html", None, 401, kind="closed", more="closed_first")
    if not visitor.may("run-place"):
        return page(request, "message.html", visitor, 403, kind="forbidden", more=None)
    site = gateway.sites.get(door.partition("/")[0]) or next(iter(gateway.sites.values()))
    form = _Form(member, door, at or f"{gateway.clock.now().astimezone(site.zone):%Y-%m-%dT%H:%M}")
    if member:
        look_at(f"member:{member}")
    with gateway.ledger.reading() as books:
        members = books.people.members()
        answer = _answer(books, gateway, form, words_for(request)) if member else None
    return page(
        request,
        "explain.html",
        visitor,
        sites=list(gateway.sites.values()),
        members=sorted(members, key=_by_name),
        form=form,
        answer=answer,
        zone=site.zone,
    )


def _answer(books: Books, gateway: Gateway, form: _Form, words: Words) -> _Answer:
    site_id, _, door_id = form.door.partition("/")
    try:
        site, door = door_of(gateway, door_id, site_id)
        when = moment(datetime.fromisoformat(form.at), site, "/at")
    except (Refused, ValueError):
        return _Answer(None, words("explain_unclear"), [])
    cards = books.people.credentials(form.member)
    held = [each.ref for each in cards if Holders(cards).holder(each.ref, when)] or [
        each.ref for each in cards
    ]
    if not held:
        return _Answer(None, words("explain_no_card"), [])
    asked = Question(site, door, held[-1], when)
    found, taps = ask(books, asked)
    return _Answer(isinstance(found.decision, Granted), in_words(found, asked, words), taps)


def _by_name(member: Member) -> tuple[str, str]:
    return member.name.casefold(), member.id
