"""The access list that a node holds: taken only when signed, newer and whole; kept across restarts."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Literal, TypeVar

from edge.card_keys import CardKeys
from edge.core.floor import TOLERANCE, TimeFloor
from edge.ports import Clock, ListStore, ListUnreadable
from edge.trust import Trust
from host.failpoint import reached
from protocol.access import AccessList, AccessPatch, PatchRefused
from protocol.codec import MessageRefused
from protocol.modes import Mode, ModeWindow
from protocol.signing import SignatureRefused

_log = logging.getLogger(__name__)

L = TypeVar("L", AccessList, AccessPatch)


class ListRefused(ValueError):
    """A list or patch that is not taken, and why; `revision` where it could be read."""

    def __init__(self, reason: str, revision: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.revision = revision


class AccessKeeper:
    """Holds the list in force. `held` is None until there is one."""

    def __init__(self, trust: Trust, store: ListStore, keys: CardKeys, clock: Clock) -> None:
        self.held: AccessList | None = None
        self._trust = trust
        self._store = store
        self._keys = keys
        self._clock = clock
        self._floor: TimeFloor | None = None
        self._told_the_time = False
        self._messages: tuple[bytes, ...] = ()  # the list as it came, and every patch since
        self._saving: set[asyncio.Task[None]] = set()

    @property
    def revision(self) -> int:
        """The revision held, 0 for none."""
        return self.held.revision if self.held else 0

    def load(self) -> None:
        """Take up the saved list and time floor. Raises ListRefused where the list is damaged.

        Its signatures are asked again: what a card may do is the gateway's word, not what a disk made of it.
        Of a list whose patches are damaged nothing is held: it would grant what they had taken away.
        """
        try:
            self._floor = self._store.load_floor()
        except ListUnreadable as error:
            _log.error("event=time_floor_unreadable error=%r", str(error))
        try:
            messages = self._store.load()
        except ListUnreadable as error:
            raise ListRefused(f"the saved list is unreadable: {error}") from error
        if not messages:
            return
        try:
            held = self._with_keys(self._read_list(messages[0]))
            for message in messages[1:]:
                held = self._patched(held, self._open(AccessPatch, message, "access_patch"))
        except ListRefused as refusal:
            self._keys.forget()
            raise ListRefused(f"the saved list is damaged: {refusal}", refusal.revision) from refusal
        self._hold(held)
        self._messages = tuple(messages)

    def clock_trusted(self) -> bool:
        """Whether the wall clock may decide about windows of time."""
        in_step = self._clock.quality() == "synchronised"
        here = (self._clock.boot, self._clock.uptime_s())
        floor_holds = self._floor is None or self._floor.allows(self._clock.now(), *here)
        return in_step and floor_holds

    def modes_of(self, door: str) -> frozenset[Mode]:
        """Return the modes that a door is in now: none where no list is held."""
        if self.held is None:
            return frozenset()
        return self.held.modes_of(door, self._clock.now(), clock_trusted=self.clock_trusted())

    def asks_for_help(self, credential: str) -> bool:
        """Whether presenting this badge is a call for help."""
        rights = self.held.credentials.get(credential) if self.held else None
        return rights is not None and rights.duress

    def windows_of(self, door: str) -> Sequence[ModeWindow]:
        """Return the windows in which a door is in some mode; none where they say nothing any more."""
        trusted = self.clock_trusted()
        if self.held is None or self.held.stale_at(self._clock.now(), clock_trusted=trusted):
            return ()
        return self.held.modes.get(door, ())

    def take_list(self, payload: bytes, *, retained: bool) -> bool:
        """Hold this list from now on. Returns False where it is known already. Raises ListRefused.

        The broker's retained copy comes with every connection, also when patches have long overtaken it.
        """
        access = self._read_list(payload)
        if access.revision == self.revision or (retained and access.revision < self.revision):
            return False
        if access.revision < self.revision:
            raise ListRefused(f"older than revision {self.revision}, which is held", access.revision)
        self._refuse_from_the_future(access)
        self._hold(self._with_keys(access))
        self._told_the_time = True
        self._save(payload)
        return True

    def take_patch(self, payload: bytes) -> bool:
        """Change the list as this patch says. Returns False where the list has it. Raises ListRefused."""
        patch = self._open(AccessPatch, payload, "access_patch")
        if self.held is None:
            raise ListRefused("a patch, while no list is held", patch.revision)
        if patch.revision == self.held.revision:
            return False
        if patch.revision < self.held.revision:
            raise ListRefused(f"older than revision {self.held.revision}, which is held", patch.revision)
        self.held = self._patched(self.held, patch)
        self._save(*self._messages, payload)
        return True

    async def keep_floor(self) -> None:
        """Write down how late it must be, so that switching a node off and on gives it no time back."""
        if self._floor is None:
            return
        try:
            await self._store.save_floor(self._floor.raised(self._clock.boot, self._clock.uptime_s()))
        except OSError as error:
            _log.error("event=time_floor_not_saved error=%r", error)

    async def saved(self) -> None:
        """Return once everything taken so far is on disk, or has failed to get there."""
        while self._saving:
            await asyncio.wait(self._saving)

    def _refuse_from_the_future(self, access: AccessList) -> None:
        """Go on with the good list that is held where the gateway's clock, not this one, must be wrong.

        This one is believed against it only where a signed list and the uptime since have borne it out in
        this run: a node that was off for a week, and then told a wrong time, has no such proof.
        """
        ahead = access.issued_at - self._clock.now()
        if ahead > TOLERANCE and self._told_the_time and self.clock_trusted():
            raise ListRefused(
                f"issued {ahead.total_seconds():.0f} s in the future by this node's synchronised clock:"
                " set the gateway's clock right",
                access.revision,
            )

    def _read_list(self, payload: bytes) -> AccessList:
        access = self._open(AccessList, payload, "access_list")
        used = {number for rights in access.credentials.values() for number in rights.sets}
        if not used <= access.sets.keys():
            raise ListRefused("names window sets that it does not contain", access.revision)
        return access

    def _open(self, kind: type[L], payload: bytes, signed_as: Literal["access_list", "access_patch"]) -> L:
        try:
            message = self._trust.open(kind, payload, signed_as)
        except (MessageRefused, SignatureRefused) as error:
            raise ListRefused(str(error)) from error
        if (message.site, message.node) != (self._trust.site, self._trust.node):
            raise ListRefused(f"made for {message.site}/{message.node}", message.revision)
        return message

    def _with_keys(self, access: AccessList) -> AccessList:
        """Take up the card keys of a list. Where they do not open it stands as if it had none."""
        opened = self._keys.replace(access)
        return access if opened else access.model_copy(update={"sealed_to": None})

    def _patched(self, held: AccessList, patch: AccessPatch) -> AccessList:
        try:
            patched = held.apply(patch)
        except PatchRefused as error:
            raise ListRefused(str(error), patch.revision) from error
        self._keys.amend(patch)
        return patched

    def _hold(self, access: AccessList) -> None:
        """Put a whole list into force; its time of issue is the gateway's signed word on what time it is.

        It may be hours old, and lowers no floor. But a newer list that was issued earlier than the one before
        it takes the gateway's own word back: its clock had been ahead.
        """
        boot, uptime_s = self._clock.boot, self._clock.uptime_s()
        issued = TimeFloor(access.issued_at, boot, uptime_s)
        taken_back = self.held is not None and access.issued_at < self.held.issued_at
        if self._floor is None or taken_back or self._floor.time(boot, uptime_s) < issued.at:
            self._floor = issued
        self.held = access

    def _save(self, *messages: bytes) -> None:
        """Write in the background: the list is in force at once."""
        reached("list.taken")
        self._messages = messages
        saving = asyncio.get_running_loop().create_task(self._store.save(messages))
        self._saving.add(saving)
        saving.add_done_callback(self._was_saved)

    def _was_saved(self, saving: asyncio.Task[None]) -> None:
        self._saving.discard(saving)
        if not saving.cancelled() and (error := saving.exception()) is not None:
            _log.error("event=list_not_saved error=%r", error)
