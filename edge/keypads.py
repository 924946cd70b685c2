"""Codes of visitors: typed at a keypad, decided on by the list that is held, and each single use noted."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from edge.core.facts import Unlock
from edge.core.keypad import CodeVerdict, KeypadMachine, at_keypad
from edge.core.wiring import Equipment
from edge.lists import AccessKeeper
from edge.ports import Clock, Indicator, KeypadDevice, SpentCodes
from protocol.events import Event

_log = logging.getLogger(__name__)

_REMEMBERED: Final = 1000
"""So many used codes are remembered: by then the gateway has long taken the oldest out of the list."""


@dataclass(frozen=True, slots=True)
class Keypads:
    """The keypads of a node, by id; how a code becomes its keyed hash; and where used ones are noted."""

    devices: Mapping[str, KeypadDevice]
    reference: Callable[[str], str]
    spent: SpentCodes


class KeypadDesk:
    """Decides on codes. `report` takes an event in and returns its seq, `unlock` opens a door."""

    def __init__(
        self,
        equipment: Equipment,
        keypads: Keypads,
        clock: Clock,
        keeper: AccessKeeper,
        indicator: Indicator,
        *,
        report: Callable[[Event], int],
        unlock: Callable[[str, Unlock], None],
    ) -> None:
        self._doors = {keypad.id: keypad.door for keypad in equipment.keypads}
        self._machines = dict.fromkeys(self._doors, KeypadMachine())
        self._keypads = keypads
        self._clock = clock
        self._keeper = keeper
        self._indicator = indicator
        self._report = report
        self._unlock = unlock
        self._spent = _load(keypads.spent)
        self._noting: set[asyncio.Task[None]] = set()

    def pressed(self, keypad: str, key: str) -> None:
        """Take a key; with `#` decide on what was typed."""
        now_s = self._clock.uptime_s()
        if self._machines[keypad].deaf(now_s):
            self._indicator.show("refused")
            return
        self._machines[keypad], entered = self._machines[keypad].press(key, now_s)
        if entered is None:
            self._indicator.show("key")
        else:
            self._entered(keypad, entered, now_s)

    def _entered(self, keypad: str, code: str, now_s: float) -> None:
        ref, door = self._keypads.reference(code), self._doors[keypad]
        verdict = at_keypad(
            ref,
            self._keeper.held,
            door,
            self._clock.now(),
            clock_trusted=self._keeper.clock_trusted(),
            spent=self._spent,
        )
        machine = self._machines[keypad]
        if verdict.guess:
            self._machines[keypad] = machine.guessed(now_s)
        elif verdict.event.granted:
            self._machines[keypad] = machine.let_in()
        if verdict.once:
            self._note_and_open(ref, verdict)
        else:
            self._answer(verdict)

    def _note_and_open(self, ref: str, verdict: CodeVerdict) -> None:
        """Open once it is on the disk that the code is used: no restart makes it good again."""
        self._spent = (*self._spent, ref)[-_REMEMBERED:]
        noting = asyncio.get_running_loop().create_task(self._note(self._spent, verdict))
        self._noting.add(noting)
        noting.add_done_callback(self._noting.discard)

    async def _note(self, spent: Sequence[str], verdict: CodeVerdict) -> None:
        try:
            await self._keypads.spent.save(spent)
        except OSError as error:  # it stays used until a restart; whoever stands there has a right to come in
            _log.error("event=code_use_not_saved error=%r", error)
        self._answer(verdict)

    def _answer(self, verdict: CodeVerdict) -> None:
        event = verdict.event
        seq = self._report(event)
        if event.granted:
            self._unlock(event.point, Unlock("grant", seq))
        self._indicator.show("granted" if event.granted else "refused")
        _log.info(
            "event=code seq=%d point=%s granted=%s reason=%s", seq, event.point, event.granted, event.reason
        )


def _load(spent: SpentCodes) -> tuple[str, ...]:
    try:
        return tuple(spent.load())
    except (OSError, ValueError) as error:
        _log.error("event=spent_codes_unreadable error=%r", error)
        return ()
