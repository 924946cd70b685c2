"""Who a node is, and what it says of itself."""

from dataclasses import dataclass

from edge.ports import Clock
from edge.trust import Trust
from protocol.messages import NodeStatus
from protocol.topics import NodeTopics


@dataclass(frozen=True, slots=True)
class Identity:
    """The node, the gateway it obeys, and the ledger whose cursor counts; `start` names this run."""

    trust: Trust
    ledger: str
    start: str
    software: str

    @property
    def topics(self) -> NodeTopics:
        """Where this node speaks and listens."""
        return NodeTopics(self.trust.site, self.trust.node)

    def status(self, clock: Clock, *, online: bool, revision: int = 0, pending: int = 0) -> NodeStatus:
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
        )
