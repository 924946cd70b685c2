"""Every fault that the harness can make, in the order of the page that reports them."""

from typing import Final

from firmware_sim.faults import (
    broker_kill,
    chaos,
    clocks,
    disk_full,
    duplicates,
    edge_kill,
    flipped_byte,
    forged_cards,
    fuzz,
    gateway_kill,
    history_outage,
    hostile_cards,
    io_errors,
    link_cut,
    offline_backlog,
    power_cut,
    replay,
    restore,
    silent_node,
    strike,
)
from firmware_sim.faults.fault import Fault

FAULTS: Final[tuple[Fault, ...]] = (
    Fault("chaos", "kill -9 of any process of the demo, at any moment", 100, chaos.play),
    Fault("edge_kill", "kill -9 of a node at any write, or moment", 1000, edge_kill.play, ("strace",)),
    Fault("gateway_kill", "kill -9 of the gateway: before commit, before answer", 200, gateway_kill.play),
    Fault("broker_kill_nats", "kill -9 of nats-server every 5 s", 120, broker_kill.play_nats),
    Fault(
        "broker_kill_mosquitto",
        "kill -9 of Mosquitto every 5 s",
        120,
        broker_kill.play_mosquitto,
        ("mosquitto",),
    ),
    Fault("hostile_cards", "cards that never end, or answer what no card does", 500, hostile_cards.play),
    Fault("forged_cards", "cards with a member's number, without the key", 10_000, forged_cards.play),
    Fault("strike", "nodes ended in every way and started again: who gets current", 1000, strike.play),
    Fault("link_cut", "links to the broker cut: silence, one way, RST, slow", 40, link_cut.play),
    Fault(
        "link_cut_veth",
        "links to the broker cut: every packet dropped",
        24,
        link_cut.play_apart,
        ("ip",),
        needs_root=True,
    ),
    Fault("duplicates", "all that travels doubled, reordered and said again", 60, duplicates.play),
    Fault("clocks", "clocks in 1970, a day off, drifting, set back", 48, clocks.play, ("faketime",)),
    Fault("silent_node_nats", "a node killed, frozen or cut off is shown", 8, silent_node.play_nats),
    Fault(
        "silent_node_mosquitto",
        "the same, with Mosquitto",
        8,
        silent_node.play_mosquitto,
        ("mosquitto",),
    ),
    Fault("power_cut_spool", "power cut at a node, at any call", 200, power_cut.play_spool, ("strace",)),
    Fault(
        "power_cut_ledger", "power cut at the gateway, at any call", 200, power_cut.play_ledger, ("strace",)
    ),
    Fault("flipped_byte", "a byte of a spool flipped, at rest and at work", 20, flipped_byte.play),
    Fault("io_errors", "writes and syncs that fail for a while", 20, io_errors.play, ("strace",)),
    Fault("disk_full", "disks of nodes and gateway full, then freed", 10, disk_full.play, needs_root=True),
    Fault("restore", "an earlier backup restored, under way", 30, restore.play),
    Fault("history_outage", "InfluxDB away for a week, by days", 7, history_outage.play, ("influxd",)),
    Fault("offline_backlog", "events of 72 h without a network, all at once", 100_000, offline_backlog.play),
    Fault("replay", "people come in, then all that travelled is sent three times more", 100, replay.play),
    Fault("fuzz", "payloads that a fuzzer found, on every topic", 2000, fuzz.play, modules=("atheris",)),
)
