"""What staff do to a door from afar."""

from gateway import commands as ask
from gateway.commands import Fault, Refused
from gateway.handlers.desk import Desk, order
from protocol.messages import Command, UnlockDoor
from protocol.site import Door, Site


def open_door(command: ask.OpenDoor, desk: Desk) -> Command:
    """Release a door now."""
    site = desk.site(command.site)
    door = door_of(site, command.door)
    return order(desk, site, door.node, UnlockDoor(door=door.id))


def door_of(site: Site, door: str) -> Door:
    """Return a door of this site. Raises Refused where there is none."""
    found = next((known for known in site.doors if known.id == door), None)
    if found is None:
        known = ", ".join(door.id for door in site.doors)
        raise Refused(
            "not_found", Fault("/door", "unknown_door", f"no such door here, expected one of: {known}")
        )
    return found
