"""One of each command, with everything in it that must never be written down."""

from datetime import UTC, datetime, timedelta
from typing import Any

from gateway import commands as ask
from gateway.domain.calendars import Key, Meeting
from gateway.domain.journal import Identity
from gateway.domain.people import Card, Member

NAME = "Zéphyrine Canari"
TITLE = "Entretien de Zéphyrine Canari"
SECRET = "geheim-geheim-geheim"
MAIL = f"{SECRET}@example.org"
REF = "c_" + "f" * 32
_NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)

_MEMBER = Member("m-1", NAME, "member", "nomad", ("sceaux-smart",), None, _NINE, None)
_BOOKING = ask.BookSpace("sceaux-smart", "meeting-1", "m-1", _NINE, _NINE + timedelta(hours=1), TITLE)
_COMMANDS: tuple[ask.Command, ...] = (
    ask.AddMembers((ask.NewMember(_MEMBER, (Card(REF),)),)),
    ask.GiveCredential("m-1", Card(REF)),
    ask.RevokeCredential(REF),
    ask.SetRelock(REF, 30.0),
    ask.ExportMember("m-1"),
    ask.EraseMember("m-1"),
    _BOOKING,
    ask.BookSpaces((_BOOKING,)),
    ask.BookSeries((_BOOKING,)),
    ask.CancelSeries("r-1"),
    ask.MoveBooking("b-1", "meeting-2", None, None),
    ask.CheckInOrOut("b-1", "check_in", "session:abc"),
    ask.CheckByHand("sceaux-smart", "m-1", "check_in", _NINE),
    ask.TakeBack(Identity("gateway", "e" * 16, 1)),
    ask.CancelBooking("b-1"),
    ask.AddCalendar("sceaux-smart", "meeting-1", NAME, f"https://x/{SECRET}", ("m-1",), {f"{NAME}@x": "m-1"}),
    ask.AdmitToCalendar("cal-1", ("m-1",), {f"{NAME}@x": "m-1"}),
    ask.RemoveCalendar("cal-1"),
    ask.PollCalendar("cal-1"),
    ask.TakeUpMeetings("cal-1", (Meeting(Key(TITLE, ""), _NINE, _NINE + timedelta(hours=1), TITLE, NAME),)),
    ask.NoteFeedTrouble("cal-1", "bad_date", TITLE),
    ask.SuspendMember("m-1", _NINE, None, f"{NAME} owes us a projector"),
    ask.LiftSuspension("m-1"),
    ask.InviteGuest("m-1", NAME, "sceaux-smart", _NINE.date(), Card(REF)),
    ask.Privatise("sceaux-smart", (), "m-1", _NINE, _NINE + timedelta(hours=1), TITLE, ("m-1",)),
    ask.Admit("p-1", ("m-1",)),
    ask.CancelPrivatisation("p-1"),
    ask.LockDown("sceaux-smart", ("entrance",), "intruder"),
    ask.OpenToAll("sceaux-smart", (), _NINE, _NINE + timedelta(hours=1), "open day"),
    ask.LiftMode("lockdown-1"),
    ask.HoldGathering("sceaux-smart", TITLE, _NINE, _NINE + timedelta(hours=1), 80, ()),
    ask.CancelGathering("event-1"),
    ask.LendItem("sceaux-smart", "projector-1", "m-1", _NINE),
    ask.DropParcel("sceaux-smart", "m-1", NAME),
    ask.CollectParcel("sceaux-smart", "12345678"),
    ask.OpenDoor("sceaux-smart", "entrance"),
    ask.ShareCalendar(NAME, "sceaux-smart", "meeting-1", None, titles=True),
    ask.RevokeSubscription("sub-1"),
    ask.EnrolSealingKey("ss-entrance", "A" * 43 + "="),
    ask.MintKey("api", NAME, "viewer", timedelta(days=1)),
    ask.UseLoginLink(SECRET),
    ask.EndSession(SECRET),
    ask.RevokeKey("a" * 12),
    ask.EndOwnSession("a" * 12),
    ask.SetMail("m-1", MAIL),
    ask.CancelOwnBooking("b-1"),
    ask.FoundAccount(SECRET, MAIL, NAME, SECRET),
    ask.InviteAccount(MAIL, NAME, "staff", f"https://{SECRET}"),
    ask.ChangeAccount("u-1", "staff"),
    ask.OfferNewPassword("u-1", f"https://{SECRET}"),
    ask.ChoosePassword(SECRET, SECRET),
    ask.ChangeOwnPassword(SECRET, SECRET),
    ask.ArmSecondFactor(SECRET.encode(), 1, (SECRET,)),
    ask.DropSecondFactor(),
    ask.AdmitAccount("u-1", (SECRET,), recovery=SECRET),
    ask.RefuseLogin((SECRET,)),
    ask.SendMemberLink(MAIL, "https://portes.example.org"),
    ask.InviteVisitor(
        "sceaux-smart", ("entrance",), NAME, "m-1", SECRET, _NINE, _NINE + timedelta(hours=1), single_use=True
    ),
    ask.RevokePass("v-1"),
    ask.UsePass("sceaux-smart", "entrance", SECRET),
    ask.SetUpPanel("sceaux-smart", "entrance"),
)
_BY_TYPE: dict[type[Any], ask.Command] = {type(command): command for command in _COMMANDS}


def a_command(command_type: type[Any]) -> ask.Command:
    """The command of that type: a new one is to be added here."""
    return _BY_TYPE[command_type]
