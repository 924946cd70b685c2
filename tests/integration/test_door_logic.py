"""What doors ask beyond the list, at a real edge process: it survives kill -9, and a fire opens."""

from collections.abc import Iterator
from pathlib import Path
from time import sleep

import pytest

from tests.servers.fixtures import Broker
from tests.whole_place import SITE_FILE, WholePlace, until, whole_place

STRANGER = bytes.fromhex("04ffeeddccbbaa")
AWAY_S = 1.0
"""So long a card must have been away to be read as a new one."""


@pytest.fixture
def place(tmp_path: Path, broker: Broker) -> Iterator[WholePlace]:
    text = SITE_FILE.read_text(encoding="utf-8")
    for plain, asking in (
        ('id = "ss-entrance"\n', 'id = "ss-entrance"\nfire = 4\n'),
        ('id = "entrance"\n', 'id = "entrance"\nanti_passback = "hard"\n'),
    ):
        assert text.count(plain) == 1
        text = text.replace(plain, asking)
    (tmp_path / "site.toml").write_text(text, encoding="utf-8")
    with whole_place(tmp_path, broker, tmp_path / "site.toml") as place:
        yield place


def reasons(place: WholePlace) -> list[str]:
    items = place.api.get("/api/v1/events").json()["items"]
    return [item["event"]["reason"] for item in items if item["event"]["type"] == "BadgePresented"]


def alarms(place: WholePlace) -> list[str]:
    return [alarm["what"] for alarm in place.api.get("/api/v1/alarms").json()]


def test_who_is_inside_is_known_after_a_kill_and_can_always_leave(place: WholePlace) -> None:
    assert place.tap()
    place.walk_through()
    until(lambda: reasons(place) == ["granted"])
    place.edge.kill()
    place.edge.restart()
    until(place.list_revision)
    sleep(AWAY_S)
    assert not place.tap()
    until(lambda: reasons(place) == ["granted", "passed_back"])
    assert place.tap("entrance-out")
    place.walk_through()
    sleep(AWAY_S)
    assert place.tap()


def test_in_a_fire_a_stranger_passes_and_staff_are_told_first(place: WholePlace) -> None:
    assert not place.tap(uid=STRANGER)
    place.raise_fire_alarm(alarm=True)
    until(lambda: alarms(place)[:1] == ["fire"])
    sleep(AWAY_S)
    assert place.tap(uid=STRANGER)
    place.raise_fire_alarm(alarm=False)
    until(lambda: "fire" not in alarms(place))
