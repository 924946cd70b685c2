"""One function per command, by subject, and one table that closes the file."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway import commands as ask
from gateway.commands import Fault, Refused
from gateway.domain.authority import Actor, Scope
from gateway.handlers import bookings, doors, keys, lockers, nodes, people, privacy
from gateway.handlers.desk import Desk, answers

__all__ = ["HANDLERS", "Desk", "Handling", "answers"]


@dataclass(frozen=True, slots=True)
class Handling:
    """What carries a command out, and the scope it takes; None where a secret in the command decides."""

    carry_out: Callable[[Any, Desk], Any]
    scope: Scope | None

    def authorise(self, by: Actor) -> None:
        """Raise Refused where `by` may not ask for this."""
        if self.scope is not None and not by.may(self.scope):
            raise Refused("forbidden", Fault("", "forbidden", f"this needs the scope {self.scope}"))


HANDLERS: dict[type[Any], Handling] = {
    ask.AddMembers: Handling(people.add_members, "run-place"),
    ask.GiveCredential: Handling(people.give_credential, "run-place"),
    ask.RevokeCredential: Handling(people.revoke_credential, "run-place"),
    ask.ExportMember: Handling(privacy.export_member, "administer"),
    ask.EraseMember: Handling(privacy.erase_member, "administer"),
    ask.BookSpace: Handling(bookings.book_space, "run-place"),
    ask.BookSpaces: Handling(bookings.book_spaces, "run-place"),
    ask.CancelBooking: Handling(bookings.cancel_booking, "run-place"),
    ask.LendItem: Handling(lockers.lend_item, "run-place"),
    ask.DropParcel: Handling(lockers.drop_parcel, "run-place"),
    ask.CollectParcel: Handling(lockers.collect_parcel, "run-place"),
    ask.OpenDoor: Handling(doors.open_door, "run-place"),
    ask.EnrolSealingKey: Handling(nodes.enrol_sealing_key, "administer"),
    ask.MintKey: Handling(keys.mint_key, "administer"),
    ask.UseLoginLink: Handling(keys.use_login_link, None),
    ask.EndSession: Handling(keys.end_session, None),
}
