"""How a gateway is put together, and what it says of settings that it cannot be put together from."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.bootstrap import House, build
from gateway.commands import AddCalendar, AddMembers, NewMember
from gateway.domain.authority import SYSTEM
from gateway.domain.people import Member
from gateway.settings import CalendarSettings, Settings, SettingsRefused
from tests.feeds import feed_server, ics, once
from tests.whole_place import until

SITE_FILE = Path("deploy/sites/sceaux-smart.toml")


def test_a_ledger_that_is_no_database_is_named_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    file.write_bytes(b"a letter home, and no database at all")
    with pytest.raises(SettingsRefused, match=r"ledger\.sqlite: cannot be opened as a ledger.*restore"):
        build(Settings(data_dir=tmp_path, site_files=(SITE_FILE,)))
    assert file.read_bytes() == b"a letter home, and no database at all"


def test_a_calendar_of_a_named_private_host_is_followed_by_itself(tmp_path: Path) -> None:
    own_hosts = CalendarSettings(private_hosts=("127.0.0.1",))
    house = build(Settings(data_dir=tmp_path, site_files=(SITE_FILE,), calendars=own_hosts))
    now = house.clock.now()
    ana = Member("ana", "Ana", "member", "nomad", ("sceaux-smart",), None, now, None)
    house.gateway.handle(AddMembers((NewMember(ana),)), SYSTEM)
    start, end = (f"{now + timedelta(hours=hours):%Y%m%dT%H%M%S}" for hours in (24, 25))
    with feed_server() as server:
        server.body = ics(once("a", start, end))
        house.following.start()
        follow = AddCalendar("sceaux-smart", "meeting-1", "Salle 1", server.url, ("ana",), {})
        house.gateway.handle(follow, SYSTEM)
        until(lambda: _booked(house))
        house.following.stop()
    house.ledger.close()


def _booked(house: House) -> bool:
    now = house.clock.now()
    with house.ledger.reading() as books:
        return bool(books.bookings.between("sceaux-smart", now, now + timedelta(days=2)))
