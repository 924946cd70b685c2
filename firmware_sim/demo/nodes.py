"""The real edge processes of a demo: all nodes of all sites, each in its own surroundings."""

import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from edge.adapters.sealing_key import sealing_key
from firmware_sim.bench.processes import start_edge
from firmware_sim.bench.supervisor import Supervisor
from firmware_sim.bench.surroundings import Surroundings
from firmware_sim.demo.folder import DemoFolder
from firmware_sim.demo.house import House
from firmware_sim.demo.places import Places
from firmware_sim.gateway_api import GatewayApi
from protocol.sealing import sealing_text

GROUP: Final = "nodes"

_LOOK_EVERY_S: Final = 0.05
_LOOKS: Final = 600
_AT_ONCE: Final = 2  # a starting node takes a processor for a moment, and the doors need theirs
_REST_ATTEMPTS: Final = 3


class DemoStuck(Exception):
    """Something that the demo waited for did not come; the text says what."""


class Nodes:
    """All nodes: started together, and brought to rest with everything they saw in the ledger."""

    def __init__(
        self,
        house: House,
        folder: DemoFolder,
        places: Places,
        around: Mapping[str, Surroundings],
        supervisor: Supervisor,
    ) -> None:
        self._house = house
        self._folder = folder
        self._places = places
        self._around = around
        self._supervisor = supervisor
        self._site_of = {node.id: site.id for site in places.sites for node in site.nodes}

    @property
    def spools(self) -> dict[str, Path]:
        """The file in which each node keeps its events."""
        return {node: self._folder.spool(node) for node in self._site_of}

    def start(self) -> None:
        """Start every node, two at a time, and wait until each holds its access list. Raises DemoStuck."""
        api = GatewayApi(self._house.http)
        broker = (self._house.broker.host, self._house.broker.port)
        starting: list[Surroundings] = []
        for node, site in self._site_of.items():
            _until(lambda: sum(not s.in_use for s in starting) < _AT_ONCE, "the nodes to take their pins")
            words = {name: str(word) for name, word in api.node_settings(node).items()}
            api.enrol_sealing_key(node, sealing_text(sealing_key(self._folder.node(node)).public_key()))
            site_file = self._places.file_of(site)
            edge = start_edge(self._around[node], self._folder.node(node), site_file, broker, words)
            self._supervisor.watch(GROUP, node, edge)
            starting.append(self._around[node])
        _until(lambda: not self._house.nodes_behind(), "every node to hold its access list")

    def come_to_rest(self) -> None:
        """Stop every node, once all that they have on their disks is in the ledger. Raises DemoStuck.

        What a node writes down while it is being stopped is delivered by its next start.
        """
        for _ in range(_REST_ATTEMPTS):
            _until(lambda: not self._undelivered(), "the ledger to take in what the nodes hold")
            self._supervisor.stop(GROUP)
            if not self._undelivered():
                return
            self.start()
        raise DemoStuck(f"{', '.join(self._undelivered())} went on having something new to tell")

    def _undelivered(self) -> list[str]:
        """Return the last event of each node that the ledger has not: it takes them in order."""
        last = [self._last_event(node) for node in self._site_of]
        return [identity for identity in last if not self._house.knows(identity)]

    def _last_event(self, node: str) -> str:
        with closing(sqlite3.connect(f"{self._folder.spool(node).as_uri()}?mode=ro", uri=True)) as spool:
            last = "SELECT epoch, seq FROM record ORDER BY place DESC LIMIT 1"
            epoch, seq = spool.execute(last).fetchone()
        return f"{node}/{epoch}/{seq}"


def _until(come: Callable[[], bool], what: str) -> None:
    """Wait until `come` is true. Raises DemoStuck after half a minute."""
    for _ in range(_LOOKS):
        if come():
            return
        time.sleep(_LOOK_EVERY_S)
    raise DemoStuck(f"waited {_LOOKS * _LOOK_EVERY_S:.0f} s in vain for {what}")
