"""Messages with something wrong: JSON that is changed where its structure is, so that readers are reached."""

import json
import random
from typing import Any, Final

_STRANGE: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 1.5, 2**53 + 1, 10**400, 1e308, float("nan"), "", "é\u0000", "\ud800", "/", "A" * 5000,
    [], {}, [[[]]], {"v": 1}, "1970-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00",
)  # fmt: skip
_DEEP: Final = 300
_IN_BYTES_P: Final = 1 / 8
_INSIDE_P: Final = 3 / 4


def mutated(payload: bytes, dice: random.Random) -> bytes:
    """Change one to three things in `payload`: in its structure where it has one, else in its bytes."""
    if dice.random() < _IN_BYTES_P:
        return _scratched(payload, dice)
    try:
        value = json.loads(payload)
        for _ in range(dice.randint(1, 3)):
            value = _changed(value, dice)
        return json.dumps(value).encode()
    except (ValueError, RecursionError):  # no JSON, or deeper than Python goes
        return _scratched(payload, dice)


def _changed(value: Any, dice: random.Random) -> Any:
    """Replace, remove, double or add something, anywhere in `value`."""
    if isinstance(value, dict) and value and dice.random() < _INSIDE_P:
        return _changed_object(value, dice)
    if isinstance(value, list) and value and dice.random() < _INSIDE_P:
        place = dice.randrange(len(value))
        return [*value[:place], *_instead_of(value[place], dice), *value[place + 1 :]]
    return _strange(value, dice)


def _changed_object(value: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    name = dice.choice(sorted(value))
    match dice.randrange(6):
        case 0:
            return {key: each for key, each in value.items() if key != name}
        case 1:
            return {**value, f"{name}_": value[name]}
        case _:
            return {**value, name: _changed(value[name], dice)}


def _instead_of(item: Any, dice: random.Random) -> list[Any]:
    match dice.randrange(4):
        case 0:
            return []
        case 1:
            return [item, item]
        case _:
            return [_changed(item, dice)]


def _strange(value: Any, dice: random.Random) -> Any:
    match dice.randrange(5):
        case 0 if isinstance(value, str):
            return value + dice.choice("aA0-é/\n")
        case 1 if isinstance(value, int | float):
            return value + dice.choice((-1, 1, 1000, -(2**40)))
        case 2:
            return _nested(value)
        case _:
            return dice.choice(_STRANGE)


def _nested(value: Any) -> Any:
    for _ in range(_DEEP):
        value = [value]
    return value


def _scratched(payload: bytes, dice: random.Random) -> bytes:
    """Flip, cut or put in some bytes."""
    scratched = bytearray(payload or b"0")
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(len(scratched))
        match dice.randrange(3):
            case 0:
                scratched[place] ^= 1 << dice.randrange(8)
            case 1 if place > 0:
                del scratched[place:]
            case _:
                scratched[place:place] = dice.randbytes(dice.randint(1, 8))
    return bytes(scratched)
