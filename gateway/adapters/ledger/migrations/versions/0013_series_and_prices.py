"""Bookings that recur belong to a series; what each is charged as is kept with it."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns. What was booked before recurs with nothing, and bears no category."""
    op.add_column("bookings", sa.Column("series", sa.String(), nullable=True))
    op.add_column("bookings", sa.Column("price_category", sa.String(), nullable=True))
    op.create_index("ix_bookings_series", "bookings", ["series"])
    op.create_index("bookings_by_member", "bookings", ["member", "starts_at"])
