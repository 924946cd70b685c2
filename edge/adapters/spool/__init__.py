"""The spool on SQLite: how it lies on the disk, its bounds, and what is done about damage."""

from edge.adapters.spool.sqlite import SqliteSpool

__all__ = ["SqliteSpool"]
