"""Forged cards at real nfcpy: each shows the number of a card with a key, and none may ever open a door."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from itertools import cycle
from random import Random
from typing import Final

from edge.adapters.card_proof import CardProof
from edge.adapters.nfc_reader import NfcReader
from edge.core.tap import Tap, at_door
from edge.ports import PortFact, ReaderFails, Tapped
from firmware_sim.faults.fault import Plan
from firmware_sim.faults.hostile_cards import logged_to
from firmware_sim.faults.tally import Tally
from firmware_sim.rf.field import Field
from firmware_sim.rf.forged import FORGED
from firmware_sim.rf.secure import desfire_card
from firmware_sim.rf.type_a import Card
from protocol.access import AccessList, Rights, Window
from protocol.identifiers import CARD_APPLICATION

_LANES: Final = 4
_TRUE_EVERY: Final = 20
_ANSWERED_WITHIN_S: Final = 1.5
_DOOR: Final = "door"
_NOON: Final = datetime(2026, 11, 24, 12, tzinfo=UTC)


def play(plan: Plan) -> Tally:
    """Hold `plan.rounds` forged cards to a few readers, and a true card among every twenty."""
    with logged_to(plan.folder / "readers.log"):
        lanes = asyncio.run(_play(plan))
    wrong = [line for lane in lanes for line in lane.wrong]
    return Tally(
        tried=sum(lane.forged for lane in lanes),
        wrong=len(wrong),
        figures={
            "let_in": sum(lane.let_in for lane in lanes),
            "refused_as_copies": sum(lane.refused for lane in lanes),
            "unread": sum(lane.unread for lane in lanes),
            "true_cards_let_in": sum(lane.true_let_in for lane in lanes),
        },
        details=tuple(wrong),
    )


async def _play(plan: Plan) -> "list[_Lane]":
    async with AsyncExitStack() as stack:
        fields = [await stack.enter_async_context(Field.open()) for _ in range(min(_LANES, plan.rounds))]
        lanes = [_Lane(field, Random(f"{plan.seed} {number}")) for number, field in enumerate(fields)]
        kinds = [kind for _, kind in zip(range(plan.rounds), cycle(FORGED), strict=False)]
        shares = [kinds[number :: len(lanes)] for number in range(len(lanes))]
        going = (lane.run(share, plan.advance) for lane, share in zip(lanes, shares, strict=True))
        await asyncio.gather(*going)
        return lanes


class _Lane:
    """One reader, at a door that would let in every number that is held up here."""

    def __init__(self, field: Field, dice: Random) -> None:
        self.forged = self.let_in = self.refused = self.unread = self.true_let_in = 0
        self.wrong: list[str] = []
        self._field = field
        self._dice = dice
        self._key = dice.randbytes(16)
        self._shown = 0
        self._answer: asyncio.Future[Tapped] | None = None
        self._loop = asyncio.get_running_loop()

    async def run(self, kinds: Sequence[str], advance: Callable[[], None]) -> None:
        """Hold up forged cards of these kinds, one after the other."""
        path = f"udp:127.0.0.1:{self._field.port}"
        prove = CardProof(_reference, lambda _: self._key)
        reader = NfcReader("reader", path, _reference, self._loop.time, prove)
        going = asyncio.create_task(reader.run(self._post))
        try:
            for number, kind in enumerate(kinds):
                if number % _TRUE_EVERY == 0:
                    await self._true_card()
                await self._forged_card(kind)
                advance()
        finally:
            going.cancel()
            await asyncio.wait([going])

    async def _forged_card(self, kind: str) -> None:
        self.forged += 1
        number = self._next_number()
        tapped = await self._hold(FORGED[kind](number, CARD_APPLICATION, self._key, self._dice))
        if tapped is None:
            self.unread += 1
        elif _opens(tapped):
            self.let_in += 1
            self.wrong.append(f"a card that {kind} was let in")
        else:
            self.refused += 1

    async def _true_card(self) -> None:
        card = desfire_card(self._next_number(), CARD_APPLICATION, self._key, self._dice)
        tapped = await self._hold(card)
        if tapped is not None and _opens(tapped):
            self.true_let_in += 1
        else:
            self.wrong.append("a true card was refused")

    async def _hold(self, card: Card) -> Tapped | None:
        """Hold a card to the reader until it is answered; None where it is not."""
        self._answer = self._loop.create_future()
        self._field.place(card)
        try:
            async with asyncio.timeout(_ANSWERED_WITHIN_S):
                return await self._answer
        except TimeoutError:
            return None
        finally:
            self._answer = None
            self._field.remove()

    def _next_number(self) -> bytes:
        self._shown += 1
        return b"\x04" + self._shown.to_bytes(6, "big")

    def _post(self, fact: PortFact) -> None:
        match fact:
            case Tapped() if self._answer is not None and not self._answer.done():
                self._answer.set_result(fact)
            case ReaderFails(error=error):
                self.wrong.append(f"the reader failed: {error}")


def _reference(number: bytes) -> str:
    return f"c_{number.hex():0>32}"


def _opens(tapped: Tapped) -> bool:
    """Decide as the node does, at a door that asks for no proof: there a bare number would do."""
    window = Window(point=_DOOR, start=_NOON, end=_NOON + timedelta(hours=1), why="member")
    access = AccessList(
        site="site",
        node="node",
        revision=1,
        issued_at=_NOON,
        horizon=_NOON + timedelta(hours=1),
        expires_at=_NOON + timedelta(hours=1),
        on_stale={},
        sets={1: (window,)},
        credentials={tapped.credential: Rights(sets=(1,), member=True, aes=True)},
    )
    tap = Tap(tapped.credential, "in", _NOON, clock_trusted=True, proof=tapped.proof)
    return at_door(tap, access, _DOOR).lock is not None
