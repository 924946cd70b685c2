"""`python -m firmware_sim.faults.fuzzer`: Atheris drives the readers of the wire to where they never were.

It ends with an error where a reader raises anything but its own refusal. What it tried that is refused is
written, one payload a file, into a folder: the harness then sends it to real programs.
"""

import argparse
import random
from itertools import count
from pathlib import Path
from typing import Final

import atheris

with atheris.instrument_imports(include=["protocol"]):
    from protocol.access import AccessList, AccessPatch
    from protocol.base import Message
    from protocol.codec import MessageRefused, decode
    from protocol.messages import Ack, Command, GatewayStatus, NodeStatus, StateSnapshot
    from protocol.reading import read_batch
    from protocol.signing import SignatureRefused, Signed, public_from_text, verify

from firmware_sim.faults.mutation import mutated

_MESSAGES: Final = (NodeStatus, StateSnapshot, Ack, GatewayStatus, AccessList, AccessPatch, Command)
_LONGEST: Final = 16 * 1024
_KEEP_EACH: Final = 10
_KEY: Final = public_from_text("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")  # RFC 8032, 7.1, TEST 1


def try_all(payload: bytes) -> bool:
    """Read `payload` as every kind of message. False where each refuses it."""
    taken = [_is_taken(kind, payload) for kind in _MESSAGES]
    return any([*taken, _is_batch(payload), _is_signed(payload)])


def _is_taken(kind: type[Message], payload: bytes) -> bool:
    try:
        decode(kind, payload)
    except MessageRefused:
        return False
    return True


def _is_batch(payload: bytes) -> bool:
    try:
        read_batch(payload)
    except MessageRefused:
        return False
    return True


def _is_signed(payload: bytes) -> bool:
    try:
        verify(_KEY, decode(Signed, payload), "access_list")
    except (MessageRefused, SignatureRefused):
        return False
    return True


def fuzz(corpus: Path, refused: Path, runs: int, seed: int) -> None:
    """Try `runs` payloads, beginning with those in `corpus`. Ends the process, as libFuzzer does."""
    number = count()

    def mutate(data: bytes, longest: int, dice_seed: int) -> bytes:
        changed = mutated(data, random.Random(dice_seed))
        return changed if len(changed) <= longest else data

    def try_one(data: bytes) -> None:
        if not try_all(data) and (tried := next(number)) % _KEEP_EACH == 0:
            (refused / f"{tried:07}").write_bytes(data)

    options = [f"-runs={runs}", f"-seed={seed}", f"-max_len={_LONGEST}", "-verbosity=0"]
    atheris.Setup(["fuzzer", *options, str(corpus)], try_one, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("refused", type=Path)
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    chosen = parser.parse_args()
    fuzz(chosen.corpus, chosen.refused, chosen.runs, chosen.seed)
