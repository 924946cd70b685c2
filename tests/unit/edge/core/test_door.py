"""A door's machine, told what happens and when."""

from hypothesis import given
from hypothesis import strategies as st

from edge.core.door import DoorMachine
from edge.core.effects import Effect, Energise, Release, Report, WakeAt
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


FACTS = st.sampled_from(
    [Unlock("grant", 7), Unlock("command"), ExitPressed(), OPENS, CLOSES, Tick(), FREE, Modes(frozenset())],
)


@given(st.lists(st.tuples(st.floats(0, 4), FACTS), max_size=40))
def test_whatever_happens_the_strike_has_no_current_beyond_its_time_after_the_last_release(
    story: list[tuple[float, Fact]],
) -> None:
    machine, now_s, alarm_clock = CLOSED, 0.0, set[float]()
    energised_since: float | None = None
    for wait_s, fact in [*story, (100.0, Tick())]:
        then_s = now_s + wait_s
        due: list[tuple[float, Fact]] = [(at_s, Tick()) for at_s in sorted(alarm_clock) if at_s <= then_s]
        alarm_clock = {at_s for at_s in alarm_clock if at_s > then_s}
        for at_s, happening in [*due, (then_s, fact)]:
            if energised_since is not None:
                assert at_s <= energised_since + DOOR.relock_after_s
            machine, effects = machine.step(happening, at_s)
            for effect in effects:
                if isinstance(effect, WakeAt):
                    alarm_clock.add(effect.at_s)
                elif isinstance(effect, Energise):
                    energised_since = at_s
                elif isinstance(effect, Release):
                    energised_since = None
        now_s = then_s
    assert energised_since is None
    assert machine.snapshot().strike == "locked"
