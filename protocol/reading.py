"""Reading a batch of which a part may be beyond understanding: what can be read is, the rest is kept raw."""

import json
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from protocol.base import VERSION, Id
from protocol.codec import MessageRefused, decode
from protocol.events import Epoch, EventBatch, Record, Seq


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record whose place in the order is known, though not what it says."""

    seq: int
    reason: str
    detail: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Reading:
    """A batch as far as it can be understood. `batch` holds the readable records, or is None."""

    site: str
    node: str
    epoch: str
    held_from: int
    batch: EventBatch | None
    unreadable: tuple[Unreadable, ...]

    @property
    def seqs(self) -> list[int]:
        """All seqs of the batch, read or not, in their order."""
        readable = [record.seq for record in self.batch.records] if self.batch else []
        return sorted([*readable, *(slot.seq for slot in self.unreadable)])


class _Place(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Slot(_Place):
    seq: Seq


class _Envelope(_Place):
    v: int
    site: Id
    node: Id
    epoch: Epoch
    held_from: Seq
    records: list[_Slot]


def read_batch(payload: bytes) -> Reading:
    """Read `payload`. Raises MessageRefused where not even the identity of its records can be read."""
    try:
        batch = decode(EventBatch, payload)
    except MessageRefused as refusal:
        return _salvage(payload, refusal)
    return Reading(batch.site, batch.node, batch.epoch, batch.held_from, batch, ())


def _salvage(payload: bytes, refusal: MessageRefused) -> Reading:
    if refusal.reason == "too_large":
        raise refusal
    try:
        envelope = _Envelope.model_validate_json(payload)
        plain = json.loads(payload)
    except (ValidationError, ValueError):
        raise refusal from None
    readable: list[Record] = []
    unreadable: list[Unreadable] = []
    for slot, raw in zip(envelope.records, plain["records"], strict=True):
        text = json.dumps(raw).encode()
        try:
            readable.append(_read_record(envelope.v, text, refusal))
        except MessageRefused as problem:
            unreadable.append(Unreadable(slot.seq, problem.reason, str(problem), text))
    batch = _rebatch(plain, readable, refusal) if readable else None
    return Reading(envelope.site, envelope.node, envelope.epoch, envelope.held_from, batch, tuple(unreadable))


def _read_record(version: int, text: bytes, refusal: MessageRefused) -> Record:
    if version != VERSION:
        raise refusal
    try:
        return Record.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise MessageRefused("bad_field", f"{field}: {first['msg']}") from error


def _rebatch(plain: dict[str, object], readable: list[Record], refusal: MessageRefused) -> EventBatch:
    try:
        return EventBatch.model_validate({**plain, "records": readable})
    except ValidationError:
        raise refusal from None
