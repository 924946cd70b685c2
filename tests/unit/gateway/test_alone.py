"""One gateway at a time on a ledger and its keys."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.__main__ import serve
from gateway.bootstrap import alone
from gateway.settings import read_settings
from host.claim import ClaimRefused
from tests.fakes import SITES


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def settings_in(folder: Path, **more: str) -> Path:
    words = {"data_dir": "data", **more}
    lines = [f'{key} = "{word}"' for key, word in words.items()]
    lines.append(f'site_files = ["{SITES / "le-petit-voisin.toml"}"]')
    folder.mkdir(exist_ok=True)
    file = folder / "gateway.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_a_second_gateway_in_the_same_folder_is_not_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = settings_in(tmp_path)
    with alone(read_settings(file), "passerelle gateway"):
        assert serve(file) == 2
    assert f"{tmp_path / 'data'} is in use by passerelle gateway" in capsys.readouterr().err
    assert not (tmp_path / "data" / "ledger.sqlite").exists()


def test_a_ledger_that_lies_elsewhere_has_one_gateway_too(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shared.sqlite'}"
    first, second = (read_settings(settings_in(tmp_path / name, database_url=url)) for name in ("one", "two"))
    with alone(first, "passerelle gateway"), pytest.raises(ClaimRefused), alone(second, "passerelle gateway"):
        pass


def test_two_places_of_one_machine_do_not_meet(tmp_path: Path) -> None:
    first, second = (read_settings(settings_in(tmp_path / name)) for name in ("one", "two"))
    with alone(first, "passerelle gateway"), alone(second, "passerelle gateway"):
        pass
