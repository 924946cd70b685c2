"""Who comes in, and who did what."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from gateway.adapters.ledger.tables.columns import Moment, metadata

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
