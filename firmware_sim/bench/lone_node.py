"""A node alone: a real edge process in its surroundings, with no broker and no gateway to be found."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_sim.bench.backstage import Backstage
from firmware_sim.bench.processes import EdgeProcess, free_port, start_edge
from firmware_sim.bench.surroundings import Surroundings
from protocol.signing import public_text
from protocol.site import Site

_LOOK_EVERY_S: Final = 0.02
_ANSWERS_WITHIN_S: Final = 0.3


@dataclass(frozen=True, slots=True)
class LoneNode:
    """What runs, and the hands that press its exit button. Called from any thread but the backstage's."""

    backstage: Backstage
    around: Surroundings
    edge: EdgeProcess

    def press_exit(self, door: str) -> bool:
        """Press the button of a door once; whether the strike has current then, or soon."""
        return self.backstage.run(self._pressed(door))

    def is_released(self, lock: str) -> bool:
        """Whether a lock has current now."""
        return self.backstage.call(lambda: self.around.released(lock))

    def until_at_its_pins(self, within_s: float) -> bool:
        """Wait until the node that was started has connected to its pins; whether that was in time."""
        return self._until(lambda: self.around.pins.has_clients, within_s)

    def until_locked(self, lock: str, within_s: float) -> bool:
        """Wait until a lock has no current; whether that was in time."""
        return self._until(lambda: not self.around.released(lock), within_s)

    def until_low(self, pin: int, within_s: float) -> bool:
        """Wait until a pin is at 0; whether that was in time."""
        return self._until(lambda: self.around.pins.level(pin) == 0, within_s)

    def _until(self, come: Callable[[], bool], within_s: float) -> bool:
        for _ in range(int(within_s / _LOOK_EVERY_S)):
            if self.backstage.call(come):
                return True
            sleep(_LOOK_EVERY_S)
        return False

    async def _pressed(self, door: str) -> bool:
        await self.around.press_exit(door)
        return await self.around.until_released(door, within_s=_ANSWERS_WITHIN_S)


@contextmanager
def lone_node(folder: Path, site: Site, site_file: Path, node: str) -> Iterator[LoneNode]:
    """Start the node `node` of a site, and its surroundings."""
    words = {
        "ledger": "ledger-of-nobody",
        "gateway_key": public_text(Ed25519PrivateKey.generate().public_key()),
        "credential_key": bytes(32).hex(),
    }
    with Backstage() as backstage:
        around = backstage.open(Surroundings.open(site, node))
        edge = start_edge(around, folder / node, site_file, ("127.0.0.1", free_port()), words)
        try:
            yield LoneNode(backstage, around, edge)
        finally:
            edge.stop()
