"""A motion sensor's machine."""

from edge.core.effects import Effect, Report, WakeAt
from edge.core.facts import Fact, Motion, Tick
from edge.core.presence import PresenceMachine
from protocol.events import PresenceChanged
from protocol.site import PresenceSensor

EMPTY = PresenceMachine(PresenceSensor(id="motion", node="n", space="cosy", pin=16, hold_s=120))
MOVES, RESTS = Motion(detected=True), Motion(detected=False)
OCCUPIED = Report(PresenceChanged(space="cosy", occupied=True))
LEFT = Report(PresenceChanged(space="cosy", occupied=False))


def told(machine: PresenceMachine, *story: tuple[float, Fact]) -> tuple[PresenceMachine, list[Effect]]:
    effects: tuple[Effect, ...] = ()
    for now_s, fact in story:
        machine, effects = machine.step(fact, now_s)
    return machine, list(effects)


def test_the_first_movement_occupies_the_space() -> None:
    assert told(EMPTY, (100.0, MOVES))[1] == [OCCUPIED]


def test_more_movement_says_nothing_new() -> None:
    assert told(EMPTY, (100.0, MOVES), (101.0, RESTS), (102.0, MOVES))[1] == []


def test_the_space_is_empty_once_nothing_moved_for_the_hold_time() -> None:
    resting, effects = told(EMPTY, (100.0, MOVES), (110.0, RESTS))
    assert effects == [WakeAt(230.0)]
    after, effects = told(resting, (230.0, Tick()))
    assert (effects, after.occupied) == ([LEFT], False)


def test_movement_within_the_hold_time_keeps_the_space_occupied() -> None:
    after, effects = told(
        EMPTY, (100.0, MOVES), (110.0, RESTS), (200.0, MOVES), (205.0, RESTS), (230.0, Tick())
    )
    assert (effects, after.occupied) == ([], True)
    assert told(after, (325.0, Tick()))[1] == [LEFT]


def test_someone_who_never_stops_moving_is_there() -> None:
    assert told(EMPTY, (100.0, MOVES), (5000.0, Tick()))[1] == []


def test_an_empty_space_found_at_start_is_no_event() -> None:
    assert told(EMPTY, (100.0, RESTS))[1] == []
