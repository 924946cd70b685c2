from pathlib import Path

import pytest

from firmware_sim.bench.stopwatch import tap_to_strike

ROOT = Path(__file__).parents[2]


def test_a_tap_is_timed_from_the_field_to_the_pin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    tapped: list[int] = []
    latency = tap_to_strike(Path("deploy/sites/sceaux-smart.toml"), tmp_path, 2, tapped.append)
    assert tapped == [0, 1]
    assert 0 < latency.p50 <= latency.worst
