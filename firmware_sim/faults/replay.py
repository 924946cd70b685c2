"""All that ever travelled is sent three times more, and every node sends what it holds to be unanswered."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import sleep
from typing import Any, Final

from edge.ports import LinkUp, Received
from firmware_sim.calendar.wire import Wire
from firmware_sim.faults.fault import Plan
from firmware_sim.faults.judged import judged
from firmware_sim.faults.place import ENTRANCE, STUDIO, Place, now, open_place, until
from firmware_sim.faults.stir import stirred
from firmware_sim.faults.tally import Tally
from protocol.topics import NodeTopics

_TIMES: Final = 3
_TAPS_APART_S: Final = 0.5
_LINKED_WITHIN_S: Final = 10.0
_SILENT_S: Final = 0.5
_TAKEN_IN_WITHIN_S: Final = 120


def play(plan: Plan) -> Tally:
    """Let `plan.rounds` people come in, replay everything, and hold what the gateway says against before.

    Last the gateway starts anew, which asks every node to send again what it holds to be unanswered.
    """
    with open_place(plan.folder) as place, _wiretap(place) as wire:
        for node in (ENTRANCE, STUDIO):
            place.start_node(node)
        with stirred(place, plan.seed):
            for number in range(plan.rounds):
                place.tap(ENTRANCE, number)
                place.swing(ENTRANCE)
                sleep(_TAPS_APART_S)
                plan.advance()
        until(lambda: place.in_ledger() >= place.on_disk(), "all that was seen", _TAKEN_IN_WITHIN_S)
        until(lambda: place.health()["projected"], "all that follows from it", _TAKEN_IN_WITHIN_S)
        before = _sums(place)
        batches = list(_overheard(wire))
        for time in range(_TIMES):
            _replay(place, wire, batches, time)
        place.gateway.stop()
        place.gateway.restart()
        place.come_to_rest()
        differences = _differences(before, _sums(place))
        figures = {"batches": len(batches), "replayed": _TIMES * len(batches)}
        tally = judged(plan.rounds, place.verdict(), figures=figures)
        return replace(tally, wrong=tally.wrong + len(differences), details=(*tally.details, *differences))


@contextmanager
def _wiretap(place: Place) -> Iterator[Wire]:
    wire = Wire((place.broker.host, place.broker.port), [NodeTopics(place.site.id, "+").up("events")])
    wire.open()
    try:
        until(lambda: isinstance(wire.receive(1), LinkUp), "the broker", _LINKED_WITHIN_S)
        yield wire
    finally:
        wire.close()


def _overheard(wire: Wire) -> Iterator[Received]:
    while (fact := wire.receive(_SILENT_S)) is not None:
        if isinstance(fact, Received):
            yield fact


def _replay(place: Place, wire: Wire, batches: list[Received], time: int) -> None:
    """Send all `batches` again, then what nobody can read: once it is set aside, all before it was taken."""
    buried = place.health()["dead_letters"]
    for batch in batches:
        wire.publish(batch.topic, batch.payload)
    wire.publish(batches[-1].topic, f"that was replay {time}".encode())
    until(lambda: place.health()["dead_letters"] > buried, "a replay to be taken in", _TAKEN_IN_WITHIN_S)


def _sums(place: Place) -> dict[str, Any]:
    """Return all that the gateway says of the day and the month."""
    today = now().astimezone(place.site.zone).date()
    return {
        "events": list(place.api.events()),
        "visits": list(place.api.visits(today, today.replace(year=today.year + 1))),
        "statement": place.api.statement(f"{today:%Y-%m}"),
    }


def _differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    after = {**after, "events": after["events"][: len(before["events"])]}  # doors may have swung to since
    return [f"a replay changed {name}" for name in before if before[name] != after[name]]
