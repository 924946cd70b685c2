"""A node's settings file."""

from pathlib import Path
from typing import Any

import pytest

from edge.__main__ import CANNOT_START, WRONG_SETTINGS, main
from edge.settings import SettingsRefused, read_settings
from protocol.signing import public_text
from tests.unit.edge.gateway_side import KEY

SITE_FILE = Path(__file__).parents[3] / "deploy" / "sites" / "sceaux-smart.toml"
READERS = {"entrance-in": "tty:AMA0:pn532", "entrance-out": "udp:127.0.0.1:40001"}


def written(folder: Path, readers: dict[str, str] = READERS, **changes: Any) -> Path:
    """Write good settings with `changes` (None takes a key away)."""
    keys = {
        "site_file": str(SITE_FILE),
        "node": "ss-entrance",
        "data_dir": str(folder / "data"),
        "broker_host": "127.0.0.1",
        "broker_port": 1883,
        "ledger": "ledger",
        "gateway_key": public_text(KEY.public_key()),
        "credential_key": "00" * 32,
        "pins": "lgpio",
        "clock": "kernel",
        "keep_alive_s": 20,
    } | changes
    lines = [f"{key} = {value!r}" for key, value in keys.items() if value is not None]
    lines += ["[readers]", *(f"{name} = {path!r}" for name, path in readers.items())]
    path = folder / "node.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def refusal(path: Path) -> str:
    with pytest.raises(SettingsRefused) as refused:
        read_settings(path)
    return str(refused.value)


def test_good_settings_come_with_what_hangs_on_the_node(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path))
    assert settings.file.readers == READERS
    assert settings.file.broker_port == 1883
    assert [door.id for door in settings.equipment.doors] == ["entrance"]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"node": None}, "node: Field required"),
        ({"pins": "mock"}, "pins: Input should be 'lgpio' or 'pigpio'"),
        ({"clock": "sundial"}, "clock: Input should be 'kernel' or 'assumed'"),
        ({"gateway_key": "c2hvcnQ="}, "gateway_key: Value error, expected the gateway's Ed25519 public key"),
        ({"gateway_key": "!"}, "gateway_key: Value error, expected the gateway's Ed25519 public key"),
        ({"credential_key": "xyz"}, "credential_key: Value error, expected hexadecimal digits"),
        ({"credential_key": "00"}, "credential_key: Value error, expected at least 32 hexadecimal digits"),
        ({"broker_port": 0}, "broker_port: Input should be greater than or equal to 1"),
        ({"colour": "red"}, "colour: Extra inputs are not permitted"),
        ({"broker_certificate": "node.pem"}, "settings: Value error, broker_ca is missing"),
        ({"broker_ca": "ca.pem", "broker_key": "k"}, "settings: Value error, broker_certificate is missing"),
        ({"node": "ss-cellar"}, "node: 'sceaux-smart' has no node 'ss-cellar', expected one of ss-entrance"),
        ({"site_file": "/nowhere.toml"}, "site_file: /nowhere.toml cannot be read: No such file"),
    ],
)
def test_a_wrong_key_is_told_by_file_key_and_expectation(
    tmp_path: Path, change: dict[str, Any], complaint: str
) -> None:
    path = written(tmp_path, **change)
    assert f"{path}: {complaint}" in refusal(path)


def test_a_file_of_tls_that_is_not_there_is_told_by_its_key(tmp_path: Path) -> None:
    path = written(tmp_path, broker_ca="ca.pem", broker_certificate="node.pem")
    (tmp_path / "ca.pem").touch()
    assert refusal(path) == f"{path}: broker_certificate: {tmp_path}/node.pem is no file"


def test_relative_paths_count_from_the_settings_folder(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    settings = read_settings(written(tmp_path, broker_ca="ca.pem", data_dir="."))
    assert settings.file.tls is not None
    assert (settings.file.data_dir, settings.file.tls.authority) == (tmp_path, tmp_path / "ca.pem")


def test_every_reader_needs_its_path(tmp_path: Path) -> None:
    path = written(tmp_path, readers={"entrance-in": "tty:AMA0:pn532"})
    assert refusal(path) == f"{path}: readers.entrance-out: missing, expected its nfcpy path"


def test_a_reader_that_the_node_does_not_have_is_an_error(tmp_path: Path) -> None:
    path = written(tmp_path, readers=READERS | {"garden-in": "tty:AMA1:pn532"})
    assert refusal(path) == f"{path}: readers.garden-in: 'ss-entrance' has no such reader"


def test_a_reader_path_that_nfcpy_does_not_know_is_an_error(tmp_path: Path) -> None:
    assert "readers.entrance-in: Value error, expected an nfcpy path" in refusal(
        written(tmp_path, readers=READERS | {"entrance-in": "i2c:1"})
    )


def test_a_site_file_with_an_error_is_told_by_its_own_name(tmp_path: Path) -> None:
    site_file = tmp_path / "site.toml"
    site_file.write_text("id = 'x'", encoding="utf-8")
    assert f"{site_file}: name: Field required" in refusal(written(tmp_path, site_file=str(site_file)))


def test_a_file_that_is_not_toml_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "node.toml"
    path.write_text("node =", encoding="utf-8")
    assert refusal(path).startswith(f"{path}: not TOML")


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    assert (
        refusal(tmp_path / "node.toml") == f"{tmp_path}/node.toml: cannot be read: No such file or directory"
    )


def test_wrong_settings_start_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(written(tmp_path, pins="mock")) == WRONG_SETTINGS
    assert "pins: Input should be" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


def test_a_driver_that_is_not_there_is_told_and_nothing_falls_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "lgpio", None)
    assert main(written(tmp_path)) == CANNOT_START
    assert "the driver 'lgpio' does not reach them" in capsys.readouterr().err
