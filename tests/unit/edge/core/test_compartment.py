"""A locker compartment's machine."""

from edge.core.compartment import CompartmentMachine
from edge.core.effects import Effect, Energise, Release, Report, WakeAt
from edge.core.facts import Contact, Fact, ItemSensed, Tick, Unlock
from protocol.events import CompartmentClosed, CompartmentOpened
from protocol.site import Compartment

CLOSED = CompartmentMachine(
    Compartment(id="loan-1", bank="loans", use="loan", lock=4, contact=5, item_sensor=6), is_open=False
)
OPENS, CLOSES = Contact(is_open=True), Contact(is_open=False)


def told(machine: CompartmentMachine, *story: tuple[float, Fact]) -> tuple[CompartmentMachine, list[Effect]]:
    effects: tuple[Effect, ...] = ()
    for now_s, fact in story:
        machine, effects = machine.step(fact, now_s)
    return machine, list(effects)


def test_a_grant_pulses_the_latch_for_its_time() -> None:
    after, effects = told(CLOSED, (100.0, Unlock("grant", 7)))
    assert effects == [WakeAt(101.0), Energise("loan-1")]
    assert told(after, (101.0, Tick()))[1] == [Release("loan-1")]


def test_an_opening_names_its_grant_and_ends_the_pulse() -> None:
    _, effects = told(CLOSED, (100.0, Unlock("grant", 7)), (100.2, OPENS))
    event = CompartmentOpened(compartment="loan-1", cause="grant", grant=7)
    assert effects == [Report(event), Release("loan-1")]


def test_an_opening_by_command_says_so() -> None:
    _, effects = told(CLOSED, (100.0, Unlock("command")), (100.2, OPENS))
    assert effects[0] == Report(CompartmentOpened(compartment="loan-1", cause="command", grant=None))


def test_an_opening_that_nothing_explains_is_forced() -> None:
    _, effects = told(CLOSED, (100.0, OPENS))
    assert effects == [Report(CompartmentOpened(compartment="loan-1", cause="forced", grant=None))]


def test_a_closing_says_whether_the_item_is_there() -> None:
    taken = ((100.0, ItemSensed(present=True)), (101.0, OPENS), (102.0, ItemSensed(present=False)))
    after, effects = told(CLOSED, *taken, (103.0, CLOSES))
    assert effects == [Report(CompartmentClosed(compartment="loan-1", item_present=False))]
    assert after.snapshot().model_dump() == {"position": "closed", "item_present": False}


def test_a_compartment_without_item_sensor_closes_without_knowing() -> None:
    _, effects = told(CLOSED, (100.0, OPENS), (101.0, CLOSES))
    assert effects == [Report(CompartmentClosed(compartment="loan-1", item_present=None))]


def test_how_a_compartment_is_found_at_start_is_no_event() -> None:
    unread = CompartmentMachine(CLOSED.compartment)
    assert told(unread, (100.0, OPENS))[1] == []
    assert told(unread, (100.0, CLOSES))[1] == []
