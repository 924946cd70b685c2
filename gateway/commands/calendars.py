"""What is asked about calendars kept elsewhere, and those given out."""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.domain.calendars import Meeting
from gateway.ports import Fetched


@dataclass(frozen=True, slots=True)
class AddCalendar:
    """Let the meetings of a calendar kept elsewhere book a space. Without `url` it is a file, to be brought.

    `members` may open the doors for its meetings; `organisers` maps mail addresses to members.
    """

    site: str
    space: str
    name: str
    url: str | None
    members: tuple[str, ...]
    organisers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AdmitToCalendar:
    """Say anew whom the meetings of a calendar let in: `members` and `organisers` as of AddCalendar."""

    calendar: str
    members: tuple[str, ...]
    organisers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RemoveCalendar:
    """Follow a calendar no longer: its meetings to come are cancelled."""

    calendar: str


@dataclass(frozen=True, slots=True)
class PollCalendar:
    """Ask for a calendar's feed now, not when its turn comes."""

    calendar: str


@dataclass(frozen=True, slots=True)
class TakeUpMeetings:
    """Make the bookings of a calendar what its feed says, which was `fetched` anew or is still the same.

    An empty feed that a person brought is `meant`.
    """

    calendar: str
    meetings: tuple[Meeting, ...]
    fetched: Fetched | None = None
    meant: bool = False


@dataclass(frozen=True, slots=True)
class NoteFeedTrouble:
    """Note why a calendar's feed was not taken. What was taken up before stays."""

    calendar: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class ShareCalendar:
    """Make a secret address for the bookings of a space, telling their titles or not, or of a member."""

    name: str
    site: str | None
    space: str | None
    member: str | None
    titles: bool


@dataclass(frozen=True, slots=True)
class RevokeSubscription:
    """Take back an address at which bookings were read."""

    subscription: str
