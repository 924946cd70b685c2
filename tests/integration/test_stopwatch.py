from pathlib import Path

import pytest

from firmware_sim.bench.stopwatch import tap_to_strike
from firmware_sim.faults.word_to_door import booking_to_door, revocation_to_refusal
from protocol.events import Assurance

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("assurance", ["uid", "aes"])
def test_a_tap_is_timed_from_the_field_to_the_pin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, assurance: Assurance
) -> None:
    monkeypatch.chdir(ROOT)
    tapped: list[int] = []
    latency = tap_to_strike(Path("deploy/sites/sceaux-smart.toml"), tmp_path, 2, tapped.append, assurance)
    assert tapped == [0, 1]
    assert 0 < latency.p50 <= latency.worst


def test_a_revocation_is_timed_from_staffs_word_to_the_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    latency = revocation_to_refusal(tmp_path, 2)
    assert 0 < latency.p50 <= latency.worst


def test_a_booking_is_timed_from_the_request_to_the_door_that_lets_its_guest_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    latency = booking_to_door(tmp_path, 2)
    assert 0 < latency.p50 <= latency.worst
