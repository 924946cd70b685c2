"""Where everything hangs: no node may tell of another's doors, counters or lockers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from gateway.domain.journal import Content
from gateway.domain.rights import compartments_of
from protocol.site import Bank, Counter, Door, Reader, Site

Homes = Mapping[tuple[str, str], frozenset[str]]
"""By a site and the id of what hangs there, or is watched, the nodes that may tell of it."""

_NAMED_BY = ("point", "door", "counter", "compartment", "reader")


def homes_of(sites: Iterable[Site]) -> Homes:
    """Read from site files which node has what."""
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for site in sites:
        things: tuple[Door | Bank | Reader | Counter, ...] = (
            *site.doors, *site.banks, *site.readers, *site.counters,
        )  # fmt: skip
        for thing in things:
            found[site.id, thing.id].add(thing.node)
        for node in site.nodes:
            for compartment in compartments_of(site, node.id):
                found[site.id, compartment].add(node.id)
        for sensor in site.presence_sensors:
            found[site.id, sensor.space].add(sensor.node)
    return {name: frozenset(nodes) for name, nodes in found.items()}


def hangs_elsewhere(event: Content, site: str, node: str, homes: Homes) -> str | None:
    """Return what `event` tells of that hangs at other nodes; None where it tells of its own.

    What no site file knows any more is nobody's, and read by nobody: a door that was taken away.
    """
    keys = ("space",) if event.type == "PresenceChanged" else _NAMED_BY
    named = [getattr(event, key) for key in keys if hasattr(event, key)]
    for name in named:
        if isinstance(name, str) and node not in homes.get((site, name), {node}):
            return name
    return None
