"""A member with an unmistakable name, address and card lives through the real place, and is looked for."""

import base64
import re
import subprocess
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from firmware_sim.influxdb import InfluxDB
from firmware_sim.mosquitto import Mosquitto
from gateway.adapters.clock import SystemClock
from protocol.base import as_wire_time
from tests.feeds import ics
from tests.servers.connection import Connection
from tests.servers.influxql import ask
from tests.whole_place import NODE, WholePlace, until, whole_place

NAME = "Zephyrine Quetzalcanari"
MAIL = "zq-canari@oiseaux.example"
UID = bytes.fromhex("045ac399e7b180")
ROOT = Path(__file__).parents[2]
DATABASE = "passerelle"
DAY_91 = timedelta(days=91)


def traces() -> dict[str, bytes]:
    """Every form in which somebody might have written the canary down."""
    hexed = UID.hex()
    return {
        "name": NAME.encode(),
        "family name": NAME.split()[1].encode(),
        "name in UTF-16": NAME.encode("utf-16-le"),
        "mail": MAIL.encode(),
        "mail's beginning": MAIL.partition("@")[0].encode(),
        "card": UID,
        "card in hex": hexed.encode(),
        "card in capital hex": hexed.upper().encode(),
        "card in hex with colons": UID.hex(":").encode(),
        "card backwards": UID[::-1],
        "card in base64": base64.b64encode(UID).rstrip(b"="),
        "card in URL-safe base64": base64.urlsafe_b64encode(UID).rstrip(b"="),
    }


def found_in(where: str, content: bytes, wanted: dict[str, bytes]) -> list[str]:
    return [f"{what} in {where}" for what, trace in wanted.items() if trace in content]


def found_in_files(files: Iterable[Path], wanted: dict[str, bytes]) -> list[str]:
    return [hit for file in files if file.is_file() for hit in found_in(str(file), file.read_bytes(), wanted)]


def take_up_the_canary(place: WholePlace) -> str:
    """Let the canary join with a card, and return its reference."""
    member = {
        "id": "m-canary",
        "name": NAME,
        "category": "member",
        "plan": "staff",
        "sites": ["sceaux-smart"],
    }
    before = place.list_revision()
    answer = place.api.post("/api/v1/members", json={**member, "credentials": [{"uid": UID.hex()}]})
    answer.raise_for_status()
    (card,) = place.api.get("/api/v1/members/m-canary/credentials").json()
    until(lambda: place.list_revision() > before)
    return str(card["ref"])


def live(place: WholePlace, broker: Connection, ref: str) -> None:
    """Come, go, book, borrow, be refused; and let something happen that nobody understands."""
    assert place.tap(uid=UID)
    place.walk_through()
    assert place.tap("entrance-out", uid=UID)
    now = SystemClock().now()
    booking = {
        "site": "sceaux-smart",
        "space": "meeting-1",
        "member": "m-canary",
        "title": f"{NAME} <{MAIL}>",
    }
    times = {"starts_at": (now + timedelta(hours=1)), "ends_at": (now + timedelta(hours=2))}
    place.api.post("/api/v1/bookings", json={**booking, **_iso(times)}).raise_for_status()
    loan = {"site": "sceaux-smart", "item": "projector", "member": "m-canary"}
    due_at = (now + timedelta(hours=1)).isoformat()
    place.api.post("/api/v1/loans", json={**loan, "due_at": due_at}).raise_for_status()
    hire = {
        "site": "sceaux-smart",
        "spaces": ["meeting-2"],
        "organiser": "m-canary",
        "title": f"Fête, {NAME}",
    }
    place.api.post("/api/v1/privatisations", json={**hire, **_iso(times), "guests": []}).raise_for_status()
    visit = {
        "site": "sceaux-smart",
        "doors": ["entrance"],
        "visitor": f"Lou {NAME.split()[1]}",
        "host": "m-canary",
    }
    place.api.post("/api/v1/passes", json={**visit, **_iso(times)}).raise_for_status()
    given = {"name": f"Agenda, {NAME}", "member": "m-canary"}
    place.api.post("/api/v1/calendar-subscriptions", json=given).raise_for_status()
    follow_a_calendar(place, **times)
    wrong = place.api.post("/api/v1/members", json={"name": NAME, "mail": MAIL})
    assert wrong.status_code == 422
    broker.publish(f"passerelle/sceaux-smart/{NODE}/up/events", f'{{"credential": "{ref}"'.encode())
    until(lambda: place.api.get("/healthz").json()["dead_letters"] > 0)


