"""Spaces are held for bookings, and no two holds of one space can overlap."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# Holds of one space never overlap, so the last to begin before a new one ends is also the last to end.
_OVERLAPS = """
    (SELECT ends_at FROM holds
     WHERE site = NEW.site AND space = NEW.space AND starts_at < NEW.ends_at {but_itself}
     ORDER BY starts_at DESC LIMIT 1) > NEW.starts_at
"""
_TRIGGER = """
    CREATE TRIGGER holds_never_overlap_on_{event} BEFORE {event} ON holds
    WHEN {overlaps}
    BEGIN SELECT RAISE(ABORT, 'holds_never_overlap'); END
"""
_EXCLUSION = """
    ALTER TABLE holds ADD CONSTRAINT holds_never_overlap
    EXCLUDE USING gist (site WITH =, space WITH =, int8range(starts_at, ends_at) WITH &&)
"""


def upgrade() -> None:
    """Make the table and its constraint, and hold what is booked."""
    op.create_table(
        "holds",
        sa.Column("booking", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name="holds_last"),
        sa.PrimaryKeyConstraint("booking", "space"),
    )
    op.create_index("holds_by_space", "holds", ["site", "space", "starts_at"])
    op.drop_index("bookings_by_space", "bookings")
    op.create_index("bookings_by_end", "bookings", ["site", "ends_at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        op.execute(_EXCLUSION)
    else:
        op.execute(_TRIGGER.format(event="INSERT", overlaps=_OVERLAPS.format(but_itself="")))
        itself = _OVERLAPS.format(but_itself="AND rowid <> OLD.rowid")
        op.execute(_TRIGGER.format(event="UPDATE", overlaps=itself))
    op.execute(
        "INSERT INTO holds (booking, site, space, starts_at, ends_at)"
        " SELECT id, site, space, starts_at, ends_at FROM bookings WHERE status = 'confirmed'"
    )
