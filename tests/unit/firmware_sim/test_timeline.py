from datetime import UTC, datetime, timedelta

from firmware_sim.calendar.timeline import Life, Timeline

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_things_happen_in_order_of_time_and_then_of_asking() -> None:
    timeline, told = Timeline(NOON), list[str]()
    timeline.after(2, lambda: told.append("third"))
    timeline.after(1, lambda: told.append("first"))
    timeline.after(1, lambda: told.append("second"))

    timeline.run(NOON + timedelta(seconds=3))

    assert told == ["first", "second", "third"]


def test_what_is_due_at_the_end_waits_for_the_next_run() -> None:
    timeline, told = Timeline(NOON), list[datetime]()
    end = NOON + timedelta(seconds=5)
    timeline.at(end, lambda: told.append(timeline.now))

    timeline.run(end)
    assert told == []
    assert timeline.now == end
    timeline.run(end + timedelta(seconds=1))
    assert told == [end]


def test_a_life_goes_on_step_by_step_until_it_ends() -> None:
    timeline, told = Timeline(NOON), list[float]()

    def life() -> Life:
        for wait_s in (10, 20):
            told.append((timeline.now - NOON).total_seconds())
            yield wait_s
        told.append((timeline.now - NOON).total_seconds())

    timeline.live(life(), NOON + timedelta(seconds=1))
    timeline.run(NOON + timedelta(hours=1))

    assert told == [1, 11, 31]


def test_what_is_asked_for_too_late_happens_now() -> None:
    timeline, told = Timeline(NOON), list[datetime]()
    timeline.at(NOON - timedelta(hours=1), lambda: told.append(timeline.now))

    timeline.run(NOON + timedelta(seconds=1))

    assert told == [NOON]
