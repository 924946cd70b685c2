"""One function per command, by subject, and one table that closes the file."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway import commands as ask
from gateway.commands import Fault, Refused
from gateway.domain.authority import Actor, Scope
from gateway.handlers import (
    accounts,
    bookings,
    by_hand,
    calendars,
    door_modes,
    doors,
    guests,
    keys,
    lockers,
    nodes,
    people,
    privacy,
    privatisations,
    subscriptions,
    suspensions,
    visitors,
)
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
    ask.SetMail: Handling(people.set_mail, "run-place"),
    ask.GiveCredential: Handling(people.give_credential, "run-place"),
    ask.RevokeCredential: Handling(people.revoke_credential, "run-place"),
    ask.SetRelock: Handling(people.set_relock, "run-place"),
    ask.SuspendMember: Handling(suspensions.suspend_member, "run-place"),
    ask.LiftSuspension: Handling(suspensions.lift_suspension, "run-place"),
    ask.InviteGuest: Handling(guests.invite_guest, "run-place"),
    ask.ExportMember: Handling(privacy.export_member, "administer"),
    ask.EraseMember: Handling(privacy.erase_member, "administer"),
    ask.BookSpace: Handling(bookings.book_space, "run-place"),
    ask.BookSpaces: Handling(bookings.book_spaces, "run-place"),
    ask.BookSeries: Handling(bookings.book_series, "run-place"),
    ask.CancelSeries: Handling(bookings.cancel_series, "run-place"),
    ask.MoveBooking: Handling(bookings.move_booking, "run-place"),
    ask.CheckInOrOut: Handling(bookings.check_in_or_out, "run-place"),
    ask.CheckByHand: Handling(by_hand.check_by_hand, "run-place"),
    ask.TakeBack: Handling(by_hand.take_back, "run-place"),
    ask.CancelBooking: Handling(bookings.cancel_booking, "run-place"),
    ask.CancelOwnBooking: Handling(bookings.cancel_own_booking, "see-own"),
    ask.AddCalendar: Handling(calendars.add_calendar, "run-place"),
    ask.AdmitToCalendar: Handling(calendars.admit_to_calendar, "run-place"),
    ask.RemoveCalendar: Handling(calendars.remove_calendar, "run-place"),
    ask.PollCalendar: Handling(calendars.poll_calendar, "run-place"),
    ask.TakeUpMeetings: Handling(calendars.take_up_meetings, "run-place"),
    ask.NoteFeedTrouble: Handling(calendars.note_feed_trouble, "run-place"),
    ask.ShareCalendar: Handling(subscriptions.share_calendar, "run-place"),
    ask.RevokeSubscription: Handling(subscriptions.revoke_subscription, "run-place"),
    ask.Privatise: Handling(privatisations.privatise, "run-place"),
    ask.Admit: Handling(privatisations.admit, "run-place"),
    ask.CancelPrivatisation: Handling(privatisations.cancel_privatisation, "run-place"),
    ask.LockDown: Handling(door_modes.lock_down, "run-place"),
    ask.OpenToAll: Handling(door_modes.open_to_all, "run-place"),
    ask.LiftMode: Handling(door_modes.lift_mode, "run-place"),
    ask.HoldGathering: Handling(door_modes.hold_gathering, "run-place"),
    ask.CancelGathering: Handling(door_modes.cancel_gathering, "run-place"),
    ask.LendItem: Handling(lockers.lend_item, "run-place"),
    ask.DropParcel: Handling(lockers.drop_parcel, "run-place"),
    ask.CollectParcel: Handling(lockers.collect_parcel, "run-place"),
    ask.OpenDoor: Handling(doors.open_door, "run-place"),
    ask.EnrolSealingKey: Handling(nodes.enrol_sealing_key, "administer"),
    ask.MintKey: Handling(keys.mint_key, "administer"),
    ask.RevokeKey: Handling(keys.revoke_key, "administer"),
    ask.UseLoginLink: Handling(keys.use_login_link, None),
    ask.EndSession: Handling(keys.end_session, None),
    ask.FoundAccount: Handling(accounts.found_account, None),
    ask.InviteAccount: Handling(accounts.invite_account, "administer"),
    ask.ChangeAccount: Handling(accounts.change_account, "administer"),
    ask.OfferNewPassword: Handling(accounts.offer_new_password, "administer"),
    ask.ChoosePassword: Handling(accounts.choose_password, None),
    ask.ChangeOwnPassword: Handling(accounts.change_own_password, "see-own"),
    ask.ArmSecondFactor: Handling(accounts.arm_second_factor, "see-own"),
    ask.DropSecondFactor: Handling(accounts.drop_second_factor, "see-own"),
    ask.EndOwnSession: Handling(keys.end_own_session, "see-own"),
    ask.AdmitAccount: Handling(accounts.admit_account, "administer"),
    ask.RefuseLogin: Handling(accounts.refuse_login, "administer"),
    ask.SendMemberLink: Handling(accounts.send_member_link, "administer"),
    ask.InviteVisitor: Handling(visitors.invite_visitor, "run-place"),
    ask.RevokePass: Handling(visitors.revoke_pass, "run-place"),
    ask.UsePass: Handling(visitors.use_pass, "ask-at-door"),
    ask.SetUpPanel: Handling(visitors.set_up_panel, "administer"),
}
