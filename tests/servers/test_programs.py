from pathlib import Path

import pytest

from tests.servers import programs


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine whose only folder of programs is the returned one."""
    monkeypatch.setattr(programs, "_SEARCHED", str(tmp_path))
    return tmp_path


def test_an_absent_server_skips_its_test_and_says_how_to_get_it(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)

    with pytest.raises(pytest.skip.Exception, match="apt-get install mosquitto"):
        programs.program("mosquitto")


def test_in_ci_an_absent_server_is_a_failure(bare_machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "1")

    with pytest.raises(pytest.fail.Exception, match="apt-get install mosquitto"):
        programs.program("mosquitto")


def test_an_installed_server_is_found(bare_machine: Path) -> None:
    (bare_machine / "influxd").touch(mode=0o755)

    assert programs.program("influxdb") == bare_machine / "influxd"
