"""`passerelle audit verify`, as it is typed."""

import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.bootstrap import build, heads_file
from gateway.commands import MintKey
from gateway.domain.authority import SYSTEM
from gateway.settings import read_settings
from passerelle.__main__ import app
from tests.unit.gateway.asking import a_command
from tests.unit.gateway.test_alone import settings_in


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Settings of a place where five keys were made, and whose heads were written at its end."""
    file = settings_in(tmp_path)
    house = build(read_settings(file))
    for _ in range(5):
        house.gateway.handle(a_command(MintKey), SYSTEM)
    house.stop()
    return file


def verify(settings: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["audit", "verify", "--settings", str(settings), *words])


def test_a_whole_audit_is_vouched_for_since_its_beginning(settings: Path) -> None:
    told = verify(settings)
    assert told.exit_code == 0
    assert "whole: 5 records since 20" in told.output
    assert "1 signed heads agree" in told.output


def test_the_first_broken_record_is_named(settings: Path) -> None:
    with sqlite3.connect(settings.parent / "data" / "ledger.sqlite") as ledger:
        ledger.execute("UPDATE audit SET actor = 'somebody' WHERE number = 3")
    ledger.close()
    told = verify(settings)
    assert told.exit_code == 1
    assert "broken at record 3:" in told.output
    assert "It can vouch for 2 records since 20" in told.output


def test_heads_kept_elsewhere_know_what_was_cut_off_here(settings: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "usb"
    elsewhere.write_bytes(heads_file(read_settings(settings)).read_bytes())
    heads_file(read_settings(settings)).unlink()
    with sqlite3.connect(settings.parent / "data" / "ledger.sqlite") as ledger:
        ledger.execute("DELETE FROM audit")
        ledger.execute("DELETE FROM audit_heads")
    ledger.close()
    assert verify(settings).exit_code == 0, "nothing here knows better"
    told = verify(settings, "--heads", str(elsewhere))
    assert told.exit_code == 1
    assert "broken at record 1, or one up to 5" in told.output


def test_what_cannot_be_done_is_said_in_a_sentence(settings: Path, tmp_path: Path) -> None:
    told = verify(settings, "--heads", str(tmp_path / "none"))
    assert (told.exit_code, told.output) == (2, f"{tmp_path / 'none'}: there is no such file\n")
    nowhere = verify(settings_in(tmp_path / "other"))
    assert nowhere.exit_code == 2
    assert "has not run with these settings" in nowhere.output
