"""Opening doors from afar."""

from fastapi import APIRouter, Depends

from gateway.commands import OpenDoor
from gateway.web.api.shapes import Shape
from gateway.web.auth import CarryOut, allow
from protocol.messages import Command

router = APIRouter(prefix="/doors", tags=["doors"], dependencies=[Depends(allow("run-place"))])


class CommandSent(Shape):
    """The id of a command, which the events `CommandExecuted` and `CommandRefused` name."""

    command: str


@router.post("/{site}/{door}/open", status_code=202, summary="Open a door")
def open_door(site: str, door: str, carry_out: CarryOut) -> CommandSent:
    """Send the door's node the command to release it now. 503 where the node does not answer."""
    command: Command = carry_out(OpenDoor(site, door))
    return CommandSent(command=command.id)
