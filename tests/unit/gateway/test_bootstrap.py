"""What a gateway says of settings that it cannot be put together from."""

from pathlib import Path

import pytest

from gateway.bootstrap import build
from gateway.settings import Settings, SettingsRefused

SITE_FILE = Path("deploy/sites/sceaux-smart.toml")


def test_a_ledger_that_is_no_database_is_named_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite"
    file.write_bytes(b"a letter home, and no database at all")
    with pytest.raises(SettingsRefused, match=r"ledger\.sqlite: cannot be opened as a ledger.*restore"):
        build(Settings(data_dir=tmp_path, site_files=(SITE_FILE,)))
    assert file.read_bytes() == b"a letter home, and no database at all"
