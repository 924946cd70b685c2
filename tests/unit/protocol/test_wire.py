import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from protocol.base import MAX_MESSAGE_BYTES
from protocol.codec import MessageRefused, decode, encode
from protocol.events import MOST_RECORDS, DoorClosed, EventBatch
from protocol.identifiers import credential_ref
from protocol.messages import Ack, Command, UnlockDoor
from protocol.reading import read_batch
from protocol.schema import FOLDER, schema_files
from protocol.signing import Kind, SignatureRefused, Signed, public_from_text, public_text, sign, verify
from protocol.topics import NodeTopics, UpTopic, parse_down, parse_up

RECORD = {
    "seq": 4,
    "at": "2026-11-24T08:00:00.000000Z",
    "boot": "b" * 16,
    "uptime_s": 12.5,
    "clock": "synchronised",
    "event": {"type": "DoorClosed", "door": "entrance", "open_s": 2.5},
}
BATCH = {
    "v": 1,
    "site": "sceaux-smart",
    "node": "ss-entrance",
    "epoch": "e" * 16,
    "held_from": 1,
    "start": "5" * 16,
    "boot": "b" * 16,
    "sent_at": "2026-11-24T08:00:01.000000Z",
    "sent_uptime_s": 13.5,
    "records": [RECORD],
}


def payload(**changes: object) -> bytes:
    return json.dumps(BATCH | changes).encode()


def test_a_batch_reads_back_as_it_was_written() -> None:
    batch = decode(EventBatch, payload())
    assert batch.records[0].event == DoorClosed(door="entrance", open_s=2.5)
    assert json.loads(encode(batch)) == BATCH


@pytest.mark.parametrize(
    ("spoiled", "reason", "named"),
    [
        (payload(v=2), "unknown_version", "v is 2"),
        (payload(colour="blue"), "bad_field", "colour"),
        (payload(epoch="short"), "bad_field", "epoch"),
        (payload(records=[]), "bad_field", "records"),
        (payload(records=[RECORD | {"event": {"type": "DoorMelted"}}]), "bad_field", "records.0.event"),
        (payload(records=[RECORD | {"at": "2026-11-24T08:00:00"}]), "bad_field", "records.0.at"),
        (payload(records=[RECORD | {"at": "9999-12-31T23:00:00Z"}]), "bad_field", "from 1970 to 2199"),
        (payload(records=[RECORD | {"at": "0001-01-01T00:00:00+14:00"}]), "bad_field", "from 1970 to 2199"),
        (payload(records=[RECORD | {"uptime_s": 1e300}]), "bad_field", "records.0.uptime_s"),
        (payload(held_from="1"), "bad_field", "held_from"),
        (payload(held_from=True), "bad_field", "held_from"),
        (payload(held_from=1.0), "bad_field", "held_from"),
        (payload(v="1"), "unknown_version", "v is '1'"),
        (payload(sent_uptime_s="13.5"), "bad_field", "sent_uptime_s"),
        (payload(sent_uptime_s=True), "bad_field", "sent_uptime_s"),
        (payload(sent_at=1_700_000_000), "bad_field", "sent_at"),
        (payload(sent_uptime_s=-1), "bad_field", "sent_uptime_s"),
        (b'{"v": 1', "not_json", "not_json"),
        (b"\xff\xfe", "not_json", "not_json"),
        (b"[]", "bad_field", "the message"),
        (b" " * (MAX_MESSAGE_BYTES + 1), "too_large", str(MAX_MESSAGE_BYTES)),
    ],
)
def test_what_is_not_understood_is_refused_by_name(spoiled: bytes, reason: str, named: str) -> None:
    with pytest.raises(MessageRefused, match=named) as refusal:
        decode(EventBatch, spoiled)
    assert refusal.value.reason == reason


def test_a_message_that_does_not_say_its_version_is_refused() -> None:
    unversioned = {key: value for key, value in BATCH.items() if key != "v"}
    with pytest.raises(MessageRefused, match="v is missing"):
        decode(EventBatch, json.dumps(unversioned).encode())


def test_one_unreadable_record_does_not_spoil_its_batch() -> None:
    strange = RECORD | {"seq": 5, "event": {"type": "DoorMelted"}}
    reading = read_batch(payload(records=[RECORD, strange, RECORD | {"seq": 6}]))
    assert reading.batch is not None
    assert [record.seq for record in reading.batch.records] == [4, 6]
    assert [(slot.seq, slot.reason) for slot in reading.unreadable] == [(5, "bad_field")]
    assert reading.seqs == [4, 5, 6]


