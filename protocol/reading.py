"""Reading a batch of which a part may be beyond understanding: what can be read is, the rest is kept raw."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from protocol.base import VERSION, Id
from protocol.codec import MessageRefused, decode
from protocol.events import MOST_RECORDS, Boot, Epoch, EventBatch, Record, Seq

_ENVELOPE_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record whose place in the order is known, though not what it says. `raw` is a batch of it alone."""

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
    start: str
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
    start: Boot
    records: Annotated[list[_Slot], Field(min_length=1, max_length=MOST_RECORDS)]


def read_batch(payload: bytes) -> Reading:
    """Read `payload`. Raises MessageRefused where not even the identity of its records can be read."""
    try:
        batch = decode(EventBatch, payload)
    except MessageRefused as refusal:
        return _salvage(payload, refusal)
    _check_order(batch.held_from, [record.seq for record in batch.records])
    return Reading(batch.site, batch.node, batch.epoch, batch.held_from, batch.start, batch, ())


def _check_order(held_from: int, seqs: Sequence[int]) -> None:
    if held_from > seqs[0]:
        raise MessageRefused("bad_field", f"held_from: {held_from}, though seq {seqs[0]} is still held")
    for seq, following in pairwise(seqs):
        if following <= seq:
            raise MessageRefused("bad_field", f"records: seq {following} comes after {seq}")


def _salvage(payload: bytes, refusal: MessageRefused) -> Reading:
    if refusal.reason == "too_large":
        raise refusal
    try:
        envelope = _Envelope.model_validate_json(payload, strict=True)
        plain = json.loads(payload)
    except (ValidationError, ValueError):
        raise refusal from None
    _check_order(envelope.held_from, [slot.seq for slot in envelope.records])
    if len(_write(plain, [])) > _ENVELOPE_BYTES:
        raise refusal  # it would be kept once with every record
    readable: list[Any] = []
    unreadable: list[Unreadable] = []
    for slot, raw in zip(envelope.records, plain["records"], strict=True):
        try:
            _check_record(envelope.v, raw, refusal)
        except MessageRefused as problem:
            unreadable.append(Unreadable(slot.seq, problem.reason, str(problem), _write(plain, [raw])))
        else:
            readable.append(raw)
    batch = _reread(_write(plain, readable), refusal) if readable else None
    return Reading(
        envelope.site,
        envelope.node,
        envelope.epoch,
        envelope.held_from,
        envelope.start,
        batch,
        tuple(unreadable),
    )


def _check_record(version: int, raw: Any, refusal: MessageRefused) -> None:
    if version != VERSION:
        raise refusal
    try:
        Record.model_validate_json(json.dumps(raw), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise MessageRefused("bad_field", f"{field}: {first['msg']}") from error


def _reread(payload: bytes, refusal: MessageRefused) -> EventBatch:
    try:
        return decode(EventBatch, payload)
    except MessageRefused:
        raise refusal from None


def _write(plain: Mapping[str, Any], records: Sequence[Any]) -> bytes:
    return json.dumps({**plain, "records": records}).encode()
