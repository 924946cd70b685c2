"""What a site file must get right beyond its shape: ids that are unique, names that exist, pins used once."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from protocol.site import Bank, Door, PresenceSensor, Site
from protocol.site import Counter as BeamCounter


class _Named(Protocol):
    @property
    def id(self) -> str: ...


def problems(site: Site) -> Iterator[str]:
    """Yield each error as `key: what was wrong, what was expected`."""
    yield from _repeated_ids(site)
    yield from _reserved_names(site)
    yield from _unknown_names(site)
    yield from _pins_used_twice(site)
    yield from _unreachable(site)
    yield from _door_logic(site)
    yield from _keypads(site)
    yield from _too_soon_forgotten(site)


def _repeated_ids(site: Site) -> Iterator[str]:
    sections: tuple[tuple[_Named, ...], ...] = (
        site.spaces, site.nodes, site.doors, site.readers, site.keypads, site.presence_sensors,
        site.counters, site.banks, site.compartments, site.items,
    )  # fmt: skip
    counted = Counter(thing.id for section in sections for thing in section)
    for name, times in counted.items():
        if times > 1:
            yield f"id {name!r}: used {times} times, expected every id to be used once"


def _reserved_names(site: Site) -> Iterator[str]:
    """Keep the gateway's own name from nodes: its status has that topic, staff decisions stand under it."""
    for node in site.nodes:
        if node.id == "gateway":
            yield "node 'gateway'.id: this is the gateway's own name, expected another one"


def _unknown_names(site: Site) -> Iterator[str]:
    spaces, nodes = _ids(site.spaces), _ids(site.nodes)
    doors, banks, compartments = _ids(site.doors), _ids(site.banks), _ids(site.compartments)
    for door in site.doors:
        yield from _expect(door.node, nodes, f"door {door.id!r}.node")
        yield from _expect(door.space, spaces, f"door {door.id!r}.space")
    for reader in site.readers:
        yield from _expect(reader.node, nodes, f"reader {reader.id!r}.node")
        yield from _expect(reader.door or "", doors | {""}, f"reader {reader.id!r}.door")
        yield from _expect(reader.bank or "", banks | {""}, f"reader {reader.id!r}.bank")
    sensors: tuple[PresenceSensor | BeamCounter | Bank, ...] = (
        *site.presence_sensors,
        *site.counters,
        *site.banks,
    )
    for sensor in sensors:
        yield from _expect(sensor.node, nodes, f"{sensor.id!r}.node")
        yield from _expect(sensor.space, spaces, f"{sensor.id!r}.space")
    for compartment in site.compartments:
        yield from _expect(compartment.bank, banks, f"compartment {compartment.id!r}.bank")
    for item in site.items:
        yield from _expect(item.compartment, compartments, f"item {item.id!r}.compartment")


def _pins_used_twice(site: Site) -> Iterator[str]:
    used: dict[str, list[int | None]] = defaultdict(list)
    node_of_bank = {bank.id: bank.node for bank in site.banks}
    for node in site.nodes:
        used[node.id] += [node.status_led, node.buzzer, node.fire]
    for door in site.doors:
        used[door.node] += [door.strike, door.contact, door.rex]
    for keypad in site.keypads:
        used[keypad.node] += [*keypad.rows, *keypad.columns]
    for sensor in site.presence_sensors:
        used[sensor.node].append(sensor.pin)
    for counter in site.counters:
        used[counter.node] += [counter.outer, counter.inner]
    for locker in site.compartments:
        used[node_of_bank.get(locker.bank, "")] += [locker.lock, locker.contact, locker.item_sensor]
    yield from _more_than_once(used)


def _more_than_once(used: Mapping[str, Iterable[int | None]]) -> Iterator[str]:
    for node_id, pins in used.items():
        for pin, times in Counter(pin for pin in pins if pin is not None).items():
            if times > 1:
                yield f"node {node_id!r}: pin {pin} is used {times} times, expected once"


def _unreachable(site: Site) -> Iterator[str]:
    with_reader = {reader.door for reader in site.readers} | {reader.bank for reader in site.readers}
    places: tuple[Door | Bank, ...] = (*site.doors, *site.banks)
    for place in places:
        if place.id not in with_reader:
            yield f"{place.id!r}: no reader names it, expected at least one"
    node_of = {place.id: place.node for place in places}
    for reader in site.readers:
        home = node_of.get(reader.door or reader.bank or "")
        if home is not None and home != reader.node:
            yield f"reader {reader.id!r}.node: {reader.node!r}, expected {home!r}, where its lock hangs"


def _door_logic(site: Site) -> Iterator[str]:
    """Yield what asks more of doors than their equipment can tell."""
    with_exit = {reader.door for reader in site.readers if reader.direction == "out"}
    groups: defaultdict[str, list[Door]] = defaultdict(list)
    for door in site.doors:
        if door.anti_passback != "off" and door.id not in with_exit:
            yield f"door {door.id!r}.anti_passback: expected a reader of direction 'out' to badge out at"
        if door.interlock is not None:
            groups[door.interlock].append(door)
    for name, doors in groups.items():
        if len(doors) < 2 or len({door.node for door in doors}) > 1:  # noqa: PLR2004 - a group is two or more
            yield f"interlock {name!r}: expected two doors or more, all of one node, which watches them"
    node_of = {door.id: door.node for door in site.doors}
    for counter in site.counters:
        if counter.door is not None and node_of.get(counter.door) != counter.node:
            yield f"{counter.id!r}.door: {counter.door!r}, expected a door of node {counter.node!r}"


def _keypads(site: Site) -> Iterator[str]:
    doors = {door.id: door for door in site.doors}
    for keypad in site.keypads:
        yield from _expect(keypad.door, set(doors), f"keypad {keypad.id!r}.door")
        door = doors.get(keypad.door)
        if door is not None and door.node != keypad.node:
            yield f"keypad {keypad.id!r}.node: {keypad.node!r}, expected {door.node!r}, where its lock hangs"
        if door is not None and door.assurance == "aes":
            yield f"keypad {keypad.id!r}.door: {door.id!r} asks for proof (aes), which no code can give"


def _too_soon_forgotten(site: Site) -> Iterator[str]:
    for door in site.doors:
        if door.opens_within_s < door.relock_after_s:
            yield (
                f"door {door.id!r}.opens_within_s: {door.opens_within_s:g}, expected at least its"
                f" relock_after_s, {door.relock_after_s:g}: so long it can be opened"
            )


def _ids(section: Iterable[_Named]) -> set[str]:
    return {thing.id for thing in section}


def _expect(name: str, known: set[str], key: str) -> Iterator[str]:
    if name not in known:
        yield f"{key}: {name!r} does not exist, expected one of {', '.join(sorted(known - {''}))}"
