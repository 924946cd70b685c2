"""`passerelle privacy`, as it is typed beside a gateway."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.bootstrap import build
from gateway.commands import AddMembers, EraseMember
from gateway.domain.authority import SYSTEM
from gateway.registrar import ERASE_AGAIN
from gateway.safekeeping.backup import back_up
from gateway.safekeeping.restore import restore
from gateway.settings import SettingsRefused, read_settings
from passerelle.__main__ import app
from tests.unit.gateway.asking import NAME, REF, a_command
from tests.unit.gateway.test_alone import settings_in
from tests.unit.gateway.web.place import Place, open_place


def site_settings(folder: Path, *lines: str) -> Path:
    file = settings_in(folder)
    text = file.read_text(encoding="utf-8").replace("le-petit-voisin", "sceaux-smart")
    file.write_text("\n".join([text, *lines]), encoding="utf-8")
    return file


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return site_settings(tmp_path)


@pytest.fixture
def working(tmp_path: Path) -> Iterator[Place]:
    """A gateway that is at work in the data folder of these settings, with one member."""
    (tmp_path / "data").mkdir()
    place = open_place(tmp_path / "data")
    place.gateway.handle(a_command(AddMembers), SYSTEM)
    place.gateway.issue()
    yield place
    place.ledger.close()


def typed(*words: str, settings: Path, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, ["privacy", *words, "--settings", str(settings)], input=answer)


def test_an_export_is_json_or_two_files(working: Place, settings: Path, tmp_path: Path) -> None:
    plain = typed("export", "m-1", settings=settings)
    assert plain.exit_code == 0
    assert json.loads(plain.output)["member"]["name"] == NAME
    assert typed("export", "m-1", "--to", str(tmp_path / "out"), settings=settings).exit_code == 0
    assert json.loads((tmp_path / "out" / "m-1.json").read_text(encoding="utf-8"))["cards"][0]["ref"] == REF
    text = (tmp_path / "out" / "m-1.txt").read_text(encoding="utf-8")
    assert f"name: {NAME}" in text
    assert "Qui a consulté ou modifié vos données / Who read or changed your data (2)" in text
    assert (tmp_path / "out" / "m-1.json").stat().st_mode & 0o777 == 0o600


def test_an_erasure_asks_first_and_says_what_is_kept(working: Place, settings: Path) -> None:
    assert typed("erase", "m-1", settings=settings, answer="n\n").exit_code == 1
    with working.ledger.reading() as books:
        assert books.people.member("m-1") is not None
    told = typed("erase", "m-1", settings=settings, answer="y\n")
    assert told.exit_code == 0
    assert "m-1 is forgotten: 1 badges revoked" in told.output
    assert "L123-22" in told.output
    assert NAME not in told.output


def test_a_gateway_at_work_follows_an_erasure_beside_it_at_its_next_turn(
    working: Place, settings: Path
) -> None:
    def listed() -> bool:
        with working.ledger.reading() as books:
            issued = books.nodes.issued("ss-entrance")
        return issued is not None and REF in issued.credentials

    assert listed()
    assert typed("erase", "m-1", "--yes", settings=settings).exit_code == 0
    working.gateway.issue()
    assert not listed()


def test_who_was_erased_stays_so_when_an_older_backup_comes_back(
    working: Place, settings: Path, tmp_path: Path
) -> None:
    (tmp_path / "data" / "credential.key").write_bytes(bytes(32))
    backup, _ = back_up(read_settings(settings), tmp_path / "backup", working.clock.now(), lambda *_: None)
    working.clock.pass_s(60)
    working.gateway.handle(EraseMember("m-1"), SYSTEM)
    working.ledger.close()
    restore(read_settings(settings), backup, working.clock.now(), lambda *_: None, other_place=False)
    house = build(read_settings(settings))
    with house.ledger.reading() as books:
        assert books.people.member("m-1") is not None
    house.gateway.registrar.erase_again()
    with house.ledger.reading() as books:
        assert books.people.member("m-1") is None
        assert books.note(ERASE_AGAIN) == ""
    house.stop()


def test_an_unknown_member_is_said_in_a_sentence(working: Place, settings: Path) -> None:
    told = typed("erase", "m-2", "--yes", settings=settings)
    assert (told.exit_code, told.output) == (2, "no member has the id 'm-2'\n")


@pytest.mark.parametrize(
    "line",
    ["named_days = 91", "audit_months = 13", "audit_months = 5", "statement_years = 11", "backup_days = 91"],
)
def test_no_setting_goes_beyond_the_law(tmp_path: Path, line: str) -> None:
    key = line.split(" ", maxsplit=1)[0]
    with pytest.raises(SettingsRefused, match=f"retention.{key}: Input should be"):
        read_settings(site_settings(tmp_path, "[retention]", line))