def follow_a_calendar(place: WholePlace, starts_at: datetime, ends_at: datetime) -> None:
    """Let somebody else's calendar name the canary, in a file that is brought."""
    calendar = {"site": "sceaux-smart", "space": "meeting-3", "name": "Agenda", "members": ["ana"]}
    made = place.api.post("/api/v1/calendars", json=calendar)
    made.raise_for_status()
    feed = ics(
        f"UID:1\nDTSTART:{starts_at:%Y%m%dT%H%M%SZ}\nDTEND:{ends_at:%Y%m%dT%H%M%SZ}\n"
        f"ORGANIZER;CN={NAME}:mailto:{MAIL}\nSUMMARY:Entretien, {NAME}"
    )
    headers = {"Content-Type": "text/calendar"}
    brought = place.api.put(f"/api/v1/imports/calendars/{made.json()['id']}", content=feed, headers=headers)
    brought.raise_for_status()


def _iso(times: dict[str, datetime]) -> dict[str, str]:
    return {name: moment.isoformat() for name, moment in times.items()}


@pytest.mark.server("mosquitto", "influxdb")
def test_the_canary_is_in_no_topic_log_or_history_and_after_day_91_nowhere(
    mosquitto: Mosquitto, influxdb: InfluxDB, tmp_path: Path
) -> None:
    ask(influxdb.url, f'CREATE DATABASE "{DATABASE}"')
    history: dict[str, Any] = {"influx": {"url": influxdb.url, "database": DATABASE}}
    wanted = traces()
    with Connection(mosquitto) as broker, whole_place(tmp_path, mosquitto, **history) as place:
        broker.subscribe("#")
        ref = take_up_the_canary(place)
        live(place, broker, ref)
        until(lambda: ask(influxdb.url, "SELECT * FROM /.*/ WHERE kind = 'BadgePresented'", DATABASE))
        data = place.gateway.folder
        held = found_in_files(data.rglob("*"), {**wanted, "reference": ref.encode()})
        assert {hit.partition(" in /")[0] for hit in held} >= {"name", "mail", "reference"}, "it can be found"

        before = until(place.list_revision)
        erase(data / "gateway.toml")
        until(lambda: place.list_revision() > before)
        until(lambda: not place.strike_is_released())
        assert not place.tap(uid=UID), "the door still opens to an erased badge"
        start_again_on_day_91(place)
        topics = [message.topic.encode() + b"\0" + message.payload for message in broker.so_far()]
        points = repr(ask(influxdb.url, "SELECT * FROM /.*/", DATABASE)).encode()
    influxdb.stop()
    mosquitto.stop()

    assert len(topics) > 10
    assert b"BadgePresented" in points
    nowhere = [hit for topic in topics for hit in found_in("a topic", topic, wanted)]
    nowhere += found_in("what InfluxDB answers", points, wanted)
    nowhere += found_in_files(
        tmp_path.rglob("*"), wanted
    )  # logs, InfluxDB's and the broker's files, all data
    nowhere += found_in_files(
        data.rglob("*"), {"reference": ref.encode(), "bare reference": ref[2:].encode()}
    )
    assert nowhere == []


def start_again_on_day_91(place: WholePlace) -> None:
    """Stop the gateway, and start it 91 days later: it forgets before it serves anybody."""
    place.gateway.stop()
    file = place.gateway.folder / "gateway.toml"
    then = as_wire_time(SystemClock().now() + DAY_91)
    later = f'clock = "stepped"\nclock_start = "{then}"\n' + file.read_text(encoding="utf-8")
    file.write_text(later, encoding="utf-8")
    place.gateway.restart()
    log = (place.gateway.folder / "gateway.log").read_text(encoding="utf-8")
    assert re.search(r"event=retention named=[1-9]", log), log


def erase(settings: Path) -> None:
    """Type `passerelle privacy erase` beside the gateway."""
    typed = [sys.executable, "-m", "passerelle", "privacy", "erase", "m-canary", "--yes", "--settings"]
    done = subprocess.run([*typed, str(settings)], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "is forgotten: 1 badges revoked" in done.stdout
    assert found_in("what it says", (done.stdout + done.stderr).encode(), traces()) == []
