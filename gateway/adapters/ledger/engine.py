"""Opening the database: SQLite in WAL mode, every commit on the disk before it counts."""

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from gateway.ports import LedgerFailed

_MIGRATIONS = Path(__file__).with_name("migrations")


def open_engine(url: str) -> Engine:
    """Open `url` and bring its schema up to date."""
    engine = create_engine(url, pool_size=16, hide_parameters=True)  # errors are logged, names must not be
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin)
    with engine.begin() as connection:
        migrate(connection)
    return engine


def rewrite(engine: Engine) -> None:
    """Write an SQLite database anew, and empty its log: no page then holds what was deleted.

    A database server does so by itself (PostgreSQL: autovacuum).
    """
    if engine.dialect.name != "sqlite":
        return
    with closing(engine.raw_connection()) as connection:  # outside of any transaction
        database = connection.cursor()
        try:
            database.execute("VACUUM")
            (busy, *_) = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            raise LedgerFailed(str(error)) from error
        if busy:
            raise LedgerFailed("its log is being read, and could not be emptied")


def sqlite_file(url: str) -> Path | None:
    """Return the file of an SQLite database, None where `url` means a server."""
    parts = make_url(url)
    if parts.get_backend_name() != "sqlite" or parts.database in {None, "", ":memory:"}:
        return None
    return Path(parts.database or "")


def known_schemas() -> frozenset[str]:
    """Return the revisions of the schema from which this program can migrate."""
    return frozenset(each.revision for each in ScriptDirectory(str(_MIGRATIONS)).walk_revisions())


def without_password(url: str) -> str:
    """Return `url` as it may be shown."""
    return make_url(url).render_as_string(hide_password=True)


def migrate(connection: Connection) -> None:
    """Run the migrations that this database has not seen."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _set_up_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    if not isinstance(connection, sqlite3.Connection):
        raise TypeError("the sqlite dialect gave a connection of another driver")
    connection.isolation_level = None  # transactions begin where _begin says, not where the driver guesses
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA busy_timeout=10000")
    connection.execute("PRAGMA secure_delete=ON")  # what is deleted is overwritten, not only forgotten


def _begin(connection: Connection) -> None:
    # A writer takes its lock at once: upgrading a read lock later could only fail.
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
