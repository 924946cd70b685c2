"""Why a badge was, is or would be let through a door, or not."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from gateway.domain.explanation import Question
from gateway.web.api.shapes import Shape
from gateway.web.api.times import moment
from gateway.web.auth import allow
from gateway.web.context import TheGateway
from gateway.web.explaining import ask, door_of, in_words
from gateway.web.i18n import WORDS
from gateway.web.looking import LookAt
from protocol.access import Denied, Granted
from protocol.base import CredentialRef, Id, Instant

router = APIRouter(tags=["doors"], dependencies=[Depends(allow("run-place"))])


class TapOut(Shape):
    """What the door answered to a tap, and how old the list was that it decided by."""

    at: Instant
    granted: bool
    reason: str
    list_revision: int
    list_age_s: int
    stale: bool


class ExplanationOut(Shape):
    """What the door's node decides by a list that is up to date; `why` names the right, `reason` the refusal.

    `code` is the reason behind it, which `text` says in French and English; `moment` is the one that it
    speaks of, `opens_at` when the badge next opens this door. `taps` are those of ten minutes around.
    """

    site: str
    door: str
    at: Instant
    granted: bool
    why: str | None
    reason: str | None
    opens_at: Instant | None
    code: str
    moment: Instant | None
    text: dict[str, str]
    taps: list[TapOut]


@router.get("/explain", summary="Why a door opens or does not")
def explain(
    gateway: TheGateway,
    look_at: LookAt,
    credential: CredentialRef,
    door: Id,
    site: Id | None = None,
    at: Annotated[datetime | None, Query()] = None,
) -> ExplanationOut:
    """Decide as the node would at that moment, now where none is said, from the books as they stand."""
    place, known = door_of(gateway, door, site)
    when = moment(at, place, "/at") if at else gateway.clock.now()
    look_at(f"card:{credential[:10]}")
    asked = Question(place, known, credential, when)
    with gateway.ledger.reading() as books:
        found, taps = ask(books, asked)
    decision = found.decision
    return ExplanationOut(
        site=place.id,
        door=known.id,
        at=when,
        granted=isinstance(decision, Granted),
        why=decision.why if isinstance(decision, Granted) else None,
        reason=decision.reason if isinstance(decision, Denied) else None,
        opens_at=decision.opens_at if isinstance(decision, Denied) else None,
        code=found.reason,
        moment=found.moment,
        text={language: in_words(found, asked, words) for language, words in WORDS.items()},
        taps=[TapOut.model_validate(tap) for tap in taps],
    )
