"""Whatever comes in from the wire: the gateway keeps it with its reason, and goes on taking in the rest."""

import json
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.adapters.card_vault import FileVault
from gateway.adapters.ledger import SqlLedger
from gateway.adapters.signer import FileSigner
from gateway.service import Gateway
from protocol.codec import decode, encode
from protocol.events import EventBatch
from protocol.messages import NodeStatus, StateSnapshot
from protocol.topics import NodeTopics, Up
from tests.fakes import RememberingDownlink, RememberingNotifier, SetClock, enrolment, site
from tests.hostile import hostile

_WHO: Final = {"v": 1, "site": "sceaux-smart", "node": "ss-entrance"}
_EVENT: Final = {"type": "DoorClosed", "door": "entrance", "open_s": 1.5}
_CLOCK: Final = {"boot": "b" * 16, "uptime_s": 100.0}
_AT: Final = "2026-11-24T08:59:00.000000Z"
_RECORD: Final = {"seq": 1, "at": _AT, "clock": "synchronised", "event": _EVENT, **_CLOCK}
MESSAGES: Final[dict[Up, dict[str, Any]]] = {
    "events": {
        **_WHO,
        "epoch": "e" * 16,
        "held_from": 1,
        "start": "5" * 16,
        "boot": "b" * 16,
        "sent_at": _AT,
        "sent_uptime_s": 101.0,
        "records": [_RECORD],
    },
    "status": {
        **_WHO,
        **_CLOCK,
        "online": True,
        "start": "5" * 16,
        "at": _AT,
        "software": "1.0",
        "list_revision": 1,
        "pending": 0,
    },
    "state": {**_WHO, "at": _AT, "doors": {}, "compartments": {}, "presence": {}, "readers": {}},
    "renewal": {**_WHO, "serial": "ab", "csr": "-----BEGIN", "signature": "AAAA"},
}
_LOOK_EVERY_S: Final = 0.001
_LOOKS: Final = 30_000
_payloads = st.sampled_from(sorted(MESSAGES)).flatmap(
    lambda kind: st.tuples(st.just(kind), hostile(MESSAGES[kind]))
)
_on_threads_of_its_own = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Working:
    """A gateway whose workers run, and a node that sends one good event at a time."""

    def __init__(self, folder: Path) -> None:
        self.ledger = SqlLedger(f"sqlite:///{folder / 'ledger.sqlite'}")
        self.downlink, self.clock = RememberingDownlink(), SetClock()
        signer, sites = FileSigner(folder / "signing.key"), {"sceaux-smart": site()}
        vault = FileVault(folder / "card-master.key")
        rim = (self.clock, self.downlink, signer, vault, RememberingNotifier())
        self.gateway = Gateway(self.ledger, *rim, sites, enrolment(folder, self.ledger, self.clock, sites))
        self._seqs = count(1)

    def receive(self, kind: Up, payload: bytes) -> None:
        self.clock.pass_s(1)
        self.gateway.receive(NodeTopics("sceaux-smart", "ss-entrance").up(kind), payload)

    def takes_the_next_event(self) -> bool:
        seq = next(self._seqs)
        record = {**_RECORD, "seq": seq, "uptime_s": 100.0 + seq}
        batch = EventBatch.model_validate({**MESSAGES["events"], "epoch": "a" * 16, "records": [record]})
        self.receive("events", encode(batch))
        return _comes(lambda: self._acknowledged(seq))

    def reason_kept_for(self, payload: bytes) -> str:
        """Return why it was refused, as a whole, or its record where that could be told apart."""
        with self.ledger.reading() as books:
            reasons = {letter.payload: letter.reason for letter in books.journal.dead_letters(1000)}
        record = json.dumps(_RECORD).encode()
        return reasons.get(payload) or next(reason for kept, reason in reasons.items() if record in kept)

    def _acknowledged(self, seq: int) -> bool:
        return any((ack.epoch, ack.seq) == ("a" * 16, seq) for ack in self.downlink.acks[-3:])


@pytest.fixture(scope="module")
def working(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Working]:
    working = Working(tmp_path_factory.mktemp("gateway"))
    working.gateway.start()
    yield working
    working.gateway.stop()
    working.ledger.close()


def test_the_messages_that_are_spoiled_here_are_good_ones() -> None:
    decode(EventBatch, json.dumps(MESSAGES["events"]).encode())
    decode(NodeStatus, json.dumps(MESSAGES["status"]).encode())
    decode(StateSnapshot, json.dumps(MESSAGES["state"]).encode())


@given(_payloads)
@_on_threads_of_its_own
def test_a_hostile_payload_is_kept_with_its_reason_and_stops_nothing(
    working: Working, sent: tuple[Up, bytes]
) -> None:
    working.receive(*sent)
    assert working.takes_the_next_event()
    assert working.reason_kept_for(sent[1])


def _comes(arrived: Callable[[], bool]) -> bool:
    for _ in range(_LOOKS):
        if arrived():
            return True
        time.sleep(_LOOK_EVERY_S)
    return False
