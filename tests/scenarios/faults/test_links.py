"""Whatever becomes of the links: doors decide, nothing is lost or doubled, and a silent node is shown."""

import os
from pathlib import Path

import pytest

from firmware_sim.broker import EmbeddedBroker
from firmware_sim.faults import link_cut, silent_node
from firmware_sim.faults.fault import Plan


@pytest.mark.skipif(os.geteuid() == 0, reason="root cuts links in network namespaces, below")
def test_cut_links_refuse_nobody_and_lose_nothing(tmp_path: Path) -> None:
    tally = link_cut.play(Plan(rounds=2, seed=2, folder=tmp_path), cut_s=(1, 2))
    assert tally.ok, tally.details
    assert tally.figures["taps"] > 0
    assert tally.figures["held_back"] > 0


@pytest.mark.server("iproute2")
@pytest.mark.skipif(os.geteuid() != 0, reason="a network namespace needs root")
def test_links_that_drop_every_packet_refuse_nobody_and_lose_nothing(tmp_path: Path) -> None:
    tally = link_cut.play_apart(Plan(rounds=1, seed=2, folder=tmp_path), cut_s=(1, 2))
    assert tally.ok, tally.details
    assert tally.figures["held_back"] > 0


def test_a_dead_node_is_shown_within_one_and_a_half_keepalives(tmp_path: Path) -> None:
    tally = silent_node.play(Plan(rounds=2, seed=1, folder=tmp_path), EmbeddedBroker, keep_alive_s=2)
    assert tally.ok, tally.details
