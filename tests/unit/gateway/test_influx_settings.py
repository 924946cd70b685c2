from pathlib import Path

import pytest

from gateway.adapters.influx import BucketHistory
from gateway.bootstrap import open_history
from gateway.domain.history import Point
from gateway.ports import History, NotWritten
from gateway.settings import InfluxSettings, SettingsRefused, read_settings
from tests.servers.bucket_server import BUCKET, ORG, TOKEN, BucketServer

POINT = Point("event", (("site", "sceaux-smart"),), {"id": "a/b/1"}, 1)


def settings(folder: Path, *influx: str) -> InfluxSettings | None:
    file = folder / "gateway.toml"
    table = ['data_dir = "data"', 'site_files = ["site.toml"]', *(["[influx]", *influx] if influx else [])]
    file.write_text("\n".join(table), encoding="utf-8")
    return read_settings(file).influx


def opened(influx: InfluxSettings | None) -> History:
    assert influx is not None
    return open_history(influx)


def test_without_a_url_no_history_is_kept(tmp_path: Path) -> None:
    assert settings(tmp_path) is None


def test_a_bucket_is_written_with_the_token_in_its_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n", encoding="utf-8")
    with BucketServer() as server:
        lines = (f'url = "{server.url}"', f'bucket = "{BUCKET}"', f'org = "{ORG}"', 'token_file = "token"')
        history = opened(settings(tmp_path, *lines))
        history.write([POINT])
        assert len(server.points) == 1
        assert isinstance(history, BucketHistory)
        history.close()


def test_nothing_is_reached_before_something_is_written(tmp_path: Path) -> None:
    history = opened(settings(tmp_path, 'url = "http://127.0.0.1:9"', 'database = "passerelle"'))
    with pytest.raises(NotWritten, match="cannot be reached"):
        history.write([POINT])


def test_an_absent_token_file_is_told(tmp_path: Path) -> None:
    wanted = settings(tmp_path, 'url = "http://127.0.0.1:9"', 'bucket = "b"', 'token_file = "token"')
    with pytest.raises(SettingsRefused, match="token: No such file"):
        opened(wanted)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ((), "name either a bucket"),
        (('bucket = "b"', 'database = "d"'), "name either a bucket"),
        (('database = "d"', 'token_file = "t"'), "token_file go with a bucket"),
        (('bucket = "b"', 'username = "u"'), "password_file go with a database"),
    ],
)
def test_keys_that_do_not_go_together_are_told(tmp_path: Path, keys: tuple[str, ...], expected: str) -> None:
    with pytest.raises(SettingsRefused, match=expected):
        settings(tmp_path, 'url = "http://127.0.0.1:9"', *keys)
