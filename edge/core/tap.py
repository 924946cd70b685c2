"""What a tap leads to: may this credential pass here, and what is said about it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from protocol.access import FREE_PASSAGE, AccessList, Denied, Granted
from protocol.events import Assurance, BadgePresented, Direction
from protocol.modes import Mode

Proof = Literal["uid", "aes", "failed"]
"""How a card was known: by its number; by its own key as well; or it should have had one, and had not."""

TurnedAway = Literal["passed_back", "interlocked"]
"""Why a door refuses whom its list would let in: somebody is inside, or another door is open."""

_MOST_TELLING: Final = ("too_early", "ended", "no_right_here")


@dataclass(frozen=True, slots=True)
class Tap:
    """A credential at a reader, at the node's wall time."""

    credential: str
    direction: Direction
    at: datetime
    clock_trusted: bool
    proof: Proof = "uid"

    @property
    def assurance(self) -> Assurance:
        """What the proof is worth."""
        return "aes" if self.proof == "aes" else "uid"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is reported, and the lock that opens, if one does: a door's for `at_least_s`."""

    event: BadgePresented
    lock: str | None
    at_least_s: float = 0.0


def at_door(tap: Tap, access: AccessList | None, door: str) -> Verdict:
    """Decide at a door. Whoever the list knows may always leave, also where it is stale; all, without one.

    A copy of a card is nobody that the list knows.
    """
    decision = _leave(tap, access) if tap.direction == "out" else _decide(tap, access, door)
    return _verdict(tap, access, door, decision)


def at_bank(
    tap: Tap, access: AccessList | None, bank: str, compartments: Sequence[str]
) -> tuple[Verdict, ...]:
    """Decide at a locker bank: one verdict for each compartment that opens, or one refusal at the bank."""
    decisions = [(compartment, _decide(tap, access, compartment)) for compartment in compartments]
    opened = tuple(_verdict(tap, access, c, d) for c, d in decisions if isinstance(d, Granted))
    if opened:
        return opened
    refusals = [d for _, d in decisions if isinstance(d, Denied)]
    return (_verdict(tap, access, bank, min(refusals, key=_rank, default=Denied("no_right_here"))),)


def let_in(verdict: Verdict, why: str) -> Verdict:
    """Open the door all the same: for everybody, because of `why`."""
    event, free = verdict.event, why == FREE_PASSAGE
    changed = {"granted": True, "reason": "granted", "why": why, "free_passage": free or event.free_passage}
    return Verdict(event.model_copy(update=changed), event.point)


def turn_away(verdict: Verdict, reason: TurnedAway) -> Verdict:
    """Leave the door locked all the same."""
    changed = {"granted": False, "reason": reason, "why": None}
    return Verdict(verdict.event.model_copy(update=changed), None)


def _decide(tap: Tap, access: AccessList | None, point: str) -> Granted | Denied:
    if access is None:
        return Denied("no_list")
    if tap.proof == "failed":
        return Denied("not_genuine")
    decision = access.decide(
        tap.credential, point, tap.at, assurance=tap.assurance, clock_trusted=tap.clock_trusted
    )
    if isinstance(decision, Denied) and decision.reason == "assurance_too_low" and access.sealed_to is None:
        return replace(decision, reason="no_card_keys")  # no fault of the card: nobody could have asked it
    return decision


def _leave(tap: Tap, access: AccessList | None) -> Granted | Denied:
    if access is None:
        return Granted("exit", stale=True)  # that the list is lost is no fault of those inside
    if tap.proof == "failed":
        return Denied("not_genuine")
    stale = tap.at >= access.expires_at or not tap.clock_trusted
    rights = access.credentials.get(tap.credential)
    if rights is not None:
        return Granted("exit", stale, rights.relock_after_s)
    return Denied("unknown_credential", stale=stale)


def _rank(denied: Denied) -> int:
    return _MOST_TELLING.index(denied.reason) if denied.reason in _MOST_TELLING else len(_MOST_TELLING)


def _modes(tap: Tap, access: AccessList, point: str) -> frozenset[Mode]:
    return access.modes_of(point, tap.at, clock_trusted=tap.clock_trusted)


def _verdict(tap: Tap, access: AccessList | None, point: str, decision: Granted | Denied) -> Verdict:
    granted = isinstance(decision, Granted)
    event = BadgePresented(
        point=point,
        direction=tap.direction,
        credential=tap.credential,
        assurance=tap.assurance,
        granted=granted,
        reason="granted" if isinstance(decision, Granted) else decision.reason,
        why=decision.why if isinstance(decision, Granted) else None,
        list_revision=access.revision if access else 0,
        list_age_s=max(0, int((tap.at - access.issued_at).total_seconds())) if access else 0,
        stale=decision.stale,
        free_passage=access is not None and FREE_PASSAGE in _modes(tap, access, point),
    )
    at_least_s = decision.relock_after_s if isinstance(decision, Granted) else None
    return Verdict(event, point if granted else None, at_least_s or 0.0)
