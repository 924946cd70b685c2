"""Memberships are suspended, guests have hosts, and the days on which members came are counted."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, the column and the index."""
    op.create_table(
        "suspensions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("member", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_suspensions_member", "suspensions", ["member"])
    op.add_column("members", sa.Column("host", sa.String(), nullable=True))
    op.create_index("visits_by_member", "visits", ["day", "member"])
