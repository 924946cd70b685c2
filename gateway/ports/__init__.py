"""What the gateway needs from the world, one role each. Adapters fill them; `bootstrap` chooses which."""

from gateway.ports.accounts import Accounts, Passwords, SecondFactor
from gateway.ports.audit import Audit, Witness
from gateway.ports.calendars import Calendars
from gateway.ports.clock import Clock, MovableClock
from gateway.ports.door_modes import DoorModes
from gateway.ports.enrolment import CertificateAuthority, Enrolments, NodeCertificate, OpenInvitation
from gateway.ports.feeds import LARGEST_FEED, CalendarFeed, Fetched, Version
from gateway.ports.journal import (
    Badge,
    Buried,
    Cursor,
    DeadLetter,
    EntryUnreadable,
    Gap,
    Heading,
    Journal,
    LetterCount,
    Numbered,
)
from gateway.ports.keys import CardVault, Key, KeyKind, Keys, KeyUnreadable
from gateway.ports.ledger import Books, Ledger, LedgerFailed
from gateway.ports.nodes import Issue, NodeReport, Nodes
from gateway.ports.openid import Departure, IdentityProvider, ProviderFailed
from gateway.ports.outside import History, Notifier, NotWritten
from gateway.ports.privacy import Pseudonyms
from gateway.ports.projections import Part, Projections, Standstill
from gateway.ports.records import AlreadyHeld, Bookings, Lockers, People
from gateway.ports.subscriptions import Subscriptions
from gateway.ports.visitors import Passes
from gateway.ports.wire import Answer, Downlink, Signer

__all__ = [
    "LARGEST_FEED",
    "Accounts",
    "AlreadyHeld",
    "Answer",
    "Audit",
    "Badge",
    "Bookings",
    "Books",
    "Buried",
    "CalendarFeed",
    "Calendars",
    "CardVault",
    "CertificateAuthority",
    "Clock",
    "Cursor",
    "DeadLetter",
    "Departure",
    "DoorModes",
    "Downlink",
    "Enrolments",
    "EntryUnreadable",
    "Fetched",
    "Gap",
    "Heading",
    "History",
    "IdentityProvider",
    "Issue",
    "Journal",
    "Key",
    "KeyKind",
    "KeyUnreadable",
    "Keys",
    "Ledger",
    "LedgerFailed",
    "LetterCount",
    "Lockers",
    "MovableClock",
    "NodeCertificate",
    "NodeReport",
    "Nodes",
    "NotWritten",
    "Notifier",
    "Numbered",
    "OpenInvitation",
    "Part",
    "Passes",
    "Passwords",
    "People",
    "Projections",
    "ProviderFailed",
    "Pseudonyms",
    "SecondFactor",
    "Signer",
    "Standstill",
    "Subscriptions",
    "Version",
    "Witness",
]
