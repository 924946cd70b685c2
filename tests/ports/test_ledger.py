"""What any ledger must do. SQLite stands in a file, as in production."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
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
from gateway.adapters.ledger.tables import holds, metadata
from gateway.domain.bookings import Booking, Hold
from gateway.domain.journal import Entry, Identity, NodeTime
from gateway.domain.occupancy import SpaceState
from gateway.domain.people import Credential, Member, Suspension
from gateway.domain.privatisation import Privatisation
from gateway.domain.visits import Visit
from gateway.ports import AlreadyHeld, Cursor, Key
from gateway.ports.records import People
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


@contextmanager
def migrated(url: str, revision: str) -> Iterator[sa.Connection]:
    """A new database as an earlier version of the software left it."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(database._MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        yield connection
    engine.dispose()


def test_what_was_committed_before_the_ledger_kept_the_nodes_clocks_is_read_without_them(url: str) -> None:
    with migrated(url, "0001") as connection:
        row = {"site": "sceaux-smart", "node": "ss-entrance", "epoch": EPOCH, "seq": 1, "occurred_at": 0}
        row |= {"quality": "estimated", "kind": "ExitRequested"}
        row |= {"event": '{"type": "ExitRequested", "door": "entrance"}'}
        names = ", ".join(row)
        places = ", ".join(f":{name}" for name in row)
        connection.execute(sa.text(f"INSERT INTO journal ({names}) VALUES ({places})"), row)
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


def a_member(number: int) -> Member:
    return Member(f"m-{number}", "Anne", "member", "nomad", ("sceaux-smart",), None, NINE, None)


def test_what_another_program_changes_of_people_is_seen_at_once(url: str, ledger: SqlLedger) -> None:
    with ledger.writing() as books:
        books.people.add([a_member(1)])
        books.people.give([Credential("c_1", "m-1", NINE, None)])
    with ledger.reading() as books:
        assert [each.revoked_at for each in books.people.credentials()] == [None]
    beside = SqlLedger(url)
    with beside.writing() as books:
        books.people.add([a_member(2)])
        books.people.revoke("c_1", NINE + HOUR)
    beside.close()
    with ledger.reading() as books:
        assert [each.id for each in books.people.members()] == ["m-1", "m-2"]
        assert [each.revoked_at for each in books.people.credentials()] == [NINE + HOUR]


def test_people_whose_taking_up_was_rolled_back_are_nobody(ledger: SqlLedger) -> None:
    with ledger.writing() as books:
        books.people.add([a_member(1)])

    def taking_up() -> None:
        with ledger.writing() as books:
            books.people.add([a_member(2)])
            assert [each.id for each in books.people.members()] == ["m-1", "m-2"]
            raise RuntimeError("on the way")

    with pytest.raises(RuntimeError, match="on the way"):
        taking_up()
    with ledger.reading() as books:
        assert [each.id for each in books.people.members()] == ["m-1"]


@pytest.mark.parametrize(
    "change",
    [
        lambda people: people.add([a_member(2)]),
        lambda people: people.give([Credential("c_2", "m-1", NINE, None)]),
        lambda people: people.set_mail("m-1", "anne@example.org"),
        lambda people: people.revoke("c_1", NINE + HOUR),
        lambda people: people.remove("m-1"),
    ],
    ids=["taken up", "given a card", "given a mail", "revoked", "removed"],
)
def test_no_change_of_people_is_overlooked(ledger: SqlLedger, change: Callable[[People], None]) -> None:
    def everyone() -> tuple[list[Member], list[Credential]]:
        with ledger.reading() as books:
            return books.people.members(), books.people.credentials()

    with ledger.writing() as books:
        books.people.add([a_member(1)])
        books.people.give([Credential("c_1", "m-1", NINE, None)])
    before = everyone()
    with ledger.writing() as books:
        change(books.people)
    assert everyone() != before


def test_bookings_are_found_by_overlap(ledger: SqlLedger) -> None:
    booking = Booking("b-1", "sceaux-smart", "meeting-1", "ana", NINE, NINE + HOUR, "confirmed", "Réunion")
    with ledger.writing() as books:
        books.bookings.put(booking)
        assert books.bookings.between("sceaux-smart", NINE + HOUR, NINE + 2 * HOUR) == []
        assert books.bookings.between(None, NINE - HOUR, NINE + HOUR) == [booking]
        cancelled = replace(booking, status="cancelled")
        books.bookings.put(cancelled)
        assert books.bookings.get("b-1") == cancelled


def test_a_privatisation_is_kept_with_its_spaces_and_guests(ledger: SqlLedger) -> None:
    whole = Privatisation(
        "p-1", "le-petit-voisin", (), "ana", NINE, NINE + HOUR, "confirmed", None, ("bob", "eve")
    )
    part = replace(whole, id="p-2", spaces=("hall", "studio"), guests=())
    with ledger.writing() as books:
        books.bookings.put_privatisation(replace(whole, guests=()))
        books.bookings.put_privatisation(whole)
        books.bookings.put_privatisation(part)
        assert books.bookings.privatisation("p-2") == part
        assert books.bookings.privatisations("le-petit-voisin", NINE, NINE + HOUR) == [whole, part]
        assert books.bookings.privatisations("le-petit-voisin", NINE + HOUR, NINE + 2 * HOUR) == []


def test_several_spaces_are_held_together_or_not_at_all(ledger: SqlLedger) -> None:
    with ledger.writing() as books:
        books.bookings.hold([hold(1, 0, 1)])
        with pytest.raises(AlreadyHeld):
            books.bookings.hold([hold(2, 0, 1, space="meeting-2"), hold(2, 0, 1)])
        assert [each.booking for each in books.bookings.holds("sceaux-smart", NINE, NINE + HOUR)] == ["b-1"]


