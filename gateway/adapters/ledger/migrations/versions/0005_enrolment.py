"""Which certificates nodes were issued, and who is invited."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "certificates",
        sa.Column("serial", sa.String(), primary_key=True),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("pem", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger()),
    )
    op.create_index("certificates_of_node", "certificates", ["node"])
    op.create_table(
        "invitations",
        sa.Column("number", sa.String(), primary_key=True),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
    )
