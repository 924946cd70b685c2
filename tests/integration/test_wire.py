"""The wire as a person with `mosquitto_sub` sees it."""

import json
import subprocess
from pathlib import Path

import pytest

from firmware_sim.mosquitto import Mosquitto
from gateway.bootstrap import build
from gateway.settings import Settings
from protocol.codec import encode
from protocol.events import EventBatch, NodeStarted, Record
from protocol.topics import NodeTopics
from tests.servers.connection import Connection
from tests.servers.programs import program

SITE_FILE = Path(__file__).parents[2] / "deploy" / "sites" / "sceaux-smart.toml"
SITE = "sceaux-smart"


def watch(mosquitto: Mosquitto, topic: str, messages: int) -> "subprocess.Popen[str]":
    words = [
        "-h",
        mosquitto.host,
        "-p",
        str(mosquitto.port),
        "-t",
        topic,
        "-v",
        "-C",
        str(messages),
        "-W",
        "10",
    ]
    return subprocess.Popen([program("mosquitto-clients"), *words], stdout=subprocess.PIPE, text=True)


def seen(watcher: "subprocess.Popen[str]") -> list[tuple[str, dict[str, object]]]:
    out, _ = watcher.communicate(timeout=15)
    return [(topic, json.loads(text)) for topic, text in (line.split(" ", 1) for line in out.splitlines())]


@pytest.mark.server("mosquitto-clients")
def test_everything_on_the_wire_is_json_that_a_person_can_read(mosquitto: Mosquitto, tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path / "gateway",
        site_files=(SITE_FILE,),
        broker_host=mosquitto.host,
        broker_port=mosquitto.port,
    )
    house = build(settings)
    house.start()
    try:
        lists = dict(seen(watch(mosquitto, f"passerelle/{SITE}/+/down/access", 11)))
        status = dict(seen(watch(mosquitto, f"passerelle/{SITE}/gateway/status", 1)))
        acks = watch(mosquitto, f"passerelle/{SITE}/ss-entrance/down/ack", 1)
        topics = NodeTopics(SITE, "ss-entrance")
        with Connection(mosquitto) as node:
            while acks.poll() is None:  # until the watcher's subscription stands: a duplicate does no harm
                node.publish(topics.up("events"), encode(_batch(house.clock.now().isoformat())))
                try:
                    acks.wait(0.2)
                except subprocess.TimeoutExpired:
                    continue
        (ack,) = seen(acks)
    finally:
        house.stop()
    body = lists[topics.down("access")]["body"]
    assert isinstance(body, dict)
    assert (body["node"], body["revision"]) == ("ss-entrance", 1)
    assert status[f"passerelle/{SITE}/gateway/status"]["online"] is True
    assert (ack[1]["ledger"], ack[1]["seq"]) == (house.ledger.id, 1)


def _batch(at: str) -> EventBatch:
    record = Record.model_validate(
        {
            "seq": 1,
            "at": at,
            "boot": "b" * 16,
            "uptime_s": 1.0,
            "clock": "synchronised",
            "event": NodeStarted(software="test").model_dump(),
        }
    )
    return EventBatch(
        site=SITE,
        node="ss-entrance",
        epoch="e" * 16,
        held_from=1,
        start="5" * 16,
        boot="b" * 16,
        sent_at=record.at,
        sent_uptime_s=2.0,
        records=(record,),
    )
