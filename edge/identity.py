"""Who a node is, and what it says of itself."""

from dataclasses import dataclass
from typing import Final

from edge.ports import Clock
from edge.trust import Trust
from protocol.messages import NodeStatus, SpoolHealth
from protocol.topics import NodeTopics

KEEP_ALIVE_S: Final = 20
"""A node is heard of at least so often, where its settings do not say otherwise."""

_KEEP_ALIVES_UNTIL_SILENT: Final = 1.5
"""As MQTT has it (3.1.1, 3.1.2.10): after so many a broker takes its client for dead."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The node, the gateway it obeys, and the ledger whose cursor counts; `start` names this run.

    While all is well it is never silent for longer than `keep_alive_s`.
    """

    trust: Trust
    ledger: str
    start: str
    software: str
    keep_alive_s: int = KEEP_ALIVE_S

    @property
    def topics(self) -> NodeTopics:
        """Where this node speaks and listens."""
        return NodeTopics(self.trust.site, self.trust.node)

    def status(
        self,
        clock: Clock,
        *,
        online: bool,
        revision: int = 0,
        pending: int = 0,
        spool: SpoolHealth = "working",
        dropped: int = 0,
    ) -> NodeStatus:
        """Describe the node at this moment."""
        return NodeStatus(
            site=self.trust.site,
            node=self.trust.node,
            online=online,
            start=self.start,
            boot=clock.boot,
            uptime_s=clock.uptime_s(),
            at=clock.now(),
            software=self.software,
            list_revision=revision,
            pending=pending,
            silent_after_s=_KEEP_ALIVES_UNTIL_SILENT * self.keep_alive_s,
            spool=spool,
            dropped=dropped,
        )
