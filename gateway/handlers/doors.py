"""What staff do to a door from afar."""

from gateway import commands as ask
from gateway.commands import Fault, Refused
from gateway.handlers.desk import Desk, order
from protocol.messages import Command, UnlockDoor


def open_door(command: ask.OpenDoor, desk: Desk) -> Command:
    """Release a door now."""
    site = desk.site(command.site)
    door = next((door for door in site.doors if door.id == command.door), None)
    if door is None:
        known = ", ".join(door.id for door in site.doors)
        raise Refused(
            "not_found", Fault("/door", "unknown_door", f"no such door here, expected one of: {known}")
        )
    return order(desk, site, door.node, UnlockDoor(door=door.id))
