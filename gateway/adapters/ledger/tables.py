"""Every table of the ledger. The journal is the truth; visits and space states are projections of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Dialect,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
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

meta = Table("meta", metadata, Column("key", String, primary_key=True), Column("value", Text, nullable=False))

journal = Table(
    "journal",
    metadata,
    Column("id", serial, primary_key=True),
    Column("site", String, nullable=False),
    Column("node", String, nullable=False),
    Column("epoch", String, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("occurred_at", Moment, nullable=False),
    Column("quality", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("event", Text, nullable=False),
    Column("boot", String),
    Column("uptime_s", Float),
    Column("node_at", Moment),
    Column("node_clock", String),
    UniqueConstraint("node", "epoch", "seq"),
    Index("journal_by_day", "site", "occurred_at"),
    Index(
        "journal_of_troubles",
        "site",
        "occurred_at",
        sqlite_where=text(TROUBLES),
        postgresql_where=text(TROUBLES),
    ),
)

cursors = Table(
    "cursors",
    metadata,
    Column("node", String, primary_key=True),
    Column("epoch", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

gaps = Table(
    "gaps",
    metadata,
    Column("id", serial, primary_key=True),
    Column("node", String, nullable=False),
    Column("epoch", String, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("noticed_at", Moment, nullable=False),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", serial, primary_key=True),
    Column("fingerprint", String, nullable=False, unique=True),
    Column("topic", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("detail", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("times", Integer, nullable=False),
)

nodes = Table(
    "nodes",
    metadata,
    Column("node", String, primary_key=True),
    Column("site", String, nullable=False),
    Column("heard_at", Moment, nullable=False),
    Column("status", Text),
    Column("state", Text),
)

runs = Table(
    "runs",
    metadata,
    Column("node", String, primary_key=True),
    Column("starts", Text, nullable=False),
    Column("turned_at", Moment, nullable=False),
    Column("duplicated_since", Moment),
)

lists = Table(
    "lists",
    metadata,
    Column("node", String, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("body", Text, nullable=False),
)

sealing_keys = Table(
    "sealing_keys",
    metadata,
    Column("node", String, primary_key=True),
    Column("key", String, nullable=False),
    Column("since", Moment, nullable=False),
)

members = Table(
    "members",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("category", String, nullable=False),
    Column("plan", String, nullable=False),
    Column("sites", String, nullable=False),
    Column("office", String),
    Column("since", Moment, nullable=False),
    Column("until", Moment),
    Column("mail", String, index=True),
    Column("host", String),
)

suspensions = Table(
    "suspensions",
    metadata,
    Column("id", String, primary_key=True),
    Column("member", String, nullable=False, index=True),
    Column("since", Moment, nullable=False),
    Column("until", Moment),
    Column("reason", Text, nullable=False),
)

credentials = Table(
    "credentials",
    metadata,
    Column("id", serial, primary_key=True),
    Column("ref", String, nullable=False, index=True),
    Column("member", String, nullable=False, index=True),
    Column("since", Moment, nullable=False),
    Column("revoked_at", Moment),
    Column("locked_key", LargeBinary),
    Column("relock_after_s", Float),
    Column("duress", Boolean, nullable=False, server_default=false()),
)

bookings = Table(
    "bookings",
    metadata,
    Column("id", String, primary_key=True),
    Column("site", String, nullable=False),
    Column("space", String, nullable=False),
    Column("member", String, nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("status", String, nullable=False),
    Column("title", String),
    Column("made_at", Moment),
    Column("series", String, index=True),
    Column("price_category", String),
    Index("bookings_by_end", "site", "ends_at"),
    Index("bookings_by_member", "member", "starts_at"),
)

holds = Table(
    "holds",
    metadata,
    Column("booking", String, primary_key=True),
    Column("site", String, nullable=False),
    Column("space", String, primary_key=True),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    CheckConstraint("starts_at < ends_at", name="holds_last"),
    Index("holds_by_space", "site", "space", "starts_at"),
)
"""That no two of one space overlap is a constraint of the database: see the migration that makes it."""

privatisations = Table(
    "privatisations",
    metadata,
    Column("id", String, primary_key=True),
    Column("site", String, nullable=False),
    Column("spaces", Text, nullable=False),
    Column("organiser", String, nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("status", String, nullable=False),
    Column("title", String),
    Column("guests", Text, nullable=False),
    Index("privatisations_by_end", "site", "ends_at"),
)

door_modes = Table(
    "door_modes",
    metadata,
    Column("id", String, primary_key=True),
    Column("site", String, nullable=False),
    Column("mode", String, nullable=False),
    Column("doors", Text, nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment),
    Column("reason", String, nullable=False),
    Column("gathering", String),
    Index("door_modes_by_end", "site", "ends_at"),
)

gatherings = Table(
    "gatherings",
    metadata,
    Column("id", String, primary_key=True),
    Column("site", String, nullable=False),
    Column("name", String, nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("most", Integer, nullable=False),
    Column("cancelled", Boolean, nullable=False),
    Index("gatherings_by_end", "site", "ends_at"),
)

booking_marks = Table(
    "booking_marks",
    metadata,
    Column("id", serial, primary_key=True),
    Column("booking", String, nullable=False, index=True),
    Column("what", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String, nullable=False),
)

attendances = Table(
    "attendances",
    metadata,
    Column("booking", String, primary_key=True),
    Column("checked_in_at", Moment),
    Column("checked_in_by", String),
    Column("left_at", Moment),
    Column("left_by", String),
    Column("released_at", Moment),
    Column("released_for", String),
)

loans = Table(
    "loans",
    metadata,
    Column("id", String, primary_key=True),
    Column("site", String, nullable=False),
    Column("item", String, nullable=False),
    Column("compartment", String, nullable=False),
    Column("member", String, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("taken_at", Moment),
    Column("returned_at", Moment),
    Column("cancelled", Boolean, nullable=False),
)

parcels = Table(
    "parcels",
    metadata,
    Column("id", String, primary_key=True),
    Column("site", String, nullable=False),
    Column("compartment", String, nullable=False),
    Column("member", String),
    Column("carrier", String, nullable=False),
    Column("code_hash", String),
    Column("dropped_at", Moment, nullable=False),
    Column("deadline", Moment, nullable=False),
    Column("collected_at", Moment),
    Column("returned", Boolean, nullable=False),
)

visits = Table(
    "visits",
    metadata,
    Column("id", serial, primary_key=True),
    Column("site", String, nullable=False),
    Column("day", Date, nullable=False),
    Column("member", String, nullable=False),
    Column("begun_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("quality", String, nullable=False),
    Column("begun_by", String, nullable=False),
    Column("ended_by", String),
    Index("visits_by_day", "site", "day"),
    Index("visits_by_member", "day", "member"),
)

clones = Table(
    "clones",
    metadata,
    Column("id", serial, primary_key=True),
    Column("site", String, nullable=False),
    Column("day", Date, nullable=False),
    Column("node", String, nullable=False),
    Column("epoch", String, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("at", Moment, nullable=False),
    Column("cause", String, nullable=False),
    Index("clones_by_day", "site", "day"),
)

space_states = Table(
    "space_states",
    metadata,
    Column("site", String, primary_key=True),
    Column("space", String, primary_key=True),
    Column("people", Integer),
    Column("occupied", Boolean),
    Column("since", Moment, nullable=False),
)

standstills = Table(
    "standstills",
    metadata,
    Column("site", String, primary_key=True),
    Column("projection", String, primary_key=True),
    Column("subject", String, primary_key=True),
    Column("since", Moment, nullable=False),
    Column("reason", Text, nullable=False),
)

certificates = Table(
    "certificates",
    metadata,
    Column("serial", String, primary_key=True),
    Column("node", String, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("pem", Text, nullable=False),
    Column("revoked_at", Moment),
    Index("certificates_of_node", "node"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("number", String, primary_key=True),
    Column("node", String, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

keys = Table(
    "keys",
    metadata,
    Column("hash", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    Column("account", String, index=True),
    Column("scopes", String),
    Column("sites", String),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", String, primary_key=True),
    Column("mail", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("since", Moment, nullable=False),
    Column("password", String),
    Column("totp", LargeBinary),
    Column("totp_step", BigInteger, nullable=False),
    Column("recovery", Text, nullable=False),
    Column("disabled_at", Moment),
)

tries = Table(
    "tries",
    metadata,
    Column("subject", String, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", Moment, nullable=False),
)

pseudonyms = Table(
    "pseudonyms",
    metadata,
    Column("id", String, primary_key=True),
    Column("ref", String, nullable=False),
    Column("month", String, nullable=False),
    Column("category", String),
    Column("member", String),
    Index("pseudonyms_by_month", "month", "member"),
)

nameless = Table(
    "nameless",
    metadata,
    Column("site", String, primary_key=True),
    Column("before", Date, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("actor", String, nullable=False),
    Column("act", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("subject", String),
    Column("details", Text, nullable=False),
    Column("before", String, nullable=False),
    Column("hash", String, nullable=False),
    Index("audit_by_subject", "subject", "number"),
)

audit_heads = Table(
    "audit_heads",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String, primary_key=True),
    Column("ledger", String, nullable=False),
    Column("hash", String, nullable=False),
    Column("at", Moment, nullable=False),
    Column("signature", String, nullable=False),
)

visitor_passes = Table(
    "visitor_passes",
    metadata,
    Column("id", String, primary_key=True),
    Column("site", String, nullable=False),
    Column("doors", String, nullable=False),
    Column("visitor", String, nullable=False),
    Column("host", String, nullable=False),
    Column("code", String, nullable=False, unique=True),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("single_use", Boolean, nullable=False),
    Column("last_used_at", Moment),
    Column("last_command", String),
    Column("revoked_at", Moment),
)
