"""However a node ends: no lock gets current unasked, and none keeps it."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from signal import SIGKILL, SIGTERM
from time import monotonic_ns

import pytest

from firmware_sim.bench.lone_node import LoneNode, lone_node
from firmware_sim.demo.places import read_places
from firmware_sim.faults import strike
from firmware_sim.faults.fault import Plan
from firmware_sim.rf.hostile import HOSTILE
from protocol.site_file import read_site

DOOR, READER, RELOCK_S, NS = "entrance", "entrance-in", 2, 10**9


@pytest.fixture
def node(tmp_path: Path) -> Iterator[LoneNode]:
    """An entrance whose strike has current for two seconds."""
    text = read_places().file_of("le-petit-voisin").read_text(encoding="utf-8")
    door = '[[door]]\nid = "entrance"\n'
    assert text.count(door) == 1
    site_file = tmp_path / "site.toml"
    site_file.write_text(text.replace(door, f"{door}relock_after_s = {RELOCK_S}\n"), encoding="utf-8")
    site = read_site(site_file.read_text(encoding="utf-8"), site_file.name)
    with lone_node(tmp_path, site, site_file, "pv-entrance") as node:
        assert any(node.press_exit(DOOR) for _ in range(100))
        yield node


def test_a_node_killed_in_mid_pulse_leaves_its_strike_to_the_timer_relay(node: LoneNode) -> None:
    node.edge.end(SIGKILL)
    assert node.is_released(DOOR)
    assert node.until_locked(DOOR, within_s=30)
    assert node.backstage.call(lambda: node.around.pins.level(node.around.equipment.lock_pins()[DOOR])) == 1
    (pulse,) = node.around.relays[DOOR].pulses
    assert pulse.ended_ns - pulse.began_ns <= (RELOCK_S + 0.5) * NS


def test_a_node_that_starts_where_another_was_killed_in_mid_pulse_gives_no_current(node: LoneNode) -> None:
    pin = node.around.equipment.lock_pins()[DOOR]
    node.edge.end(SIGKILL)
    assert node.until_locked(DOOR, within_s=30)
    node.edge.restart()
    assert node.until_low(pin, within_s=30)
    assert len(node.around.relays[DOOR].pulses) == 1


def test_a_node_told_to_end_while_a_card_hangs_takes_the_current_away_first(node: LoneNode) -> None:
    card = HOSTILE["answers late"](Random(1))
    node.backstage.call(lambda: node.around.fields[READER].place(card))
    assert node.until_locked(DOOR, within_s=30)
    assert any(node.press_exit(DOOR) for _ in range(100))
    told_ns = monotonic_ns()
    assert node.edge.end(SIGTERM) == 0
    assert not node.is_released(DOOR)
    assert node.around.relays[DOOR].pulses[-1].ended_ns - told_ns <= 1 * NS


def test_nodes_that_end_and_start_again_energise_nothing_unasked(tmp_path: Path) -> None:
    tally = strike.play(Plan(rounds=4, seed=2, folder=tmp_path))
    assert tally.ok, tally.details
    assert (tally.tried, tally.figures["unexplained_pulses"]) == (4, 0)
