"""What any ledger must do. SQLite stands in a file, as in production."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy.exc import IntegrityError

from gateway.adapters.ledger import SqlLedger
from gateway.adapters.ledger import engine as database
from gateway.adapters.ledger.engine import open_engine
from gateway.adapters.ledger.tables import metadata
from gateway.domain.bookings import Booking
from gateway.domain.journal import Entry, Identity, NodeTime
from gateway.domain.occupancy import SpaceState
from gateway.domain.people import Credential, Member
from gateway.domain.visits import Visit
from gateway.ports import Cursor, Key
from protocol.events import DoorClosed, EventsDropped, ExitRequested

NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
EPOCH = "e" * 16


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ledger.sqlite'}"


@pytest.fixture
def ledger(url: str) -> Iterator[SqlLedger]:
    ledger = SqlLedger(url)
    yield ledger
    ledger.close()


def entry(seq: int, at: datetime = NINE, node: str = "ss-entrance") -> Entry:
    closed = DoorClosed(door="entrance", open_s=1.5)
    told = NodeTime("b" * 16, 12.345678, at - HOUR, "unsynchronised")
    return Entry("sceaux-smart", Identity(node, EPOCH, seq), at, "synchronised", closed, told)


def test_its_id_is_given_once(url: str) -> None:
    first, second = SqlLedger(url), SqlLedger(url)
    assert first.id == second.id
    first.close()
    second.close()


def test_migrations_and_tables_say_the_same(url: str) -> None:
    engine = open_engine(url)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert differences == []


def test_what_was_committed_before_the_ledger_kept_the_nodes_clocks_is_read_without_them(url: str) -> None:
    first = sa.create_engine(url)
    with first.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(database._MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        row = {"site": "sceaux-smart", "node": "ss-entrance", "epoch": EPOCH, "seq": 1, "occurred_at": 0}
        row |= {"quality": "estimated", "kind": "ExitRequested"}
        row |= {"event": '{"type": "ExitRequested", "door": "entrance"}'}
        names = ", ".join(row)
        places = ", ".join(f":{name}" for name in row)
        connection.execute(sa.text(f"INSERT INTO journal ({names}) VALUES ({places})"), row)
    first.dispose()
    ledger = SqlLedger(url)
    with ledger.reading() as books:
        found = books.journal.get(Identity("ss-entrance", EPOCH, 1))
    ledger.close()
    assert found is not None
    assert (found.event, found.told) == (ExitRequested(door="entrance"), None)


def test_every_commit_reaches_the_disk(ledger: SqlLedger) -> None:
    with ledger._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_an_entry_reads_back_as_it_was_written(ledger: SqlLedger) -> None:
    exact = NINE + timedelta(microseconds=123457)
    with ledger.writing() as books:
        books.journal.append([entry(1, exact)], [Cursor("ss-entrance", EPOCH, 1)])
    with ledger.reading() as books:
        assert books.journal.get(Identity("ss-entrance", EPOCH, 1)) == entry(1, exact)
        assert books.journal.cursor("ss-entrance", EPOCH) == 1
        assert books.journal.cursor("ss-entrance", "f" * 16) == 0


def test_one_identity_cannot_be_kept_twice(ledger: SqlLedger) -> None:
    with pytest.raises(IntegrityError), ledger.writing() as books:
        books.journal.append([entry(1), entry(1)], [])


def test_a_transaction_that_fails_leaves_nothing(ledger: SqlLedger) -> None:
    def fail_halfway() -> None:
        with ledger.writing() as books:
            books.journal.append([entry(1)], [Cursor("ss-entrance", EPOCH, 1)])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    with ledger.reading() as books:
        assert books.journal.counts()["events"] == 0
        assert books.journal.cursor("ss-entrance", EPOCH) == 0


def test_a_reader_sees_only_what_is_committed(ledger: SqlLedger) -> None:
    with ledger.writing() as books:
        books.journal.append([entry(1)], [])
        with ledger.reading() as others:
            assert others.journal.counts()["events"] == 0
    with ledger.reading() as others:
        assert others.journal.counts()["events"] == 1


def test_entries_are_found_by_half_open_time_and_kind(ledger: SqlLedger) -> None:
    pressed = Entry(
        "sceaux-smart", Identity("ss-entrance", EPOCH, 9), NINE, "uptime", ExitRequested(door="entrance")
    )
    with ledger.writing() as books:
        books.journal.append([entry(1, NINE), entry(2, NINE + HOUR), pressed], [])
    with ledger.reading() as books:
        found = books.journal.between("sceaux-smart", NINE, NINE + HOUR, ["DoorClosed"])
        assert [each.identity.seq for each in found] == [1]
        assert books.journal.between("le-petit-voisin", NINE, NINE + HOUR, ["DoorClosed"]) == []


def test_the_journal_is_read_on_from_any_number(ledger: SqlLedger) -> None:
    with ledger.writing() as books:
        books.journal.append([entry(seq) for seq in range(1, 6)], [])
    with ledger.reading() as books:
        first = books.journal.after(0, 3)
        rest = books.journal.after(first[-1].number, 3)
    assert [each.entry.identity.seq for each in [*first, *rest]] == [1, 2, 3, 4, 5]


def test_a_card_is_held_from_its_handing_over_until_it_is_revoked(ledger: SqlLedger) -> None:
    ref = "c_" + "a" * 32
    with ledger.writing() as books:
        books.people.add([Member("ana", "Ana", "member", "nomad", ("sceaux-smart",), None, NINE, None)])
        books.people.give([Credential(ref, "ana", NINE, None)])
        assert books.people.holding(ref, NINE - HOUR) is None
        assert books.people.holding(ref, NINE) is not None
        assert books.people.revoke(ref, NINE + HOUR)
        assert books.people.holding(ref, NINE + HOUR) is None
        assert not books.people.revoke(ref, NINE + HOUR)
        assert books.people.credentials("ana") == [Credential(ref, "ana", NINE, NINE + HOUR)]


def test_members_are_found_by_site(ledger: SqlLedger) -> None:
    ana = Member("ana", "Ana", "member", "nomad", ("sceaux-smart", "le-petit-voisin"), None, NINE, None)
    bob = Member("bob", "Bob", "guest", "guest", ("le-petit-voisin",), None, NINE, NINE + HOUR)
    with ledger.writing() as books:
        books.people.add([bob, ana])
        assert books.people.members() == [ana, bob]
        assert books.people.members("sceaux-smart") == [ana]
        assert books.people.member("bob") == bob


def test_bookings_are_found_by_overlap(ledger: SqlLedger) -> None:
    booking = Booking("b-1", "sceaux-smart", "meeting-1", "ana", NINE, NINE + HOUR, "confirmed", "Réunion")
    with ledger.writing() as books:
        books.bookings.add(booking)
        assert books.bookings.between("sceaux-smart", NINE + HOUR, NINE + 2 * HOUR) == []
        assert books.bookings.between(None, NINE - HOUR, NINE + HOUR) == [booking]
        books.bookings.cancel("b-1")
        cancelled = books.bookings.get("b-1")
    assert cancelled is not None
    assert cancelled.status == "cancelled"


def visit(member: str, ended_at: datetime | None = None) -> Visit:
    return Visit("sceaux-smart", member, NINE, ended_at, "measured", f"ss-entrance/{EPOCH}/1", None)


def test_a_days_visits_are_replaced_whole(ledger: SqlLedger) -> None:
    day = date(2026, 11, 24)
    with ledger.writing() as books:
        assert books.projections.replace_visits("sceaux-smart", day, [visit("ana"), visit("bob")])
        assert not books.projections.replace_visits("sceaux-smart", day, [visit("ana"), visit("bob")])
        assert books.projections.replace_visits("sceaux-smart", day, [visit("ana", NINE + HOUR)])
        assert books.projections.visits(day, day + timedelta(days=1)) == [visit("ana", NINE + HOUR)]
        assert books.projections.visits(day - timedelta(days=1), day) == []


def test_space_states_are_replaced_whole(ledger: SqlLedger) -> None:
    states = {"floor": SpaceState(3, None, NINE), "kitchen": SpaceState(None, True, NINE)}
    with ledger.writing() as books:
        assert books.projections.replace_spaces("sceaux-smart", states)
        assert not books.projections.replace_spaces("sceaux-smart", states)
        assert books.projections.spaces("sceaux-smart") == states


def test_a_key_is_found_by_its_hash_and_remembers_its_use(ledger: SqlLedger) -> None:
    key = Key("hash", "api", "city", "billing", NINE + HOUR, None)
    with ledger.writing() as books:
        books.keys.add(key)
        books.keys.use("hash", NINE)
        found = books.keys.find("hash")
    assert found == Key("hash", "api", "city", "billing", NINE + HOUR, NINE)


def test_notes_are_kept(ledger: SqlLedger) -> None:
    with ledger.writing() as books:
        assert books.note("cursor") is None
        books.remember("cursor", "1")
        books.remember("cursor", "2")
        assert books.note("cursor") == "2"


def test_what_nodes_lost_is_found_without_reading_the_journal_through(ledger: SqlLedger) -> None:
    dropped = EventsDropped(count=3, up_to=9)
    lost = Entry("sceaux-smart", Identity("ss-garden", EPOCH, 1), NINE, "uptime", dropped)
    with ledger.writing() as books:
        books.journal.append([entry(1), lost], [])
    asked: list[tuple[str, Any]] = []
    sa.event.listen(ledger._engine, "before_cursor_execute", lambda *said: asked.append((said[2], said[3])))
    with ledger.reading() as books:
        assert books.journal.troubles("sceaux-smart", NINE) == [lost]
        assert books.journal.troubles("sceaux-smart", NINE + HOUR) == []
        assert books.journal.troubles("le-petit-voisin", NINE) == []
    statement, values = asked[1]
    with ledger._engine.connect() as connection:
        plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all())
    assert "journal_of_troubles" in plan


def test_what_went_wrong_is_told_without_what_was_written(ledger: SqlLedger) -> None:
    ana = Member("ana", "Ana Quetzal", "member", "nomad", ("sceaux-smart",), None, NINE, None)
    with pytest.raises(IntegrityError) as told, ledger.writing() as books:
        books.people.add([ana, ana])
    assert "Quetzal" not in str(told.value)


def test_a_compacted_ledger_has_no_page_of_what_was_deleted(ledger: SqlLedger, tmp_path: Path) -> None:
    ana = Member("ana", "Ana Quetzal", "member", "nomad", ("sceaux-smart",), None, NINE, None)
    with ledger.writing() as books:
        books.people.add([ana])
    with ledger.writing() as books:
        books.people.remove("ana")
    ledger.compact()
    assert not any(b"Quetzal" in file.read_bytes() for file in tmp_path.iterdir())
    assert (tmp_path / "ledger.sqlite-wal").stat().st_size == 0
