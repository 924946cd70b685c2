"""Staff come in by accounts, members by their mail; keys may belong to someone, and be narrow."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and the columns that point to them."""
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("mail", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("password", sa.String()),
        sa.Column("totp", sa.LargeBinary()),
        sa.Column("totp_step", sa.BigInteger(), nullable=False),
        sa.Column("recovery", sa.Text(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("mail"),
    )
    op.create_table(
        "tries",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.add_column("keys", sa.Column("account", sa.String()))
    op.add_column("keys", sa.Column("scopes", sa.String()))
    op.create_index("ix_keys_account", "keys", ["account"])
    op.add_column("members", sa.Column("mail", sa.String()))
    op.create_index("ix_members_mail", "members", ["mail"])
