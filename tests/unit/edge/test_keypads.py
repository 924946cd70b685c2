"""A node with a keypad: codes are decided here, noted before the door opens, and guesses slowed down."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from edge.adapters.spent_codes import FileSpentCodes
from edge.keypads import Keypads
from edge.ports import Post, Pressed
from protocol.access import AccessList, Rights, Window
from protocol.events import CodeEntered, DoorOpened
from protocol.site import Keypad
from tests.unit.edge.fakes import NINE, ListStoreInMemory, SpoolInMemory
from tests.unit.edge.gateway_side import NODE, SITE, kept
from tests.unit.edge.virtual_time import run_virtually
from tests.unit.edge.world import World, site

PAD = Keypad(id="pad", node=NODE, door="entrance", rows=(5, 6, 12, 13), columns=(16, 20, 21))


@dataclass
class SpentInMemory:
    refs: tuple[str, ...] = ()
    broken: bool = False
    opened_before: list[bool] = field(default_factory=list)
    world: World | None = None

    def load(self) -> Sequence[str]:
        return self.refs

    async def save(self, refs: Sequence[str]) -> None:
        await asyncio.sleep(0.01)
        if self.world is not None:
            self.opened_before.append(self.world.locks["entrance"].energised)
        if self.broken:
            raise OSError("no space left")
        self.refs = tuple(refs)


class Silent:
    async def run(self, _: Post) -> None:
        await asyncio.Event().wait()


def ref(code: str) -> str:
    return "v_" + f"{int(code):032x}"


def listing() -> AccessList:
    window = Window(point="entrance", start=NINE, end=NINE + timedelta(hours=2), why="pass:v-1")
    return AccessList(
        site=SITE,
        node=NODE,
        revision=4,
        issued_at=NINE,
        horizon=NINE + timedelta(hours=48),
        expires_at=NINE + timedelta(hours=36),
        on_stale={},
        sets={1: (window,)},
        credentials={
            ref("11112222"): Rights(sets=(1,), member=False),
            ref("33334444"): Rights(sets=(1,), member=False, once=True),
        },
    )


def live(*codes: str, spent: SpentInMemory | None = None, pause_s: float = 3.0) -> World:
    """Type one code after the other at the entrance's keypad; return what is left."""

    async def play() -> World:
        noted = spent or SpentInMemory()
        world = World(
            NODE,
            ListStoreInMemory(kept(listing())),
            {},
            site(),
            SpoolInMemory(),
            keypads=Keypads({"pad": Silent()}, ref, noted),
            pads=(PAD,),
        )
        noted.world = world
        running = asyncio.create_task(world.node.run())
        await world.settle()
        for code in codes:
            for key in f"{code}#":
                world.node.post(Pressed("pad", key))
            await asyncio.sleep(pause_s)
        world.node.stop()
        await running
        return world

    return run_virtually(play())


def answers(world: World) -> list[str]:
    return [event.reason for event in world.events() if isinstance(event, CodeEntered)]


def test_a_right_code_opens_the_door_and_its_opening_is_explained() -> None:
    world = live("11112222")
    assert world.locks["entrance"].history == [True, False]
    (event,) = world.events()
    assert isinstance(event, CodeEntered)
    assert (event.point, event.granted, event.why) == ("entrance", True, "pass:v-1")
    assert not any(isinstance(each, DoorOpened) for each in world.events())
    assert "11112222" not in repr(world.events())


def test_a_code_for_a_single_use_opens_once_and_is_noted_before_the_door_opens() -> None:
    spent = SpentInMemory()
    world = live("33334444", "33334444", spent=spent)
    assert answers(world) == ["granted", "code_used"]
    assert spent.opened_before == [False]
    assert spent.refs == (ref("33334444"),)


def test_a_restart_makes_no_used_code_good_again() -> None:
    world = live("33334444", spent=SpentInMemory((ref("33334444"),)))
    assert (answers(world), world.locks["entrance"].history) == (["code_used"], [])


def test_a_disk_that_fails_leaves_nobody_in_the_rain_and_the_code_used() -> None:
    world = live("33334444", "33334444", spent=SpentInMemory(broken=True))
    assert answers(world) == ["granted", "code_used"]


def test_another_code_typed_twice_opens_twice() -> None:
    assert answers(live("11112222", "11112222")) == ["granted", "granted"]


def test_after_wrong_codes_not_even_the_right_one_is_heard_for_a_while() -> None:
    world = live(*["99999999"] * 5, "11112222", pause_s=0.2)
    assert answers(world) == ["unknown_code"] * 5
    assert world.locks["entrance"].history == []
    assert world.indicator.shown[-1] == "refused"
    assert answers(live(*["99999999"] * 5, "11112222"))[-1] == "granted"


def test_used_codes_are_kept_in_a_file(tmp_path: Path) -> None:
    kept_there = FileSpentCodes(tmp_path)
    assert list(kept_there.load()) == []
    asyncio.run(kept_there.save([ref("1"), ref("2")]))
    assert list(FileSpentCodes(tmp_path).load()) == [ref("1"), ref("2")]


def test_a_node_starts_whatever_stands_in_that_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "spent-codes.txt").write_bytes(b"\xff\xfe")

    class Broken(SpentInMemory):
        def load(self) -> Sequence[str]:
            return FileSpentCodes(tmp_path).load()

    assert answers(live("33334444", spent=Broken())) == ["granted"]
    assert "spent_codes_unreadable" in caplog.text
