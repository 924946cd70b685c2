"""`passerelle dead-letters`, as it is typed."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.bootstrap import alone, open_ledger
from gateway.ports import DeadLetter
from gateway.settings import SettingsRefused, read_settings
from passerelle.__main__ import app
from protocol.topics import NodeTopics
from tests.fakes import SetClock
from tests.unit.gateway.test_alone import settings_in
from tests.unit.gateway.test_replay import batch, record

EVENTS = NodeTopics("le-petit-voisin", "pv-entrance").up("events")


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Settings of a place whose ledger holds one letter that can be read by now, and one that never will."""
    file = settings_in(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "ledger.sqlite").touch()
    known = batch(record(1), site="le-petit-voisin", node="pv-entrance")
    with open_ledger(read_settings(file)) as (ledger, _), ledger.writing() as books:
        books.journal.bury(DeadLetter(EVENTS, "unknown_node", "no site file has it", known), SetClock().now())
        books.journal.bury(DeadLetter(EVENTS, "not_json", "no JSON", b"\xff{"), SetClock().now())
    return file


def typed(*words: str, settings: Path) -> Result:
    return CliRunner().invoke(app, ["dead-letters", *words, "--settings", str(settings)])


def test_letters_are_listed_and_shown(settings: Path) -> None:
    listed = typed("list", settings=settings)
    assert listed.exit_code == 0
    assert "unknown_node" in listed.output
    assert "not_json" in listed.output
    shown = typed("show", "1", settings=settings).output
    assert json.loads(shown[shown.index("{") :])["node"] == "pv-entrance"
    assert "b'\\xff{'" in typed("show", "2", settings=settings).output


def test_a_letter_that_would_colour_the_terminal_is_listed_as_it_came(settings: Path) -> None:
    rude = DeadLetter("passerelle/s/n/up/[/b]", "unknown_topic", "\x1b[2J", b"{}")
    with open_ledger(read_settings(settings)) as (ledger, _), ledger.writing() as books:
        books.journal.bury(rude, SetClock().now())
    listed, shown = typed("list", settings=settings), typed("show", "3", settings=settings)
    assert (listed.exit_code, shown.exit_code) == (0, 0)
    assert "up/[/b]" in shown.output
    assert "\x1b" not in listed.output + shown.output


def test_a_number_that_no_letter_has_is_refused(settings: Path) -> None:
    shown = typed("show", "9", settings=settings)
    assert shown.exit_code == 2
    assert "no dead letter has the number 9" in shown.output


def test_what_can_be_read_is_taken_once_and_each_letters_fate_is_told(settings: Path) -> None:
    first = typed("replay", settings=settings)
    assert first.exit_code == 0
    assert "taken" in first.output
    assert "refused" in first.output
    second = typed("replay", settings=settings)
    assert "taken" not in second.output
    with open_ledger(read_settings(settings)) as (ledger, _), ledger.reading() as books:
        assert books.journal.cursor("pv-entrance", "e" * 16) == 1


def test_nothing_is_replayed_under_a_gateway_that_runs(settings: Path) -> None:
    with alone(read_settings(settings), "passerelle gateway"):
        replayed = typed("replay", settings=settings)
    assert replayed.exit_code == 2
    assert "is in use by passerelle gateway" in replayed.output


def test_no_ledger_is_made_where_there_is_none(tmp_path: Path) -> None:
    with (
        pytest.raises(SettingsRefused, match="there is no ledger"),
        open_ledger(read_settings(settings_in(tmp_path))),
    ):
        pass
    assert typed("list", settings=settings_in(tmp_path)).exit_code == 2


def test_a_letter_that_is_discarded_is_gone_and_the_others_stay(settings: Path) -> None:
    assert typed("discard", "1", settings=settings).output == "Dead letter 1 is gone.\n"
    again = typed("discard", "1", settings=settings)
    assert again.exit_code == 2
    assert "no dead letter has the number 1" in again.output
    with open_ledger(read_settings(settings)) as (ledger, _), ledger.reading() as books:
        assert [buried.number for buried in books.journal.buried(payloads=False)] == [2]
        assert [buried.letter.payload for buried in books.journal.buried(payloads=False)] == [b""]
