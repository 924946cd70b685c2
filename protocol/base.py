"""The ground every message stands on: frozen, strict, self-describing."""

from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
)

VERSION: Final = 1
"""Version of the wire. A message of another version is refused, kept, and replayed after an upgrade."""

MAX_MESSAGE_BYTES = 256 * 1024
"""Nothing larger is read from the wire."""

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
"""A permanent name of a thing: lower case, digits, `-` and `_`; safe in topics, URLs and file names."""

CredentialRef = Annotated[str, StringConstraints(pattern=r"^c_[0-9a-f]{32}$")]
"""A keyed hash that stands for a card; the card's number never leaves the reader."""

AccessRef = Annotated[str, StringConstraints(pattern=r"^[cv]_[0-9a-f]{32}$")]
"""What an access list knows somebody by: a card's reference, or the keyed hash of a visitor's code."""

_START_OF_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_END_OF_TIME = datetime(2200, 1, 1, tzinfo=UTC)

UptimeSeconds = Annotated[float, Field(ge=0, le=1e10, allow_inf_nan=False)]
"""Seconds since a machine was switched on; never steps."""


def as_wire_time(moment: datetime) -> str:
    """ISO 8601 in UTC with microseconds and `Z`: sorts as text in the order of time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def in_utc(moment: datetime) -> datetime:
    """Return a moment that has a zone in UTC. Raises ValueError outside 1970 to 2199."""
    try:
        utc = moment.astimezone(UTC)
    except OverflowError:
        utc = _END_OF_TIME
    if not _START_OF_TIME <= utc < _END_OF_TIME:
        raise ValueError("expected a time from 1970 to 2199")
    return utc


Instant = Annotated[
    AwareDatetime,
    AfterValidator(in_utc),
    PlainSerializer(as_wire_time, return_type=str, when_used="json"),
]
"""A moment in UTC, from 1970 to 2199. Times without a zone are refused."""


class Message(BaseModel):
    """A frozen record that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")
