"""The access list, and how it decides.

The gateway compiles who may pass where and when into windows of absolute UTC time; the node only looks up.
The same code answers "why was I refused?" at the gateway.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field

from protocol.base import VERSION, AccessRef, Id, Instant, Message
from protocol.events import Assurance
from protocol.modes import Mode, ModeWindow, modes_at
from protocol.sealing import Sealed, SealingKey

OnStale = Literal["deny", "members", "open"]
FREE_PASSAGE: Final = "free_passage"
"""Why a door opened to somebody who had no right of their own."""

SetNumber = Annotated[int, Field(ge=1)]


RelockSeconds = Annotated[float, Field(gt=0, le=60, allow_inf_nan=False)]
"""How long a door is released for one person, at most a minute."""


class Window(Message):
    """A right to pass `point` in the half-open interval [start, end), and the name of that right."""

    point: Id
    start: Instant
    end: Instant
    why: str


class Rights(Message):
    """What one credential may do: the numbers of its window sets; `member` counts when the list is stale.

    `aes`: its card has a key of its own, and counts for nothing before it has proved that. `once`: it is a
    visitor's code for a single use, of which the node takes care. `relock_after_s`: its holder walks
    slowly, doors stay released for so long at least; absent: no longer than usual. `duress`: whoever
    presents it asks for help, and no door shows that.
    """

    sets: tuple[SetNumber, ...]
    member: bool
    aes: bool = False
    once: bool = False
    duress: bool = Field(default=False, exclude_if=lambda value: not value)
    relock_after_s: RelockSeconds | None = Field(default=None, exclude_if=lambda value: value is None)


class AccessList(Message):
    """Everything one node needs to decide until `expires_at`; windows reach as far as `horizon`.

    `assurance` names the points that ask for more than a card's number; `modes` are those of doors.
    `card_keys` are those of the `aes`
    cards, if there are any, sealed to the node's key `sealed_to`; null where the gateway does not know it.
    """

    v: Literal[1] = VERSION
    site: Id
    node: Id
    revision: Annotated[int, Field(ge=1)]
    issued_at: Instant
    horizon: Instant
    expires_at: Instant
    on_stale: dict[Id, OnStale]
    assurance: dict[Id, Assurance] = Field(default_factory=dict)
    modes: dict[Id, tuple[ModeWindow, ...]] = Field(default_factory=dict)
    sets: dict[SetNumber, tuple[Window, ...]]
    credentials: dict[AccessRef, Rights]
    sealed_to: SealingKey | None = None
    card_keys: Sealed | None = None

    def decide(
        self,
        credential: str,
        point: str,
        at: datetime,
        *,
        assurance: Assurance = "uid",
        clock_trusted: bool = True,
    ) -> "Granted | Denied":
        """Say whether `credential`, known with this `assurance`, may pass `point` at `at`, and why."""
        rights = self.credentials.get(credential)
        decision = self._in_mode(rights, point, at, assurance, clock_trusted=clock_trusted)
        if rights is None or isinstance(decision, Denied):
            return decision
        return replace(decision, relock_after_s=rights.relock_after_s)

    def stale_at(self, at: datetime, *, clock_trusted: bool) -> bool:
        """Whether the list's windows of time say nothing any more."""
        return at >= self.expires_at or not clock_trusted

    def modes_of(self, point: str, at: datetime, *, clock_trusted: bool = True) -> frozenset[Mode]:
        """Return the modes that a door is in."""
        return modes_at(self.modes.get(point, ()), at, stale=self.stale_at(at, clock_trusted=clock_trusted))

    def _in_mode(
        self, rights: Rights | None, point: str, at: datetime, assurance: Assurance, *, clock_trusted: bool
    ) -> "Granted | Denied":
        stale = self.stale_at(at, clock_trusted=clock_trusted)
        modes = self.modes_of(point, at, clock_trusted=clock_trusted)
        decision = self._by_rights(rights, point, at, assurance, stale=stale)
        if decision == _STAFF:
            return decision
        if "lockdown" in modes:
            return Denied("lockdown", stale=stale)
        if "free_passage" in modes:
            return decision if isinstance(decision, Granted) else Granted(FREE_PASSAGE)
        return Denied("full") if "full" in modes and isinstance(decision, Granted) else decision

    def _by_rights(
        self, rights: Rights | None, point: str, at: datetime, assurance: Assurance, *, stale: bool
    ) -> "Granted | Denied":
        """Decide as if the door were in no mode."""
        if stale and self.on_stale.get(point) == "open":
            return Granted("stale:open", stale=True)
        if rights is not None and assurance == "uid" and self._asks_for_proof(rights, point):
            return Denied("assurance_too_low", stale=stale)
        return self._decide_stale(rights, point) if stale else self._decide_now(rights, point, at)

    def _asks_for_proof(self, rights: Rights, point: str) -> bool:
        """Whether a bare number is too little: for this point, or of a card that could prove itself."""
        return self.assurance.get(point) == "aes" or (rights.aes and self.sealed_to is not None)

    def _decide_now(self, rights: Rights | None, point: str, at: datetime) -> "Granted | Denied":
        if rights is None:
            return Denied("unknown_credential")
        windows = [w for number in rights.sets for w in self.sets[number] if w.point == point]
        for window in windows:
            if window.start <= at < window.end:
                return Granted(window.why)
        later = [w.start for w in windows if w.start > at]
        if later:
            return Denied("too_early", opens_at=min(later))
        return Denied("ended" if windows else "no_right_here")

    def _decide_stale(self, rights: Rights | None, point: str) -> "Granted | Denied":
        if self.on_stale.get(point) == "members" and rights is not None and rights.member:
            return Granted("stale:member", stale=True)
        return Denied("list_expired", stale=True)

    def apply(self, patch: "AccessPatch") -> "AccessList":
        """Return the list as `patch` makes it. Raises PatchRefused where it was made for another list."""
        if (patch.site, patch.node) != (self.site, self.node) or patch.base != self.revision:
            raise PatchRefused(f"patch {patch.base}->{patch.revision} does not fit list {self.revision}")
        credentials = {**self.credentials, **patch.credentials}
        kept = {ref: rights for ref, rights in credentials.items() if rights is not None}
        sets = {**self.sets, **patch.sets}
        used = {number for rights in kept.values() for number in rights.sets}
        if not used <= sets.keys():
            raise PatchRefused(f"patch {patch.revision} names window sets that nobody sent")
        return self.model_copy(
            update={
                "revision": patch.revision,
                "sets": {number: sets[number] for number in sorted(used)},
                "credentials": kept,
                "modes": {
                    door: windows for door, windows in {**self.modes, **patch.modes}.items() if windows
                },
            }
        )