def test_bookings_are_found_by_their_member_and_by_their_series(ledger: SqlLedger) -> None:
    weekly = [
        Booking(
            f"b-{n}",
            "sceaux-smart",
            "meeting-1",
            "ana",
            NINE + n * HOUR,
            NINE + (n + 1) * HOUR,
            "confirmed",
            None,
        )
        for n in range(4)
    ]
    weekly[1:3] = [replace(each, series="r-1", price_category="student") for each in weekly[1:3]]
    with ledger.writing() as books:
        for each in weekly:
            books.bookings.put(each)
        assert books.bookings.of_series("r-1") == weekly[1:3]
        assert books.bookings.of_member("ana", NINE + HOUR, NINE + 3 * HOUR) == weekly[1:3]
        assert books.bookings.of_member("bob", NINE, NINE + 9 * HOUR) == []


def hold(number: int, start_h: float, end_h: float, space: str = "meeting-1") -> Hold:
    start, end = NINE + start_h * HOUR, NINE + end_h * HOUR
    return Hold(f"b-{number}", "sceaux-smart", space, start, end)


@pytest.mark.parametrize(
    ("start_h", "end_h"), [(-1, 0.01), (0, 1), (0.2, 0.3), (0.99, 5), (-1, 5), (2.5, 2.6), (-1, 2.5)]
)
def test_no_space_is_held_twice_at_a_time(ledger: SqlLedger, start_h: float, end_h: float) -> None:
    held = [hold(1, 0, 1), hold(2, 2, 3)]
    with ledger.writing() as books:
        for each in held:
            books.bookings.hold([each])
        with pytest.raises(AlreadyHeld):
            books.bookings.hold([hold(3, start_h, end_h)])
        assert books.bookings.holds("sceaux-smart", NINE - HOUR, NINE + 9 * HOUR) == held


def test_a_space_is_held_for_one_after_another_and_again_once_let_go(ledger: SqlLedger) -> None:
    with ledger.writing() as books:
        for each in (hold(1, 0, 1), hold(2, 2, 3), hold(3, 1, 2), hold(4, 0, 3, space="meeting-2")):
            books.bookings.hold([each])
        books.bookings.let_go("b-3")
        books.bookings.hold([hold(1, 0.5, 2)])
        assert [each.booking for each in books.bookings.holds("sceaux-smart", NINE, NINE + HOUR)] == [
            "b-4",
            "b-1",
        ]


def test_no_statement_whatever_makes_two_holds_of_a_space_overlap(ledger: SqlLedger) -> None:
    with ledger.writing() as books:
        books.bookings.hold([hold(1, 0, 1)])
        books.bookings.hold([hold(2, 1, 2)])
    widened = sa.update(holds).where(holds.c.booking == "b-1").values(ends_at=NINE + 1.5 * HOUR)
    with ledger._engine.begin() as connection, pytest.raises(IntegrityError, match="holds_never_overlap"):
        connection.execute(widened)


def test_of_many_who_want_a_space_at_once_one_gets_it(url: str, ledger: SqlLedger) -> None:
    """Through two gateways on one database, and past the rules of the domain."""
    other = SqlLedger(url)

    def try_for(number: int) -> bool:
        with (ledger, other)[number % 2].writing() as books:
            try:
                books.bookings.hold([hold(number, number % 7 / 10, 1)])
            except AlreadyHeld:
                return False
            return True

    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(try_for, range(64)))
    other.close()
    assert won.count(True) == 1


def test_what_was_booked_before_there_were_holds_is_held(url: str) -> None:
    with migrated(url, "0003") as connection:
        row = {"site": "sceaux-smart", "space": "meeting-1", "member": "ana", "starts_at": 1, "ends_at": 2}
        for number, status in enumerate(("confirmed", "cancelled")):
            values = row | {"id": f"b-{number}", "status": status}
            connection.execute(
                sa.text(
                    "INSERT INTO bookings (id, site, space, member, starts_at, ends_at, status)"
                    " VALUES (:id, :site, :space, :member, :starts_at, :ends_at, :status)"
                ),
                values,
            )
    ledger = SqlLedger(url)
    with ledger.reading() as books:
        (held,) = books.bookings.holds("sceaux-smart", datetime(1970, 1, 1, tzinfo=UTC), NINE)
    ledger.close()
    assert (held.booking, held.space) == ("b-0", "meeting-1")


def test_suspensions_are_kept_and_can_be_shortened_but_not_stretched(ledger: SqlLedger) -> None:
    lasting = Suspension("u-1", "ana", NINE, None, "unpaid")
    short = Suspension("u-2", "bob", NINE, NINE + HOUR, "keys lost")
    with ledger.writing() as books:
        books.people.suspend(lasting)
        books.people.suspend(short)
        assert books.people.suspensions() == [lasting, short]
        books.people.lift("u-1", NINE + 2 * HOUR)
        books.people.lift("u-2", NINE + 2 * HOUR)
        assert books.people.suspensions("ana") == [replace(lasting, until=NINE + 2 * HOUR)]
        assert books.people.suspensions("bob") == [short]


def test_the_days_are_told_on_which_members_came_to_any_site(ledger: SqlLedger) -> None:
    first, days = date(2026, 11, 23), [date(2026, 11, 23) + timedelta(days=n) for n in range(3)]
    with ledger.writing() as books:
        for site, day in (("sceaux-smart", days[0]), ("le-petit-voisin", days[1]), ("sceaux-smart", days[2])):
            books.projections.replace_visits(site, day, [visit("ana"), visit("ana"), visit("bob")])
        come = books.projections.days_come(["ana", "eve"], first, days[2])
    assert come == {"ana": frozenset(days[:2])}


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
