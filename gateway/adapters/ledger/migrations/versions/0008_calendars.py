"""Calendars kept elsewhere, with the meetings taken up from them, and calendars given out."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "calendars",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("space", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("members", sa.Text(), nullable=False),
        sa.Column("organisers", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("polled_at", sa.BigInteger(), nullable=True),
        sa.Column("good_at", sa.BigInteger(), nullable=True),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("empties", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.Column("trouble_detail", sa.Text(), nullable=True),
        sa.Column("trouble_since", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "calendar_feeds",
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("calendar"),
    )
    op.create_table(
        "calendar_meetings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("recurrence", sa.String(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("organiser", sa.Text(), nullable=True),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("others", sa.Text(), nullable=False),
        sa.Column("booking", sa.String(), nullable=True),
        sa.Column("refused", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("calendar_meetings_by_end", "calendar_meetings", ["calendar", "ends_at"])
    op.create_table(
        "calendar_subscriptions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=True),
        sa.Column("space", sa.String(), nullable=True),
        sa.Column("member", sa.String(), nullable=True),
        sa.Column("titles", sa.Boolean(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
    )
