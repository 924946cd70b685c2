"""What nodes send, and what they are sent."""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from gateway.adapters.ledger.tables.columns import TROUBLES, Moment, metadata, serial

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
