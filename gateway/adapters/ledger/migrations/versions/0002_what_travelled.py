"""The journal keeps the node's own clocks, and the ledger which runs of each node have spoken."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is now kept. What was committed before stays without it."""
    op.add_column("journal", sa.Column("boot", sa.String(), nullable=True))
    op.add_column("journal", sa.Column("uptime_s", sa.Float(), nullable=True))
    op.add_column("journal", sa.Column("node_at", sa.BigInteger(), nullable=True))
    op.add_column("journal", sa.Column("node_clock", sa.String(), nullable=True))
    troubles = sa.text("kind IN ('EpochBegun', 'EventsDropped', 'RecordUnreadable')")
    op.create_index(
        "journal_of_troubles",
        "journal",
        ["site", "occurred_at"],
        sqlite_where=troubles,
        postgresql_where=troubles,
    )
    op.create_table(
        "runs",
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("starts", sa.Text(), nullable=False),
        sa.Column("turned_at", sa.BigInteger(), nullable=False),
        sa.Column("duplicated_since", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("node"),
    )
