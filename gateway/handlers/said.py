"""What the audit says of each command: whom or what it is about, with ids and counts.

No name, no title, no carrier and no secret: the audit outlives what people may ask to have erased.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from gateway import commands as ask

Said = tuple[str | None, dict[str, object]]
"""The subject (`member:m-12`), and details."""

_MOST_IDS: Final = 100


def about(command: ask.Command) -> Said:
    """Return what the audit says of `command`."""
    return _ABOUT[type(command)](command)


def of_what_was_made(result: object) -> dict[str, object]:
    """Return the id of what a command made, where it made one thing that has an id."""
    made = getattr(result, "id", None)
    return {"made": made} if isinstance(made, str) else {}


def _added(command: ask.AddMembers) -> Said:
    ids = [new.member.id for new in command.members]
    if len(ids) == 1:
        return f"member:{ids[0]}", {"cards": len(command.members[0].cards)}
    return "members", {"count": len(ids), "first": ids[:_MOST_IDS]}


def _key(command: ask.MintKey) -> Said:
    return "key", {"kind": command.kind, "role": command.role, "lives_s": int(command.lives.total_seconds())}


def _shared(command: ask.ShareCalendar) -> Said:
    if command.member is not None:
        return f"member:{command.member}", {}
    return "calendar", {"site": command.site, "space": command.space, "titles": command.titles}


def _short(ref: str) -> str:
    return ref[:10]  # enough to tell a card from the others here


_ABOUT: Final[Mapping[type[Any], Callable[[Any], Said]]] = {
    ask.AddMembers: _added,
    ask.GiveCredential: lambda asked: (f"member:{asked.member}", {"card": _short(asked.card.ref)}),
    ask.RevokeCredential: lambda asked: (f"card:{_short(asked.ref)}", {}),
    ask.SetRelock: lambda asked: (f"card:{_short(asked.ref)}", {}),
    ask.ExportMember: lambda asked: (f"member:{asked.member}", {}),
    ask.EraseMember: lambda asked: (f"member:{asked.member}", {}),
    ask.BookSpace: lambda asked: (f"member:{asked.member}", {"site": asked.site, "space": asked.space}),
    ask.BookSpaces: lambda asked: ("bookings", {"count": len(asked.bookings)}),
    ask.SuspendMember: lambda asked: (f"member:{asked.member}", {}),
    ask.LiftSuspension: lambda asked: (f"member:{asked.member}", {}),
    ask.InviteGuest: lambda asked: (f"member:{asked.host}", {"site": asked.site, "day": f"{asked.day}"}),
    ask.BookSeries: lambda asked: ("bookings", {"count": len(asked.bookings)}),
    ask.CancelSeries: lambda asked: (f"series:{asked.series}", {}),
    ask.MoveBooking: lambda asked: (f"booking:{asked.booking}", {"space": asked.space}),
    ask.CheckInOrOut: lambda asked: (f"booking:{asked.booking}", {"what": asked.what}),
    ask.LockDown: lambda asked: (f"site:{asked.site}", {"doors": asked.doors, "reason": asked.reason}),
    ask.OpenToAll: lambda asked: (f"site:{asked.site}", {"doors": asked.doors, "reason": asked.reason}),
    ask.LiftMode: lambda asked: (f"mode:{asked.mode}", {}),
    ask.HoldGathering: lambda asked: (f"site:{asked.site}", {"most": asked.most}),
    ask.CancelGathering: lambda asked: (f"gathering:{asked.gathering}", {}),
    ask.CheckByHand: lambda asked: (f"member:{asked.member}", {"site": asked.site, "what": asked.what}),
    ask.TakeBack: lambda asked: (f"entry:{asked.entry}", {}),
    ask.Privatise: lambda asked: (f"member:{asked.organiser}", {"site": asked.site}),
    ask.Admit: lambda asked: (f"privatisation:{asked.privatisation}", {"count": len(asked.guests)}),
    ask.CancelPrivatisation: lambda asked: (f"privatisation:{asked.privatisation}", {}),
    ask.CancelBooking: lambda asked: (f"booking:{asked.booking}", {}),
    ask.AddCalendar: lambda asked: ("calendars", {"site": asked.site, "space": asked.space}),
    ask.AdmitToCalendar: lambda asked: (f"calendar:{asked.calendar}", {"count": len(asked.members)}),
    ask.RemoveCalendar: lambda asked: (f"calendar:{asked.calendar}", {}),
    ask.PollCalendar: lambda asked: (f"calendar:{asked.calendar}", {}),
    ask.TakeUpMeetings: lambda asked: (f"calendar:{asked.calendar}", {"count": len(asked.meetings)}),
    ask.NoteFeedTrouble: lambda asked: (f"calendar:{asked.calendar}", {"code": asked.code}),
    ask.ShareCalendar: _shared,
    ask.RevokeSubscription: lambda asked: (f"subscription:{asked.subscription}", {}),
    ask.LendItem: lambda asked: (f"member:{asked.member}", {"site": asked.site, "item": asked.item}),
    ask.DropParcel: lambda asked: (f"member:{asked.member}", {"site": asked.site}),
    ask.CollectParcel: lambda asked: ("parcel", {"site": asked.site}),
    ask.OpenDoor: lambda asked: (f"door:{asked.site}/{asked.door}", {}),
    ask.EnrolSealingKey: lambda asked: (f"node:{asked.node}", {}),
    ask.MintKey: _key,
    ask.RevokeKey: lambda asked: (f"key:{asked.start}", {}),
    ask.UseLoginLink: lambda _: ("session", {}),
    ask.EndSession: lambda _: ("session", {}),
    ask.EndOwnSession: lambda asked: (f"key:{asked.start}", {}),
    ask.FoundAccount: lambda _: ("account", {"role": "admin"}),
    ask.InviteAccount: lambda asked: ("account", {"role": asked.role}),
    ask.ChangeAccount: lambda asked: (f"account:{asked.account}", {"role": asked.role, "open": asked.open}),
    ask.OfferNewPassword: lambda asked: (f"account:{asked.account}", {}),
    ask.ChoosePassword: lambda _: ("account", {}),
    ask.ChangeOwnPassword: lambda _: ("account", {}),
    ask.ArmSecondFactor: lambda _: ("account", {}),
    ask.DropSecondFactor: lambda _: ("account", {}),
    ask.AdmitAccount: lambda asked: (f"account:{asked.account}", {"pending": asked.pending}),
    ask.RefuseLogin: lambda _: ("login", {}),
    ask.SendMemberLink: lambda _: ("login", {}),
    ask.SetMail: lambda asked: (f"member:{asked.member}", {}),
    ask.CancelOwnBooking: lambda asked: (f"booking:{asked.booking}", {}),
    ask.InviteVisitor: lambda asked: (f"member:{asked.host}", {"site": asked.site, "doors": asked.doors}),
    ask.RevokePass: lambda asked: (f"pass:{asked.visitor_pass}", {}),
    ask.UsePass: lambda asked: (f"door:{asked.site}/{asked.door}", {}),
    ask.SetUpPanel: lambda asked: (f"door:{asked.site}/{asked.door}", {}),
}
