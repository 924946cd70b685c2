"""Work that costs much, and work that costs little."""

from gateway.pace import Pace


class Watch:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def times_allowed(cost_s: float, every_s: float) -> int:
    """Ask a thousand times whether what costs so much may be done."""
    watch = Watch()
    pace = Pace[str](watch)
    done = 0
    for _ in range(1000):
        if pace.allows("day"):
            with pace.timing("day"):
                watch.now_s += cost_s
            done += 1
        watch.now_s += every_s
    return done


def test_what_costs_much_gets_a_tenth_of_the_time() -> None:
    assert 100 <= times_allowed(cost_s=1.0, every_s=1.0) <= 115


def test_what_costs_little_is_always_allowed() -> None:
    assert times_allowed(cost_s=0.003, every_s=0.1) == 1000


def test_what_costs_much_keeps_nothing_else_waiting() -> None:
    watch = Watch()
    pace = Pace[str](watch)
    with pace.timing("yesterday"):
        watch.now_s += 5
    assert (pace.allows("yesterday"), pace.allows("today")) == (False, True)
