"""Carrying events from the spool to the gateway."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from edge.core.delivery import BATCH_BYTES, Linked
from edge.courier import Courier
from edge.identity import Identity
from protocol.events import DoorHeldOpen, Record
from protocol.messages import Ack, GatewayStatus, Renew
from tests.unit.edge.fakes import NINE, LoopClock, SpoolInMemory, UplinkInMemory
from tests.unit.edge.gateway_side import TRUST
from tests.unit.edge.virtual_time import run_virtually

NEW = "f1f1f1f1f1f1f1f1"
EPOCH = "e0e0e0e0e0e0e0e0"
IDENTITY = Identity(TRUST, ledger="ledger", start="5" * 16, software="1.0")


def record(seq: int) -> Record:
    return Record(
        seq=seq,
        at=NINE,
        boot="b007b007b007b007",
        uptime_s=1.5,
        clock="synchronised",
        event=DoorHeldOpen(door="entrance"),
    )


def spool_of(count: int) -> SpoolInMemory:
    return SpoolInMemory(records={seq: record(seq) for seq in range(1, count + 1)}, last_seq=count)


def ack(seq: int, epoch: str = EPOCH) -> Ack:
    return Ack(ledger="ledger", node="ss-entrance", epoch=epoch, seq=seq)


def told(spool: SpoolInMemory, story: Callable[[Courier, UplinkInMemory], Coroutine[Any, Any, None]]) -> None:
    async def play() -> None:
        uplink = UplinkInMemory()
        courier = Courier(IDENTITY, spool, uplink, LoopClock())
        working = asyncio.create_task(courier.run())
        await story(courier, uplink)
        working.cancel()

    run_virtually(play())


def sent(uplink: UplinkInMemory) -> list[list[int]]:
    return [[r.seq for r in batch.records] for batch in uplink.batches()]


def test_nothing_is_sent_before_the_link_is_up() -> None:
    async def story(_courier: Courier, uplink: UplinkInMemory) -> None:
        await asyncio.sleep(60)
        assert uplink.sent == []

    told(spool_of(3), story)


def test_a_backlog_travels_together_in_a_batch_that_describes_itself() -> None:
    async def story(courier: Courier, uplink: UplinkInMemory) -> None:
        courier.tell(Linked(up=True))
        await asyncio.sleep(1)
        (batch,) = uplink.batches()
        assert [r.seq for r in batch.records] == [1, 2, 3]
        assert (batch.site, batch.node, batch.epoch) == ("sceaux-smart", "ss-entrance", "e0e0e0e0e0e0e0e0")
        assert (batch.held_from, batch.boot, batch.sent_uptime_s) == (1, "b007b007b007b007", 1000.0)
        assert uplink.sent[0][0] == "passerelle/sceaux-smart/ss-entrance/up/events"
        assert not uplink.sent[0][2]

    told(spool_of(3), story)


def test_a_live_event_travels_alone() -> None:
    async def story(courier: Courier, uplink: UplinkInMemory) -> None:
        courier.tell(Linked(up=True))
        await asyncio.sleep(1)
        courier.tell(ack(3))
        await spool.append(EPOCH, [record(4)])
        courier.look()
        await asyncio.sleep(1)
        assert sent(uplink) == [[1, 2, 3], [4]]

    spool = spool_of(3)
    told(spool, story)


def test_no_batch_is_larger_than_allowed_and_no_window_wider() -> None:
    async def story(courier: Courier, uplink: UplinkInMemory) -> None:
        courier.tell(Linked(up=True))
        await asyncio.sleep(1)
        assert max(len(payload) for _, payload, _ in uplink.sent) <= BATCH_BYTES
        assert [seq for batch in sent(uplink) for seq in batch] == list(range(1, 1001))

    told(spool_of(1500), story)


def test_what_is_not_acknowledged_is_sent_again_until_it_is() -> None:
    async def story(courier: Courier, uplink: UplinkInMemory) -> None:
        courier.tell(Linked(up=True))
        await asyncio.sleep(3.5)
        assert sent(uplink) == [[1, 2, 3], [1, 2, 3]]
        courier.tell(ack(2))
        await asyncio.sleep(3.5)
        assert sent(uplink)[2:] == [[3]]
        courier.tell(ack(3))
        await asyncio.sleep(3600)
        assert len(sent(uplink)) == 3
        assert courier.pending == 0

    told(spool_of(3), story)


def test_going_back_while_the_disk_is_read_loses_nothing() -> None:
    async def story(courier: Courier, uplink: UplinkInMemory) -> None:
        courier.tell(Linked(up=True))
        await asyncio.sleep(1)
        courier.tell(ack(3))
        await spool.append(EPOCH, [record(4)])
        courier.look()
        await asyncio.sleep(0)  # the courier has begun to read 4
        courier.tell(ack(1))
        await asyncio.sleep(1)
        assert sent(uplink)[1:] == [[2, 3, 4]]

    spool = spool_of(3)
    told(spool, story)


def test_tidying_keeps_the_cursor_and_forgets_only_what_is_acknowledged_and_old() -> None:
    async def story(courier: Courier, uplink: UplinkInMemory) -> None:
        courier.tell(Linked(up=True))
        courier.tell(ack(2))
        await courier.tidy(NINE + timedelta(seconds=1))
        assert (spool.cursor, list(spool.records)) == (2, [3])
        await asyncio.sleep(1)
        assert uplink.batches()[-1].held_from == 3
        courier.tell(ack(0))
        await asyncio.sleep(1)
        assert sent(uplink)[-1] == [3]

    spool = spool_of(3)
    told(spool, story)


def test_what_a_damaged_spool_left_behind_is_delivered_first_and_under_its_own_numbers() -> None:
    async def story(courier: Courier, uplink: UplinkInMemory) -> None:
        spool.begin(NEW, record(1), left=(3, 4))
        courier.look()
        courier.tell(Linked(up=True))
        await asyncio.sleep(1)
        assert [(b.epoch, b.held_from, [r.seq for r in b.records]) for b in uplink.batches()] == [
            (EPOCH, 3, [3, 4])
        ]
        assert courier.pending == 3
        courier.tell(ack(4))
        await asyncio.sleep(1)
        assert (uplink.batches()[-1].epoch, sent(uplink)[-1]) == (NEW, [1])
        courier.tell(ack(1, NEW))
        assert courier.pending == 0

    spool = spool_of(4)
    told(spool, story)


def test_an_epoch_that_ends_while_it_is_read_is_left_for_the_next() -> None:
    async def story(courier: Courier, uplink: UplinkInMemory) -> None:
        courier.tell(Linked(up=True))
        await asyncio.sleep(0)  # the courier has begun to read
        spool.begin(NEW, record(1))
        await asyncio.sleep(1)
        assert [(batch.epoch, [r.seq for r in batch.records]) for batch in uplink.batches()] == [(NEW, [1])]

    spool = spool_of(4)
    told(spool, story)


def test_a_run_that_is_asked_to_sends_what_follows_in_a_new_epoch() -> None:
    async def story(courier: Courier, uplink: UplinkInMemory) -> None:
        courier.tell(Linked(up=True))
        await asyncio.sleep(1)
        courier.tell(ack(9).model_copy(update={"renew": Renew(start=IDENTITY.start, first=3)}))
        await asyncio.sleep(1)
        assert (uplink.batches()[-1].epoch, sent(uplink)[-1]) == (NEW, [1, 2])

    told(spool_of(4), story)


def test_what_is_asked_of_another_run_or_by_another_ledger_is_ignored() -> None:
    async def story(courier: Courier, uplink: UplinkInMemory) -> None:
        courier.tell(Linked(up=True))
        await asyncio.sleep(1)
        theirs = ack(4).model_copy(update={"renew": Renew(start="6" * 16, first=3)})
        stranger = Renew(start=IDENTITY.start, first=3)
        courier.tell(theirs)
        courier.tell(ack(4).model_copy(update={"renew": stranger, "ledger": "other"}))
        await asyncio.sleep(1)
        assert (spool.epoch, courier.pending) == (EPOCH, 4)

    told(spool := spool_of(4), story)


def test_what_the_gateway_never_answers_is_replaced_and_set_aside_once_that_is_answered() -> None:
    async def story(courier: Courier, uplink: UplinkInMemory) -> None:
        courier.tell(Linked(up=True))
        courier.tell(GatewayStatus(online=True, start="a" * 16, at=NINE))
        await asyncio.sleep(120)
        standing_in = [b for b in uplink.batches() if b.records[0].event.type == "RecordUnreadable"]
        assert [[r.seq for r in batch.records] for batch in standing_in[:1]] == [[1]]
        assert spool.aside == []
        while uplink.batches()[-1].records[0].event.type != "RecordUnreadable":  # noqa: ASYNC110 - no event
            await asyncio.sleep(1)
        courier.tell(ack(1))
        await asyncio.sleep(1)
        assert spool.aside == [1]
        assert sent(uplink)[-1][0] == 2

    told(spool := spool_of(4), story)


def test_what_the_ledger_has_of_a_renewed_epoch_does_not_hold_up_the_new_one() -> None:
    async def story(courier: Courier, uplink: UplinkInMemory) -> None:
        spool.begin(NEW, record(1), left=(1, 2))  # what was asked for is done: 3 and 4 have other numbers
        courier.look()
        courier.tell(Linked(up=True))
        await asyncio.sleep(1)
        assert (uplink.batches()[-1].epoch, sent(uplink)[-1]) == (EPOCH, [1, 2])
        courier.tell(ack(2).model_copy(update={"renew": Renew(start=IDENTITY.start, first=3)}))
        await asyncio.sleep(1)
        assert (uplink.batches()[-1].epoch, sent(uplink)[-1]) == (NEW, [1])
        assert spool.epoch == NEW

    told(spool := spool_of(4), story)
