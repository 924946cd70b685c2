"""What is worked out from the journal, and what stands in for names that are gone."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from gateway.adapters.ledger.tables.columns import Moment, metadata, serial

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
