from datetime import UTC, datetime
from pathlib import Path

import pytest

from firmware_sim.truth import Holder, Presence, Seen, Tap, Truth, TruthUnreadable, read_truth

NINE = datetime(2026, 11, 24, 9, 0, 0, 1, tzinfo=UTC)
TEN = datetime(2026, 11, 24, 10, tzinfo=UTC)


def test_what_is_written_is_read_back_in_order(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    with Truth(path) as truth:
        truth.holder("m-1", "c_1", "member", NINE)
        truth.event("sceaux-smart", "ss-entrance", "e", 1, NINE, {"type": "NodeStarted", "software": "x"})
        truth.tap("sceaux-smart", "ss-entrance", "entrance-in", "c_1", "m-1", NINE)
        truth.presence("sceaux-smart", "m-1", NINE, None)
        truth.presence("sceaux-smart", "m-1", NINE, TEN)

    assert list(read_truth(path)) == [
        Holder("m-1", "c_1", "member", NINE, None),
        Seen("sceaux-smart", "ss-entrance", "e", 1, NINE, {"type": "NodeStarted", "software": "x"}),
        Tap("sceaux-smart", "ss-entrance", "entrance-in", "c_1", "m-1", NINE),
        Presence("sceaux-smart", "m-1", NINE, None),
        Presence("sceaux-smart", "m-1", NINE, TEN),
    ]


def test_a_second_run_adds_to_the_first(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    for person in ("m-1", "m-2"):
        with Truth(path) as truth:
            truth.presence("sceaux-smart", person, NINE, TEN)

    people = [fact.person for fact in read_truth(path) if isinstance(fact, Presence)]
    assert people == ["m-1", "m-2"]


def test_a_flushed_fact_is_seen_while_writing_goes_on(tmp_path: Path) -> None:
    with Truth(tmp_path / "truth.jsonl") as truth:
        truth.presence("sceaux-smart", "m-1", NINE, TEN)
        truth.flush()

        assert len(list(read_truth(truth.path))) == 1


@pytest.mark.parametrize("line", ["{", '{"fact": "rumour"}', '{"fact": "presence", "site": "x"}'])
def test_a_line_that_is_no_fact_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "truth.jsonl"
    path.write_text(f"{line}\n", "utf-8")

    with pytest.raises(TruthUnreadable, match=r"truth\.jsonl, line 1"):
        list(read_truth(path))
