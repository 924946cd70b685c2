"""Every MQTT topic, built and parsed here only."""

from dataclasses import dataclass
from typing import Literal, get_args

ROOT = "passerelle"

Up = Literal["events", "state", "status", "renewal"]
Down = Literal["ack", "access", "access/patch", "command", "certificate"]


@dataclass(frozen=True, slots=True)
class NodeTopics:
    """The topics of one node."""

    site: str
    node: str

    def up(self, kind: Up) -> str:
        """From the node to the gateway."""
        return f"{ROOT}/{self.site}/{self.node}/up/{kind}"

    def down(self, kind: Down) -> str:
        """From the gateway to the node."""
        return f"{ROOT}/{self.site}/{self.node}/down/{kind}"

    @property
    def all_down(self) -> str:
        """Filter for everything the gateway sends to this node."""
        return f"{ROOT}/{self.site}/{self.node}/down/#"


def gateway_status(site: str) -> str:
    """Topic of the gateway's own status for one site."""
    return f"{ROOT}/{site}/gateway/status"


def all_up(site: str) -> str:
    """Filter for everything the nodes of one site send."""
    return f"{ROOT}/{site}/+/up/#"


@dataclass(frozen=True, slots=True)
class UpTopic:
    """Who sent, and what."""

    site: str
    node: str
    kind: Up


def parse_up(topic: str) -> UpTopic | None:
    """Take a node's topic apart, or None where it is not one."""
    match topic.split("/"):
        case [root, site, node, "up", kind] if root == ROOT and kind in get_args(Up):
            return UpTopic(site, node, kind)  # type: ignore[arg-type]  # checked against Up above
        case _:
            return None


def parse_down(topics: NodeTopics, topic: str) -> Down | None:
    """Which of `topics.down(...)` this is, or None."""
    prefix = f"{ROOT}/{topics.site}/{topics.node}/down/"
    for kind in get_args(Down):
        if topic == prefix + kind:
            return kind  # type: ignore[no-any-return]  # get_args loses the Literal
    return None
