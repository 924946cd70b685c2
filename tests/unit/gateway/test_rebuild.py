"""`passerelle rebuild` on real ledgers: the same rows, whatever was done to them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from gateway.adapters.ledger import SqlLedger
from gateway.adapters.ledger.tables import loans, parcels, space_states, visits
from gateway.domain.loans import Loan
from gateway.domain.parcels import Parcel
from gateway.ports import Part
from gateway.rebuild import Rebuild
from passerelle.rebuilding import run_rebuild
from tests.fakes import SITES as SITE_FILES
from tests.fakes import SetClock
from tests.unit.gateway.domain.building import SITE, badge, entry, locker_closed, locker_opened, paris
from tests.usage import DAYS, SITES, credentials, entries, fill, members

NOON = paris("12:00", DAYS[-1])
LOAN = Loan("l-1", SITE.id, "projector", "loan-1", "m-1", NOON, NOON, None, None, cancelled=False)
PARCEL = Parcel("p-1", SITE.id, "parcel-1", "m-1", "Poste", None, NOON, NOON, None, returned=False)
FETCHED = [
    entry(NOON + timedelta(minutes=1), badge(1, point="loan-1", why="loan:l-1"), 1, node="ss-loans"),
    entry(NOON + timedelta(minutes=2), locker_opened("loan-1", 1), 2, node="ss-loans"),
    entry(NOON + timedelta(minutes=3), locker_closed("loan-1", item_present=False), 3, node="ss-loans"),
    entry(NOON + timedelta(minutes=4), badge(1, point="parcel-1", why="parcel:p-1"), 1, node="ss-parcels"),
    entry(NOON + timedelta(minutes=5), locker_opened("parcel-1", 1), 2, node="ss-parcels"),
    entry(NOON + timedelta(minutes=6), locker_closed("parcel-1", item_present=None), 3, node="ss-parcels"),
]
Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def clock() -> SetClock:
    return SetClock(paris("21:00", DAYS[-1]))


@pytest.fixture
def ledger(tmp_path: Path, clock: SetClock) -> Iterator[SqlLedger]:
    """Three days at both sites, a loan and a parcel, all worked out as it came."""
    ledger = SqlLedger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    with ledger.writing() as books:
        books.people.add(members())
        books.people.give(credentials())
        books.lockers.put_loan(LOAN)
        books.lockers.put_parcel(PARCEL)
    fill(ledger, [*entries(), *FETCHED], clock)
    yield ledger
    ledger.close()


@pytest.fixture
def rebuild(ledger: SqlLedger, clock: SetClock) -> Rebuild:
    return Rebuild(ledger, clock, SITES)


def rows(ledger: SqlLedger) -> Rows:
    """All that is worked out, but for the numbers that the database gives rows for itself."""
    told = {
        table.name: [column for column in table.columns if column is not visits.c.id]
        for table in (visits, space_states, loans, parcels)
    }
    with ledger.reading() as books:
        return {
            name: sorted(map(tuple, books._connection.execute(select(*columns))), key=repr)
            for name, columns in told.items()
        }


def tamper(ledger: SqlLedger) -> None:
    with ledger.writing() as books:
        execute = books._connection.execute
        execute(delete(visits).where(visits.c.day == DAYS[0]))
        execute(update(visits).where(visits.c.day == DAYS[1]).values(member="m-0"))
        execute(insert(visits), {**_invented(), "day": DAYS[0] - timedelta(days=30)})
        execute(update(space_states).values(people=99))
        execute(update(loans).values(taken_at=None, returned_at=NOON))
        execute(update(parcels).values(collected_at=NOON))


def _invented() -> dict[str, Any]:
    invented = {"site": SITE.id, "member": "m-1", "begun_at": NOON, "ended_at": None}
    return {**invented, "quality": "measured", "begun_by": "x/y/1", "ended_by": None}


def work_out(rebuild: Rebuild) -> list[Part]:
    return [changed for part in rebuild.parts() for changed in rebuild.work_out(part)]


def test_what_is_right_is_left_as_it_is(ledger: SqlLedger, rebuild: Rebuild) -> None:
    before = rows(ledger)
    assert all(before.values()), "there is something of everything"
    assert work_out(rebuild) == []
    assert rows(ledger) == before


def test_what_was_tampered_with_is_as_it_was_and_is_named(ledger: SqlLedger, rebuild: Rebuild) -> None:
    before = rows(ledger)
    tamper(ledger)
    assert rows(ledger) != before
    changed = work_out(rebuild)
    assert rows(ledger) == before
    assert Part(SITE.id, "visits", "2026-09-24") in changed
    assert {part.projection for part in changed} == {"visits", "spaces", "loan", "parcel"}
    assert work_out(rebuild) == []


def test_a_rebuild_that_was_interrupted_has_nothing_half_done_and_is_ended_by_another(
    ledger: SqlLedger, rebuild: Rebuild, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(ledger)
    tamper(ledger)

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("gateway.domain.visits.visits_of_day", interrupt)
        spoilt = rows(ledger)
        with pytest.raises(KeyboardInterrupt):
            work_out(rebuild)
        assert rows(ledger) == spoilt
    work_out(rebuild)
    assert rows(ledger) == before


def test_the_command_says_what_changed(
    ledger: SqlLedger, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "gateway.toml"
    files = ", ".join(f'"{SITE_FILES / name}.toml"' for name in SITES)
    settings.write_text(f'data_dir = "{tmp_path}"\nsite_files = [{files}]\n', encoding="utf-8")
    assert run_rebuild(settings) == 0  # spaces were as of a day that is over now
    tamper(ledger)
    capsys.readouterr()
    assert run_rebuild(settings) == 0
    told = capsys.readouterr().out
    assert f"changed: visits {DAYS[0]} at sceaux-smart\n" in told
    assert "changed: loan l-1 at sceaux-smart\n" in told
    assert run_rebuild(settings) == 0
    assert "0 of them differ" in capsys.readouterr().out


def test_there_must_be_a_ledger(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = tmp_path / "gateway.toml"
    settings.write_text(f'data_dir = "{tmp_path}"\nsite_files = ["{SITE_FILES}/sceaux-smart.toml"]\n')
    assert run_rebuild(settings) == 2
    assert "there is no ledger" in capsys.readouterr().err
    assert not (tmp_path / "ledger.sqlite").exists()
