"""Messages that wait for a mailer: they go with whom they are for, and with time."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.adapters.notifier import OutboxNotifier
from gateway.domain.parcels import Parcel
from gateway.domain.people import Member

NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)


def _wait_for(outbox: OutboxNotifier, member: str) -> None:
    addressee = Member(member, member.title(), "member", "nomad", ("s",), None, NINE, None)
    parcel = Parcel(
        f"p-{member}", "s", "box-1", member, "post", None, NINE, NINE + timedelta(days=5), None, False
    )
    outbox.parcel_arrived(addressee, parcel, "12345678")


def test_whoever_is_forgotten_is_told_nothing_any_more(tmp_path: Path) -> None:
    outbox = OutboxNotifier(tmp_path)
    _wait_for(outbox, "ana")
    _wait_for(outbox, "bob")
    outbox.forget(Member("ana", "Ana", "member", "nomad", ("s",), None, NINE, None))
    assert [json.loads(file.read_text("utf-8"))["to"] for file in tmp_path.iterdir()] == ["bob"]


def test_messages_that_nobody_sends_go_with_time(tmp_path: Path) -> None:
    outbox = OutboxNotifier(tmp_path)
    _wait_for(outbox, "ana")
    (file,) = tmp_path.iterdir()
    os.utime(file, (NINE.timestamp(), NINE.timestamp()))
    assert outbox.sweep(NINE) == 0
    assert outbox.sweep(NINE + timedelta(seconds=1)) == 1
    assert list(tmp_path.iterdir()) == []
