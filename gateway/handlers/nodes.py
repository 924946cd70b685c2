"""What the gateway must know of a node before it trusts it with anything."""

from gateway import commands as ask
from gateway.commands import Fault, Refused
from gateway.handlers.desk import Desk
from protocol.sealing import sealing_from_text


def enrol_sealing_key(command: ask.EnrolSealingKey, desk: Desk) -> None:
    """Seal card keys for a node to its own key."""
    if not any(node.id == command.node for site in desk.sites.values() for node in site.nodes):
        raise Refused(
            "not_found", Fault("/node", "unknown_node", f"no site file has a node {command.node!r}")
        )
    try:
        sealing_from_text(command.key)
    except ValueError:
        text = "expected the node's X25519 public key: 32 bytes in base64"
        raise Refused("invalid", Fault("/key", "not_a_key", text)) from None
    desk.books.nodes.seal_to(command.node, command.key, desk.now)
    desk.touched.add(command.node)