class AccessPatch(Message):
    """What changed since `base`: whole credentials (null takes one away) and the sets they now need.

    `modes` are whole doors (none takes theirs away); `card_keys` are those of the `aes` cards among them.
    """

    v: Literal[1] = VERSION
    site: Id
    node: Id
    base: Annotated[int, Field(ge=1)]
    revision: Annotated[int, Field(ge=2)]
    sets: dict[SetNumber, tuple[Window, ...]]
    credentials: dict[AccessRef, Rights | None]
    modes: dict[Id, tuple[ModeWindow, ...]] = Field(default_factory=dict)
    card_keys: Sealed | None = None


@dataclass(frozen=True, slots=True)
class Granted:
    """The door opens. `why` names the right; it stays released for `relock_after_s` at least."""

    why: str
    stale: bool = False
    relock_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Denied:
    """The door stays locked. `opens_at` is the hint: when a right of this credential begins here."""

    reason: Literal[
        "unknown_credential",
        "no_right_here",
        "too_early",
        "ended",
        "list_expired",
        "no_list",
        "assurance_too_low",
        "no_card_keys",
        "not_genuine",
        "lockdown",
        "full",
        "unknown_code",
        "code_used",
    ]
    opens_at: datetime | None = None
    stale: bool = False


_STAFF: Final = Granted("staff")
"""Who runs the place comes in, whatever mode a door is in."""


class PatchRefused(ValueError):
    """A patch that does not fit the list it is applied to."""
