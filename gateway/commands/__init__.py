"""What people can ask of the gateway, in the imperative, and how it says no."""

from gateway.commands.access import (
    AdmitAccount,
    ArmSecondFactor,
    ChangeAccount,
    ChangeOwnPassword,
    ChoosePassword,
    DropSecondFactor,
    EndOwnSession,
    EndSession,
    FoundAccount,
    InviteAccount,
    InviteVisitor,
    MintKey,
    OfferNewPassword,
    RefuseLogin,
    RevokeKey,
    RevokePass,
    SendMemberLink,
    SetUpPanel,
    UseLoginLink,
    UsePass,
)
from gateway.commands.bookings import (
    Admit,
    BookSeries,
    BookSpace,
    BookSpaces,
    CancelBooking,
    CancelOwnBooking,
    CancelPrivatisation,
    CancelSeries,
    CheckInOrOut,
    MoveBooking,
    Privatise,
)
from gateway.commands.calendars import (
    AddCalendar,
    AdmitToCalendar,
    NoteFeedTrouble,
    PollCalendar,
    RemoveCalendar,
    RevokeSubscription,
    ShareCalendar,
    TakeUpMeetings,
)
from gateway.commands.doors import (
    CancelGathering,
    CollectParcel,
    DropParcel,
    EnrolSealingKey,
    HoldGathering,
    LendItem,
    LiftMode,
    LockDown,
    OpenDoor,
    OpenToAll,
    Passage,
)
from gateway.commands.people import (
    AddMembers,
    CheckByHand,
    EraseMember,
    ExportMember,
    GiveCredential,
    InviteGuest,
    LiftSuspension,
    NewMember,
    RevokeCredential,
    SetMail,
    SetRelock,
    SuspendMember,
    TakeBack,
)
from gateway.commands.refusals import Fault, RefusalKind, Refused

__all__ = [
    "AddCalendar",
    "AddMembers",
    "Admit",
    "AdmitAccount",
    "AdmitToCalendar",
    "ArmSecondFactor",
    "BookSeries",
    "BookSpace",
    "BookSpaces",
    "CancelBooking",
    "CancelGathering",
    "CancelOwnBooking",
    "CancelPrivatisation",
    "CancelSeries",
    "ChangeAccount",
    "ChangeOwnPassword",
    "CheckByHand",
    "CheckInOrOut",
    "ChoosePassword",
    "CollectParcel",
    "Command",
    "DropParcel",
    "DropSecondFactor",
    "EndOwnSession",
    "EndSession",
    "EnrolSealingKey",
    "EraseMember",
    "ExportMember",
    "Fault",
    "FoundAccount",
    "GiveCredential",
    "HoldGathering",
    "InviteAccount",
    "InviteGuest",
    "InviteVisitor",
    "LendItem",
    "LiftMode",
    "LiftSuspension",
    "LockDown",
    "MintKey",
    "MoveBooking",
    "NewMember",
    "NoteFeedTrouble",
    "OfferNewPassword",
    "OpenDoor",
    "OpenToAll",
    "Passage",
    "PollCalendar",
    "Privatise",
    "RefusalKind",
    "RefuseLogin",
    "Refused",
    "RemoveCalendar",
    "RevokeCredential",
    "RevokeKey",
    "RevokePass",
    "RevokeSubscription",
    "SendMemberLink",
    "SetMail",
    "SetRelock",
    "SetUpPanel",
    "ShareCalendar",
    "SuspendMember",
    "TakeBack",
    "TakeUpMeetings",
    "UseLoginLink",
    "UsePass",
]

Command = (
    AddMembers
    | SetMail
    | GiveCredential
    | RevokeCredential
    | SetRelock
    | SuspendMember
    | LiftSuspension
    | InviteGuest
    | ExportMember
    | EraseMember
    | BookSpace
    | BookSpaces
    | BookSeries
    | CancelSeries
    | MoveBooking
    | CheckInOrOut
    | CheckByHand
    | TakeBack
    | CancelBooking
    | CancelOwnBooking
    | AddCalendar
    | AdmitToCalendar
    | RemoveCalendar
    | PollCalendar
    | TakeUpMeetings
    | NoteFeedTrouble
    | ShareCalendar
    | RevokeSubscription
    | Privatise
    | Admit
    | CancelPrivatisation
    | LockDown
    | OpenToAll
    | LiftMode
    | HoldGathering
    | CancelGathering
    | LendItem
    | DropParcel
    | CollectParcel
    | OpenDoor
    | EnrolSealingKey
    | MintKey
    | RevokeKey
    | UseLoginLink
    | EndSession
    | FoundAccount
    | InviteAccount
    | ChangeAccount
    | OfferNewPassword
    | ChoosePassword
    | ChangeOwnPassword
    | ArmSecondFactor
    | DropSecondFactor
    | EndOwnSession
    | AdmitAccount
    | RefuseLogin
    | SendMemberLink
    | InviteVisitor
    | RevokePass
    | UsePass
    | SetUpPanel
)
