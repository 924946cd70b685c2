from pathlib import Path

import pytest

from gateway.settings import SettingsRefused, read_settings


def test_a_settings_file_that_is_no_text_is_refused_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_bytes(b'data_dir = "\xff"')
    with pytest.raises(SettingsRefused, match=r"gateway\.toml: not TOML"):
        read_settings(file)
