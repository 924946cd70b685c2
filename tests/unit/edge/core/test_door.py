"""A door's machine, told what happens and when."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from edge.core.door import DoorMachine
from edge.core.effects import Effect, Effects, Energise, Release, Report, WakeAt
from edge.core.facts import Contact, ExitPressed, Fact, Modes, Tick, Unlock
from protocol.events import DoorClosed, DoorHeldOpen, DoorOpened, ExitRequested
from protocol.site import Door

DOOR = Door(id="entrance", name="Entrée", node="n", space="floor", strike=17, contact=27)
CLOSED = DoorMachine(DOOR, is_open=False)
OPENS, CLOSES = Contact(is_open=True), Contact(is_open=False)


def told(machine: DoorMachine, *story: tuple[float, Fact]) -> tuple[DoorMachine, list[Effect]]:
    """Tell facts at their times, and return what came of the last."""
    effects: tuple[Effect, ...] = ()
    for now_s, fact in story:
        machine, effects = machine.step(fact, now_s)
    return machine, list(effects)


def opening(effects: list[Effect]) -> DoorOpened:
    (event,) = [e.event for e in effects if isinstance(e, Report)]
    assert isinstance(event, DoorOpened)
    return event


def test_a_grant_energises_the_strike_until_its_relock_time() -> None:
    after, effects = told(CLOSED, (100.0, Unlock("grant", 7)))
    assert effects == [WakeAt(105.0), Energise("entrance")]
    assert after.snapshot().strike == "released"

    after, effects = told(after, (105.0, Tick()))
    assert effects == [Release("entrance")]
    assert after.snapshot().strike == "locked"


def test_the_strike_stays_released_when_it_is_woken_too_early() -> None:
    _, effects = told(CLOSED, (100.0, Unlock("grant", 7)), (104.9, Tick()))
    assert effects == []


def test_a_second_grant_prolongs_the_first() -> None:
    _, effects = told(CLOSED, (100.0, Unlock("grant", 7)), (103.0, Unlock("grant", 8)), (105.0, Tick()))
    assert effects == []
    _, effects = told(CLOSED, (100.0, Unlock("grant", 7)), (103.0, Unlock("grant", 8)), (108.0, Tick()))
    assert effects == [Release("entrance")]


def test_the_strike_locks_as_soon_as_the_door_opens() -> None:
    after, effects = told(CLOSED, (100.0, Unlock("grant", 7)), (101.0, OPENS))
    assert effects[-1] == Release("entrance")
    assert after.snapshot().strike == "locked"


def test_an_opening_after_a_grant_names_it() -> None:
    _, effects = told(CLOSED, (100.0, Unlock("grant", 7)), (101.0, OPENS))
    assert opening(effects) == DoorOpened(door="entrance", cause="grant", grant=7)


def test_one_grant_explains_one_opening() -> None:
    _, effects = told(CLOSED, (100.0, Unlock("grant", 7)), (101.0, OPENS), (102.0, CLOSES), (103.0, OPENS))
    assert opening(effects).cause == "forced"


def test_of_two_grants_the_older_explains_the_first_opening() -> None:
    both: tuple[tuple[float, Fact], ...] = ((100.0, Unlock("grant", 7)), (101.0, Unlock("grant", 8)))
    _, effects = told(CLOSED, *both, (102.0, OPENS))
    assert opening(effects).grant == 7
    _, effects = told(CLOSED, *both, (102.0, OPENS), (103.0, CLOSES), (104.0, OPENS))
    assert opening(effects).grant == 8


def test_a_contact_that_parts_just_after_the_strike_locked_is_not_an_alarm() -> None:
    _, effects = told(CLOSED, (100.0, Unlock("grant", 7)), (105.0, Tick()), (105.4, OPENS))
    assert opening(effects).cause == "grant"


def test_an_opening_long_after_a_grant_is_forced() -> None:
    after, effects = told(CLOSED, (100.0, Unlock("grant", 7)), (105.0, Tick()), (106.0, OPENS))
    assert opening(effects) == DoorOpened(door="entrance", cause="forced", grant=None)
    assert after.snapshot().alarm == "forced"


def test_a_command_explains_an_opening() -> None:
    _, effects = told(CLOSED, (100.0, Unlock("command")), (101.0, OPENS))
    assert opening(effects).cause == "command"


def test_the_exit_button_always_releases_and_is_reported() -> None:
    after, effects = told(CLOSED, (100.0, ExitPressed()))
    assert effects == [Report(ExitRequested(door="entrance")), WakeAt(105.0), Energise("entrance")]
    _, effects = told(after, (101.0, OPENS))
    assert opening(effects).cause == "exit_request"


def test_a_closing_says_how_long_the_door_was_open() -> None:
    after, effects = told(CLOSED, (100.0, OPENS), (103.25, CLOSES))
    assert effects == [Report(DoorClosed(door="entrance", open_s=3.25))]
    assert after.snapshot().alarm == "none"


def test_a_contact_read_again_says_nothing_new() -> None:
    assert told(CLOSED, (100.0, OPENS), (101.0, OPENS))[1] == []


def test_a_door_open_too_long_is_reported_held_once() -> None:
    opened, effects = told(CLOSED, (100.0, Unlock("grant", 7)), (101.0, OPENS))
    assert WakeAt(131.0) in effects
    held, effects = told(opened, (131.0, Tick()))
    assert effects == [Report(DoorHeldOpen(door="entrance"))]
    assert held.snapshot().alarm == "held_open"
    assert told(held, (140.0, Tick()))[1] == []


def test_a_forced_door_stays_forced_though_it_is_held_too() -> None:
    after, effects = told(CLOSED, (100.0, OPENS), (130.0, Tick()))
    assert effects == [Report(DoorHeldOpen(door="entrance"))]
    assert after.snapshot().alarm == "forced"


def test_a_door_that_closed_in_time_is_not_held() -> None:
    assert told(CLOSED, (100.0, OPENS), (129.0, CLOSES), (130.0, Tick()))[1] == []


def test_a_door_found_open_at_start_is_no_alarm_but_can_be_held() -> None:
    after, effects = told(DoorMachine(DOOR), (100.0, OPENS))
    assert effects == [WakeAt(130.0)]
    assert after.snapshot().model_dump() == {"position": "open", "strike": "locked", "alarm": "none"}
    assert told(after, (130.0, Tick()))[1] == [Report(DoorHeldOpen(door="entrance"))]


def test_a_door_found_closed_at_start_is_no_event() -> None:
    assert told(DoorMachine(DOOR), (100.0, CLOSES))[1] == []


def test_who_walks_slowly_has_the_strike_in_pulses_of_its_own_time() -> None:
    after, effects = told(CLOSED, (100.0, Unlock("grant", 7, 12.0)))
    assert effects == [WakeAt(105.0), Energise("entrance")]
    after, effects = told(after, (105.0, Tick()))
    assert effects == [WakeAt(110.0), Energise("entrance")]
    after, effects = told(after, (110.0, Tick()))
    assert effects == [WakeAt(112.0), Energise("entrance")]
    assert told(after, (112.0, Tick()))[1] == [Release("entrance")]


def test_a_badge_that_asks_for_less_than_the_doors_own_time_gets_that() -> None:
    after, _ = told(CLOSED, (100.0, Unlock("grant", 7, 2.0)), (104.9, Tick()))
    assert after.snapshot().strike == "released"


def test_who_walks_slowly_is_not_cut_short_by_who_does_not() -> None:
    slow, quick = (100.0, Unlock("grant", 7, 30.0)), (101.0, Unlock("grant", 8))
    after, _ = told(CLOSED, slow, quick, (106.0, Tick()), (111.0, Tick()))
    assert after.snapshot().strike == "released"


def test_an_opening_late_in_a_slow_walkers_time_is_theirs() -> None:
    ticks = [(at_s, Tick()) for at_s in (105.0, 110.0, 115.0, 120.0, 125.0)]
    _, effects = told(CLOSED, (100.0, Unlock("grant", 7, 30.0)), *ticks, (129.0, OPENS))
    assert opening(effects) == DoorOpened(door="entrance", cause="grant", grant=7)
    assert effects[-1] == Release("entrance")


FREE, KEY = Modes(frozenset({"free_passage"})), Modes(frozenset({"key_expected"}))


def test_in_free_passage_an_opening_without_a_grant_is_not_forced() -> None:
    after, effects = told(CLOSED, (100.0, FREE), (100.0, OPENS))
    assert opening(effects) == DoorOpened(door="entrance", cause="free_passage", grant=None)
    assert after.snapshot().alarm == "none"


def test_in_free_passage_a_badge_still_explains_its_opening() -> None:
    _, effects = told(CLOSED, (100.0, FREE), (100.0, Unlock("grant", 7)), (101.0, OPENS))
    assert opening(effects) == DoorOpened(door="entrance", cause="grant", grant=7)


def test_while_a_key_is_expected_an_opening_without_a_grant_is_one_by_key() -> None:
    after, effects = told(CLOSED, (100.0, KEY), (100.0, OPENS))
    assert opening(effects) == DoorOpened(door="entrance", cause="key", grant=None)
    assert after.snapshot().alarm == "none"


def test_a_door_opened_by_key_may_not_stand_open_for_ever() -> None:
    _, effects = told(CLOSED, (100.0, KEY), (100.0, OPENS), (130.0, Tick()))
    assert effects == [Report(DoorHeldOpen(door="entrance"))]


def test_in_free_passage_a_door_may_stand_open_and_is_held_once_that_has_ended() -> None:
    open_door, _ = told(CLOSED, (100.0, FREE), (100.0, OPENS))
    after, effects = told(open_door, (130.0, FREE), (130.0, Tick()))
    assert effects == [WakeAt(160.0)]
    _, effects = told(after, (160.0, Modes(frozenset())), (160.0, Tick()))
    assert effects == [Report(DoorHeldOpen(door="entrance"))]


SLOW_S = 12.0
FACTS = st.sampled_from(
    [
        Unlock("grant", 7),
        Unlock("grant", 8, SLOW_S),
        Unlock("command"),
        ExitPressed(),
        OPENS,
        CLOSES,
        Tick(),
        FREE,
        Modes(frozenset()),
    ],
)


def woken(story: list[tuple[float, Fact]]) -> Iterator[tuple[float, Fact, Effects]]:
    """Play a story of waits and facts, with a tick whenever the machine asked to be woken."""
    machine, then_s, alarm_clock = CLOSED, 0.0, list[float]()
    for wait_s, fact in story:
        then_s += wait_s
        while alarm_clock and min(alarm_clock) <= then_s:
            at_s = min(alarm_clock)
            alarm_clock.remove(at_s)
            machine, effects = machine.step(Tick(), at_s)
            alarm_clock += [effect.at_s for effect in effects if isinstance(effect, WakeAt)]
            yield at_s, Tick(), effects
        machine, effects = machine.step(fact, then_s)
        alarm_clock += [effect.at_s for effect in effects if isinstance(effect, WakeAt)]
        yield then_s, fact, effects


@given(st.lists(st.tuples(st.floats(0, 4), FACTS), max_size=40))
def test_whatever_happens_no_pulse_is_longer_than_the_doors_time_nor_goes_on_beyond_what_was_asked(
    story: list[tuple[float, Fact]],
) -> None:
    pulse_since_s: float | None = None
    asked_until_s = 0.0
    for at_s, fact, effects in woken([*story, (100.0, Tick())]):
        if pulse_since_s is not None:
            assert at_s <= min(pulse_since_s + DOOR.relock_after_s, asked_until_s)
        asked_s = fact.at_least_s if isinstance(fact, Unlock) else 0.0
        if isinstance(fact, Unlock | ExitPressed):
            asked_until_s = max(asked_until_s, at_s + max(asked_s, DOOR.relock_after_s))
        if Energise("entrance") in effects:
            pulse_since_s = at_s
        elif Release("entrance") in effects:
            pulse_since_s = None
    assert pulse_since_s is None
