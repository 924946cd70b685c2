"""What became of bookings, when they were made, and what staff noted of them by hand."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and the column."""
    op.add_column("bookings", sa.Column("made_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "booking_marks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("booking", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_booking_marks_booking", "booking_marks", ["booking"])
    op.create_table(
        "attendances",
        sa.Column("booking", sa.String(), nullable=False),
        sa.Column("checked_in_at", sa.BigInteger(), nullable=True),
        sa.Column("checked_in_by", sa.String(), nullable=True),
        sa.Column("left_at", sa.BigInteger(), nullable=True),
        sa.Column("left_by", sa.String(), nullable=True),
        sa.Column("released_at", sa.BigInteger(), nullable=True),
        sa.Column("released_for", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("booking"),
    )
