"""Whether doors go on deciding, whatever else fails."""

import time
from typing import Final

from firmware_sim.faults.place import DOORS, Place

_TRIES: Final = 120  # of half a second each: a node that starts does not read yet
_ANSWERS_WITHIN_S: Final = 5.0
_LOOK_EVERY_S: Final = 0.05


def lets_in(place: Place, node: str, number: int) -> bool:
    """Hold a crew member's card to the node's reader until it is read; whether the door opened."""
    around, door = place.around[node], DOORS[node]
    while around.released(door):  # for who came before
        time.sleep(_LOOK_EVERY_S)
    released = place.backstage.start(around.until_released(door, _TRIES + _ANSWERS_WITHIN_S))
    for _ in range(_TRIES):
        if place.tap(node, number) is not None:
            break
    else:
        released.cancel()
        return False
    opened = released.result()
    place.swing(node)
    return opened
