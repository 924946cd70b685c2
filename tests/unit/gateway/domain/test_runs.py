from datetime import UTC, datetime, timedelta

from gateway.domain.runs import ALONE, Runs, hear

NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def told(*words: tuple[str, int]) -> Runs:
    """What is known after each run spoke at its minute after nine."""
    runs: Runs | None = None
    for start, minute in words:
        runs = hear(runs, start, NINE + minute * MINUTE)
    assert runs is not None
    return runs


def test_a_node_that_restarts_again_and_again_is_one() -> None:
    assert told(*[(f"run-{n}", n) for n in range(50)]).duplicated_since is None


def test_a_run_that_speaks_again_after_another_shows_that_there_are_two() -> None:
    assert told(("a", 0), ("b", 1), ("b", 2), ("a", 3)).duplicated_since == NINE + 3 * MINUTE


def test_it_stays_so_as_long_as_they_take_turns() -> None:
    turns = [("ab"[n % 2], 4 * n) for n in range(20)]
    assert told(*turns).duplicated_since == NINE + 8 * MINUTE


def test_it_is_one_again_once_one_alone_has_spoken_for_a_while() -> None:
    twins = [("a", 0), ("b", 1), ("a", 2)]
    assert told(*twins, ("a", 6)).duplicated_since is not None
    assert told(*twins, ("a", 7)).duplicated_since is None
    assert ALONE == 5 * MINUTE


def test_silence_alone_makes_no_twin_go_away() -> None:
    assert told(("a", 0), ("b", 1), ("a", 2), ("b", 60)).duplicated_since is not None


def test_nothing_is_to_be_written_while_one_run_goes_on_speaking() -> None:
    runs = told(("a", 0), ("b", 1))
    assert hear(runs, "b", NINE + 9 * MINUTE) is runs


def test_a_clock_that_was_set_back_does_not_hold_the_alarm_for_ever() -> None:
    twins = told(("a", 600), ("b", 601), ("a", 602))
    assert hear(twins, "a", NINE).duplicated_since is None
