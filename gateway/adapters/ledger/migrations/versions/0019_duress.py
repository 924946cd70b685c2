"""Some badges call for help."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the mark. No badge had it."""
    op.add_column("credentials", sa.Column("duress", sa.Boolean(), nullable=False, server_default=sa.false()))
