"""Payloads found by coverage, sent to a real gateway and a real node: each is kept, and both live on."""

import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from firmware_sim.calendar.wire import Wire
from firmware_sim.faults.fault import Plan
from firmware_sim.faults.judged import judged
from firmware_sim.faults.place import ENTRANCE, SITE, STUDIO, Place, PlaceStuck, open_place, until
from firmware_sim.faults.tally import Tally
from protocol.base import Message
from protocol.codec import encode
from protocol.enrolment import CertificateIssued, Renewal
from protocol.events import DoorClosed, EventBatch, Record
from protocol.messages import Ack, Command, GatewayStatus, NodeStatus, Renew, StateSnapshot
from protocol.signing import Signed
from protocol.topics import Down, NodeTopics, Up, gateway_status

_UP: Final[tuple[Up, ...]] = ("events", "status", "state", "renewal")
_DOWN: Final[tuple[Down, ...]] = ("ack", "access", "access/patch", "command", "certificate")
_RUNS_A_ROUND: Final = 50
_FUZZES_S: Final = 600
_KEPT_WITHIN_S: Final = 30.0


class FuzzerFound(Exception):
    """A payload on which a reader raised what it must not; the text is the fuzzer's."""


def play(plan: Plan) -> Tally:
    """Send `plan.rounds` refused payloads up and down. Raises FuzzerFound where a reader failed on one."""
    payloads = _find(plan.folder, plan.rounds, plan.seed)
    with open_place(plan.folder) as place:
        place.start_node(ENTRANCE)
        unkept = _send(place, payloads, plan.advance)
        until(lambda: place.tap(ENTRANCE, 0), "a node to read a card after all that", _KEPT_WITHIN_S)
        place.come_to_rest()
        figures = {"runs": plan.rounds * _RUNS_A_ROUND, "unkept": unkept}
        tally = judged(len(payloads), place.verdict(), figures=figures)
        return replace(tally, wrong=tally.wrong + unkept)


def _find(folder: Path, rounds: int, seed: int) -> list[bytes]:
    """Let the fuzzer run, and choose from what every reader refused."""
    corpus, refused = folder / "corpus", folder / "refused"
    for each in (corpus, refused):
        each.mkdir()
    for number, message in enumerate(_good_messages()):
        (corpus / f"good-{number}").write_bytes(encode(message))
    words = (corpus, refused, "--runs", rounds * _RUNS_A_ROUND, "--seed", seed)
    argv = [sys.executable, "-m", "firmware_sim.faults.fuzzer", *map(str, words)]
    log = folder / "fuzzer.log"
    with log.open("wb") as output:
        ended = subprocess.run(argv, check=False, stderr=output, stdout=output, timeout=_FUZZES_S)  # noqa: S603
    if ended.returncode:
        raise FuzzerFound(log.read_text(encoding="utf-8", errors="replace")[-4000:])
    payloads = sorted({file.read_bytes() for file in refused.iterdir()})
    return random.Random(seed).sample(payloads, min(rounds, len(payloads)))


def _send(place: Place, payloads: Sequence[bytes], advance: Callable[[], None]) -> int:
    """Publish each payload on every topic; how many the gateway did not keep with a reason."""
    up = [NodeTopics(SITE, STUDIO).up(kind) for kind in _UP]  # no heart beats there, to overtake a payload
    everywhere = [*up, *map(NodeTopics(SITE, ENTRANCE).down, _DOWN), gateway_status(SITE)]
    wire = Wire((place.broker.host, place.broker.port), [gateway_status(SITE)])
    wire.open()
    unkept = 0
    try:
        for payload in payloads:  # one by one: of a node's status the gateway reads the latest that waits
            for topic in everywhere:
                wire.publish(topic, payload)
            unkept += _count_unkept(place, {(topic, payload) for topic in up})
            advance()
    finally:
        wire.close()
    return unkept


def _count_unkept(place: Place, sent: set[tuple[str, bytes]]) -> int:
    ledger = f"file:{place.gateway.folder / 'ledger.sqlite'}?mode=ro"
    missing = set(sent)

    def all_are_kept() -> bool:
        with closing(sqlite3.connect(ledger, uri=True)) as database:
            rows = database.execute("SELECT topic, payload FROM dead_letters WHERE reason <> ''")
            missing.difference_update(rows)
        return not missing

    try:
        until(all_are_kept, "payloads to be kept", _KEPT_WITHIN_S)
    except PlaceStuck:
        return len(missing)
    return 0


def _good_messages() -> list[Message]:
    """One of each kind, to begin with."""
    who = {"site": SITE, "node": ENTRANCE}
    boot, epoch, at = "b" * 16, "e" * 16, datetime(2026, 11, 24, 9, tzinfo=UTC)
    event = DoorClosed(door="entrance", open_s=1.5)
    record = Record(seq=1, at=at, boot=boot, uptime_s=9.5, clock="synchronised", event=event)
    sent = {"epoch": epoch, "held_from": 1, "start": boot, "boot": boot, "sent_at": at, "sent_uptime_s": 9.5}
    alive = {"online": True, "start": boot, "boot": boot, "uptime_s": 9.5, "at": at, "software": "1"}
    door = {"position": "open", "strike": "locked", "alarm": "none"}
    seen = {"doors": {"entrance": door}, "compartments": {}, "presence": {}, "readers": {}}
    action = {"do": "UnlockDoor", "door": "entrance"}
    return [
        EventBatch.model_validate({**who, **sent, "records": [record, record]}),
        NodeStatus.model_validate({**who, **alive, "list_revision": 1, "pending": 0}),
        StateSnapshot.model_validate({**who, "at": at, **seen}),
        Ack(ledger="ledger", node=ENTRANCE, epoch=epoch, seq=1, renew=Renew(start=boot, first=1)),
        GatewayStatus(online=True, start=boot, at=at),
        Command.model_validate(
            {**who, "id": "k", "start": boot, "not_after_uptime_s": 9.5, "action": action}
        ),
        Signed(kind="command", signature="AAAA", body=action),
        Renewal.model_validate({**who, "serial": "ab", "csr": "-----BEGIN", "signature": "AAAA"}),
        CertificateIssued.model_validate({**who, "certificate": "-----BEGIN"}),
    ]
