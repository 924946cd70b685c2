from pathlib import Path

import pytest

from gateway.settings import SettingsRefused, read_settings


def test_a_settings_file_that_is_no_text_is_refused_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_bytes(b'data_dir = "\xff"')
    with pytest.raises(SettingsRefused, match=r"gateway\.toml: not TOML"):
        read_settings(file)


_MAIL = """
data_dir = "data"
site_files = ["site.toml"]
tariff_files = []
{public_url}
[mail]
host = "mail.example.org"
sender = "portes@example.org"
"""


def test_mail_needs_to_know_where_the_pages_are(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(_MAIL.format(public_url=""), encoding="utf-8")
    with pytest.raises(SettingsRefused, match="public_url is missing"):
        read_settings(file)
    file.write_text(_MAIL.format(public_url='public_url = "https://portes.example.org"'), encoding="utf-8")
    assert read_settings(file).public_url == "https://portes.example.org"
