"""Bytes to message and back. What cannot be understood is refused with an error that names the field."""

from collections.abc import Iterable
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from protocol.base import MAX_MESSAGE_BYTES, VERSION
from protocol.events import Envelope

M = TypeVar("M", bound=BaseModel)


class MessageRefused(ValueError):
    """Why a payload was not understood.

    `reason` is one of too_large, not_json, unknown_version, bad_field; the text says where and what.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


def encode(message: BaseModel) -> bytes:
    """Write a message as the wire has it: one JSON object, UTF-8."""
    return message.model_dump_json().encode()


def encode_batch(envelope: Envelope, records: Iterable[str]) -> bytes:
    """Write an EventBatch whose records are JSON already, as `encode` would."""
    opened = envelope.model_dump_json().removesuffix("}")
    return f'{opened},"records":[{",".join(records)}]}}'.encode()


def decode(kind: type[M], payload: bytes) -> M:
    """Read a `kind` from `payload`. Raises MessageRefused, never anything else.

    Strictly: a number is a number, neither "5" nor true. What is guessed at one end is wrong at the other.
    """
    if len(payload) > MAX_MESSAGE_BYTES:
        raise MessageRefused("too_large", f"{len(payload)} bytes, at most {MAX_MESSAGE_BYTES} are read")
    try:
        message = kind.model_validate_json(payload, strict=True)
    except ValidationError as error:
        raise _refusal(error) from error
    if "v" not in message.model_fields_set:
        raise MessageRefused("unknown_version", f"v is missing, this software reads {VERSION}")
    return message


def _refusal(error: ValidationError) -> MessageRefused:
    first = error.errors(include_url=False, include_context=False)[0]
    if first["type"] == "json_invalid":
        return MessageRefused("not_json", first["msg"])
    field = ".".join(str(part) for part in first["loc"]) or "the message"
    versions = [e for e in error.errors(include_url=False) if e["loc"] == ("v",)]
    if versions:
        given = versions[0]["input"]
        return MessageRefused("unknown_version", f"v is {given!r}, this software reads {VERSION}")
    return MessageRefused("bad_field", f"{field}: {first['msg']}")
