"""One function per command, by subject, and one table that closes the file."""

from collections.abc import Callable
from typing import Any

from gateway import commands as ask
from gateway.handlers import bookings, doors, keys, lockers, people
from gateway.handlers.desk import Desk, answers

__all__ = ["HANDLERS", "Desk", "answers"]

HANDLERS: dict[type[Any], Callable[[Any, Desk], Any]] = {
    ask.AddMembers: people.add_members,
    ask.GiveCredential: people.give_credential,
    ask.RevokeCredential: people.revoke_credential,
    ask.BookSpace: bookings.book_space,
    ask.BookSpaces: bookings.book_spaces,
    ask.CancelBooking: bookings.cancel_booking,
    ask.LendItem: lockers.lend_item,
    ask.DropParcel: lockers.drop_parcel,
    ask.CollectParcel: lockers.collect_parcel,
    ask.OpenDoor: doors.open_door,
    ask.MintKey: keys.mint_key,
    ask.UseLoginLink: keys.use_login_link,
    ask.EndSession: keys.end_session,
}