def test_what_cannot_be_read_is_kept_as_a_batch_of_its_own() -> None:
    strange = RECORD | {"seq": 5, "event": {"type": "DoorMelted"}}
    (slot,) = read_batch(payload(records=[RECORD, strange])).unreadable
    (again,) = read_batch(slot.raw).unreadable
    assert (again.seq, again.raw) == (5, slot.raw)
    assert json.loads(slot.raw) == BATCH | {"records": [strange]}


@pytest.mark.parametrize("seqs", [(5, 4), (4, 4)])
@pytest.mark.parametrize("event", [RECORD["event"], {"type": "DoorMelted"}])
def test_records_out_of_order_are_refused_whole(seqs: tuple[int, int], event: object) -> None:
    with pytest.raises(MessageRefused, match="comes after"):
        read_batch(payload(records=[RECORD | {"seq": seq, "event": event} for seq in seqs]))


def test_what_is_as_large_around_its_records_as_to_be_kept_with_each_is_refused_whole() -> None:
    with pytest.raises(MessageRefused, match="v is 2"):
        read_batch(payload(v=2, novel="x" * 5000))


def test_a_batch_of_a_later_version_still_shows_its_place_in_the_order() -> None:
    reading = read_batch(payload(v=2, new_field=True))
    assert reading.batch is None
    assert [(slot.seq, slot.reason) for slot in reading.unreadable] == [(4, "unknown_version")]


@pytest.mark.parametrize("hopeless", [b"no", payload(epoch=7), payload(records=[{"seq": "x"}])])
def test_a_batch_without_an_identity_is_refused_whole(hopeless: bytes) -> None:
    with pytest.raises(MessageRefused):
        read_batch(hopeless)


COMMAND = Command(
    v=1,
    id="k-1",
    site="s",
    node="n",
    start="b" * 16,
    not_after_uptime_s=99.5,
    action=UnlockDoor(door="entrance"),
)


def test_a_signature_holds_over_the_wire() -> None:
    key = Ed25519PrivateKey.generate()
    trusted = public_from_text(public_text(key.public_key()))
    arrived = decode(type(signed := sign(key, "command", COMMAND)), encode(signed))
    assert Command.model_validate(verify(trusted, arrived, "command")) == COMMAND


@pytest.mark.parametrize(
    "changes",
    [
        {"records": [RECORD | {"seq": seq} for seq in range(1, MOST_RECORDS + 2)]},
        {"records": [{"seq": seq} for seq in range(1, MOST_RECORDS + 2)]},
        {"records": []},
        {"records": [], "v": 2},
        {"held_from": 5},
        {"held_from": 5, "v": 2},
    ],
)
def test_a_batch_that_is_no_batch_is_refused_as_a_whole(changes: dict[str, object]) -> None:
    with pytest.raises(MessageRefused):
        read_batch(payload(**changes))


def test_a_changed_body_a_wrong_kind_and_a_strange_key_are_refused() -> None:
    key = Ed25519PrivateKey.generate()
    signed = sign(key, "command", COMMAND)
    changed = signed.model_copy(update={"body": signed.body | {"node": "other"}})
    attempts: list[tuple[Signed, Kind, Ed25519PublicKey]] = [
        (changed, "command", key.public_key()),
        (signed, "access_list", key.public_key()),
        (signed, "command", Ed25519PrivateKey.generate().public_key()),
        (signed.model_copy(update={"signature": "not base64!"}), "command", key.public_key()),
        (signed.model_copy(update={"signature": "é"}), "command", key.public_key()),
    ]
    for message, kind, trusted in attempts:
        with pytest.raises(SignatureRefused):
            verify(trusted, message, kind)


def test_a_card_is_known_by_a_keyed_hash() -> None:
    uid = bytes.fromhex("04a1b2c3d4e5f6")
    assert credential_ref(b"key", uid) == credential_ref(b"key", uid)
    assert credential_ref(b"key", uid) != credential_ref(b"other key", uid)
    assert uid.hex() not in credential_ref(b"key", uid)


def test_topics_are_taken_apart_as_they_were_built() -> None:
    topics = NodeTopics("sceaux-smart", "ss-entrance")
    assert parse_up(topics.up("events")) == UpTopic("sceaux-smart", "ss-entrance", "events")
    assert parse_down(topics, topics.down("access/patch")) == "access/patch"
    assert parse_up("passerelle/sceaux-smart/ss-entrance/up/gossip") is None
    assert parse_up("other/sceaux-smart/ss-entrance/up/events") is None
    assert parse_down(topics, "passerelle/sceaux-smart/ss-garden/down/ack") is None


def test_the_schemas_are_those_of_the_code() -> None:
    for name, text in schema_files().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text


def test_an_ack_names_its_ledger() -> None:
    with pytest.raises(MessageRefused, match="ledger"):
        decode(Ack, b'{"v": 1, "node": "n", "epoch": "' + b"e" * 16 + b'", "seq": 4}')
