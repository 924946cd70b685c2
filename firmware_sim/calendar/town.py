"""All that lasts through a run: simulated time, the nodes in their buildings, and the wire."""

import random
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from edge.core.wiring import equipment
from edge.identity import Identity
from edge.trust import Trust
from firmware_sim.calendar.building import Building
from firmware_sim.calendar.fleet import Fleet, Unit
from firmware_sim.calendar.node import SOFTWARE, SimulatedNode
from firmware_sim.calendar.outbox import Faults, Outbox
from firmware_sim.calendar.timeline import Timeline
from firmware_sim.calendar.wire import Wire
from firmware_sim.gateway_api import GatewayApi
from firmware_sim.people import Person
from firmware_sim.truth import Truth
from protocol.events import Record
from protocol.identifiers import credential_ref
from protocol.sealing import sealing_text
from protocol.signing import public_from_text
from protocol.site import Site
from protocol.topics import NodeTopics, gateway_status

_KEEP_ALIVE_S: Final = 60  # of time that leaps


class Town:
    """Everything at `begins_at`. `luck` draws faults, so that these do not change what people do."""

    def __init__(
        self,
        api: GatewayApi,
        broker: tuple[str, int],
        sites: Sequence[Site],
        seed: int,
        begins_at: datetime,
        truth: Truth,
        faults: Faults,
    ) -> None:
        self.events = 0
        self.luck = random.Random(f"{seed} {begins_at.isoformat()}")
        self.timeline = Timeline(begins_at)
        self._seed = seed
        self._truth = truth
        self._faults = faults
        self._credential_key = b""
        self._references: dict[str, str] = {}
        self._wire = Wire(broker, _filters(sites))
        units = [self._unit(api, site, node.id) for site in sites for node in site.nodes]
        self.nodes = [unit.topics.node for unit in units]
        self.buildings = {site.id: self._building(site, units) for site in sites}
        self.fleet = Fleet(self._wire, units, self._courier)

    def credential_of(self, person: Person) -> str:
        """By which reference the doors know this person's card."""
        if person.id not in self._references:
            self._references[person.id] = credential_ref(self._credential_key, person.uid)
        return self._references[person.id]

    def _unit(self, api: GatewayApi, site: Site, node: str) -> Unit:
        """Make a node as its settings say, with an outbox that numbers its events in an epoch of this run."""
        settings = api.node_settings(node)
        self._credential_key = bytes.fromhex(settings["credential_key"])
        trust = Trust(public_from_text(settings["gateway_key"]), site.id, node)
        epoch, boot = self.luck.randbytes(8).hex(), self.luck.randbytes(8).hex()
        identity = Identity(trust, settings["ledger"], boot, SOFTWARE, _KEEP_ALIVE_S)
        luck = random.Random(epoch)
        outbox = Outbox(identity, epoch, self._wire.publish, self._faults, luck)

        def recorded(record: Record) -> None:
            self.events += 1
            content = record.event.model_dump(mode="json")
            self._truth.event(site.id, node, epoch, record.seq, record.at, content)
            outbox.keep(record)

        sealing_key = X25519PrivateKey.from_private_bytes(random.Random(node).randbytes(32))
        api.enrol_sealing_key(node, sealing_text(sealing_key.public_key()))
        return Unit(SimulatedNode(equipment(site, node), identity, self.timeline, boot, recorded), outbox)

    def _building(self, site: Site, units: Sequence[Unit]) -> Building:
        nodes = [unit.node for unit in units if unit.topics.site == site.id]
        return Building(site, nodes, self.timeline, random.Random(f"{self._seed} {site.id}"))

    def _courier(self, node: SimulatedNode, lock: str) -> None:
        """Someone stands before the locker that a command has opened, and puts a parcel in."""
        building = self.buildings[node.identity.trust.site]
        self.timeline.live(building.use_compartments((lock,), item_after=True), self.timeline.now)


def _filters(sites: Sequence[Site]) -> list[str]:
    return [
        *(gateway_status(site.id) for site in sites),
        *(NodeTopics(site.id, node.id).all_down for site in sites for node in site.nodes),
    ]
