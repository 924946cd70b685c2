"""What happens when: an overture in which everything is seen once, then chance."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Part = Literal["desk", "office", "meeting", "loan", "parcel", "outsider", "stranger", "copy"]
Where = Literal["first", "second"]


@dataclass(frozen=True, slots=True)
class Beat:
    """After `wait_s`, someone begins to play `part` at one of two sites, staying `stay_s` at a time."""

    wait_s: float
    part: Part
    where: Where
    stay_s: float


_OVERTURE: Final[tuple[tuple[float, Part, Where, float], ...]] = (
    (0.0, "meeting", "first", 8.0),
    (0.2, "parcel", "first", 2.0),
    (0.2, "loan", "first", 3.0),
    (0.2, "desk", "first", 6.0),
    (0.2, "desk", "second", 5.0),
    (0.8, "office", "first", 4.0),
    (0.8, "stranger", "first", 1.0),
    (0.4, "copy", "first", 1.0),
    (0.6, "desk", "first", 5.0),
    (0.8, "meeting", "second", 5.0),
    (0.8, "desk", "first", 9.0),
    (0.8, "outsider", "first", 2.0),
    (0.6, "desk", "second", 4.0),
    (0.8, "office", "first", 12.0),
    (0.8, "desk", "first", 8.0),
    (0.8, "desk", "first", 4.0),
    (1.0, "desk", "second", 9.0),
    (1.0, "desk", "first", 7.0),
)

_PARTS: Final[dict[Part, int]] = {
    "desk": 12,
    "office": 4,
    "meeting": 3,
    "loan": 1,
    "parcel": 1,
    "outsider": 1,
    "stranger": 1,
    "copy": 1,
}
_AT_FIRST: Final = 0.75
_WAITS_S: Final = (0.6, 2.6)
_STAYS_S: Final = (8.0, 45.0)


def programme(rng: random.Random) -> Iterator[Beat]:
    """Yield beats without end, the same for the same seed."""
    for wait_s, part, where, stay_s in _OVERTURE:
        yield Beat(wait_s, part, where, stay_s)
    while True:
        (part,) = rng.choices(list(_PARTS), list(_PARTS.values()))
        at_first = rng.random() < _AT_FIRST
        yield Beat(rng.uniform(*_WAITS_S), part, "first" if at_first else "second", rng.uniform(*_STAYS_S))
