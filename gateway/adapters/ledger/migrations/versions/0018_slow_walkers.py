"""Who walks slowly may have a door that stays released for longer."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add how long, in seconds; null: as long as for anybody."""
    op.add_column("credentials", sa.Column("relock_after_s", sa.Float(), nullable=True))
