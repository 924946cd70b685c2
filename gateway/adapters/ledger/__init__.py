"""The ledger on SQLAlchemy: one transaction at a time writes, readers never wait."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, delete, insert, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gateway.adapters.ledger.accounts import AccountTables, KeyTable
from gateway.adapters.ledger.audit import AuditTables
from gateway.adapters.ledger.bookings import BookingTables
from gateway.adapters.ledger.calendars import CalendarTables
from gateway.adapters.ledger.door_modes import DoorModeTables
from gateway.adapters.ledger.engine import open_engine, rewrite
from gateway.adapters.ledger.enrolment import EnrolmentTables
from gateway.adapters.ledger.journal import JournalTable
from gateway.adapters.ledger.lockers import LockerTables
from gateway.adapters.ledger.nodes import NodeTables
from gateway.adapters.ledger.people import PeopleMemory, PeopleTables
from gateway.adapters.ledger.privacy import PseudonymTables
from gateway.adapters.ledger.projections import ProjectionTables
from gateway.adapters.ledger.subscriptions import SubscriptionTable
from gateway.adapters.ledger.tables import meta
from gateway.adapters.ledger.visitors import PassTable
from gateway.ports import LedgerFailed


class SqlBooks:
    """Every table of the ledger within one transaction."""

    def __init__(self, connection: Connection, memory: PeopleMemory) -> None:
        self._connection = connection
        self.journal = JournalTable(connection)
        self.people = PeopleTables(connection, memory)
        self.bookings = BookingTables(connection)
        self.calendars = CalendarTables(connection)
        self.subscriptions = SubscriptionTable(connection)
        self.door_modes = DoorModeTables(connection)
        self.lockers = LockerTables(connection)
        self.projections = ProjectionTables(connection)
        self.nodes = NodeTables(connection)
        self.keys = KeyTable(connection)
        self.accounts = AccountTables(connection)
        self.enrolments = EnrolmentTables(connection)
        self.audit = AuditTables(connection)
        self.pseudonyms = PseudonymTables(connection)
        self.passes = PassTable(connection)

    def note(self, key: str) -> str | None:
        return self._connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar()

    def remember(self, key: str, value: str) -> None:
        self._connection.execute(delete(meta).where(meta.c.key == key))
        self._connection.execute(insert(meta), {"key": key, "value": value})


class SqlLedger:
    """A ledger in the database at `url`, made where there is none. Raises LedgerFailed where it is none."""

    def __init__(self, url: str) -> None:
        with _its_failures_told():
            self._engine: Engine = open_engine(url)
        self._writer = threading.Lock()  # one queue for writers here, instead of busy waiting in the database
        self._people = PeopleMemory()
        self.id = self._identify()

    @contextmanager
    def writing(self) -> Iterator[SqlBooks]:
        with _its_failures_told(), self._writer, self._engine.begin() as connection:
            yield SqlBooks(connection, self._people)

    @contextmanager
    def reading(self) -> Iterator[SqlBooks]:
        with (
            _its_failures_told(),
            self._engine.connect().execution_options(reading=True) as connection,
        ):
            yield SqlBooks(connection, self._people)

    def compact(self) -> None:
        with _its_failures_told(), self._writer:
            rewrite(self._engine)

    def close(self) -> None:
        self._engine.dispose()

    def _identify(self) -> str:
        with self.writing() as books:
            known = books.note("ledger_id")
            if known is None:
                known = f"ledger-{secrets.token_hex(8)}"
                books.remember("ledger_id", known)
            return known


@contextmanager
def _its_failures_told() -> Iterator[None]:
    """Tell a failing database from a statement that no database would take."""
    try:
        yield
    except (IntegrityError, DataError, ProgrammingError, NotSupportedError):
        raise
    except DBAPIError as error:
        raise LedgerFailed(str(error.orig)) from error
    except PoolTimeout as error:
        raise LedgerFailed("every connection to the database is in use") from error
