"""Keys may be limited to sites."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; null: all sites."""
    op.add_column("keys", sa.Column("sites", sa.String(), nullable=True))
