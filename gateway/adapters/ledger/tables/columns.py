"""What all tables share: kinds of columns, and words that indexes and queries must have in common."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Dialect,
    Integer,
    MetaData,
)
from sqlalchemy.types import TypeDecorator

metadata = MetaData()
TROUBLES = (
    "kind IN ('DuressSignalled', 'EpochBegun', 'EventsDropped', 'FireAlarm', 'FireAlarmEnded',"
    " 'PassedBack', 'RecordUnreadable', 'Tailgated')"
)
"""What is looked for all the time and is almost never there. In these very words, or no index is used."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    """Return `moment` as the database has it."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """A UTC moment as whole microseconds since 1970: exact, sortable, the same in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else microseconds(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else _EPOCH + timedelta(microseconds=value)


serial = BigInteger().with_variant(Integer, "sqlite")
