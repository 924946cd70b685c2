"""More is looked for all the time and is almost never there: fires, tailgating, passback, duress."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index anew, of more kinds."""
    troubles = sa.text(
        "kind IN ('DuressSignalled', 'EpochBegun', 'EventsDropped', 'FireAlarm', 'FireAlarmEnded',"
        " 'PassedBack', 'RecordUnreadable', 'Tailgated')"
    )
    op.drop_index("journal_of_troubles", "journal")
    op.create_index(
        "journal_of_troubles",
        "journal",
        ["site", "occurred_at"],
        sqlite_where=troubles,
        postgresql_where=troubles,
    )
