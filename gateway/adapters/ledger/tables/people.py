"""People, what they booked and borrowed, and what staff set for doors."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    false,
)

from gateway.adapters.ledger.tables.columns import Moment, metadata, serial

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
