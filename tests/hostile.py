"""Payloads that nobody of ours sends: noise, JSON of no use, and real messages with one thing wrong."""

import json
from collections.abc import Mapping
from typing import Any, Final

from hypothesis import strategies as st

from protocol.base import MAX_MESSAGE_BYTES

_DEEPER_THAN_READ: Final = 1000
_WRONG_FOR_EVERY_FIELD: Final[list[Any]] = [[[]]]

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def hostile(message: Mapping[str, Any]) -> st.SearchStrategy[bytes]:
    """Draw payloads, none of which can be taken for one of the kind of `message`."""
    whole = json.dumps(message).encode()
    return st.one_of(
        st.binary(max_size=200).filter(lambda noise: not noise.lstrip().startswith(b"{")),
        _json.filter(lambda value: not isinstance(value, dict)).map(_dumped),
        st.dictionaries(st.text(), _json, max_size=5).filter(lambda d: "v" not in d).map(_dumped),
        _with_one_thing_wrong(message).map(_dumped),
        st.integers(0, len(whole) - 1).map(lambda end: whole[:end]),
        st.just(b"[" * _DEEPER_THAN_READ),
        st.just(_dumped({**message, "more": _nested(_DEEPER_THAN_READ)})),
        st.just(whole + b" " * MAX_MESSAGE_BYTES),
    )


def _with_one_thing_wrong(message: Mapping[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    names = st.sampled_from(sorted(message))
    return st.one_of(
        names.map(lambda name: {key: value for key, value in message.items() if key != name}),
        names.map(lambda name: {**message, name: _WRONG_FOR_EVERY_FIELD}),
        st.text(min_size=1)
        .filter(lambda name: name not in message)
        .map(lambda name: {**message, name: None}),
        st.integers().filter(lambda version: version != message["v"]).map(lambda v: {**message, "v": v}),
    )


def _dumped(value: object) -> bytes:
    return json.dumps(value).encode()


def _nested(depth: int) -> list[Any]:
    nest: list[Any] = []
    for _ in range(depth // 2):
        nest = [nest]
    return nest
