"""InfluxDB away for days, while people live on: it catches up, to the sums of the ledger."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

import httpx2

from firmware_sim.bench.processes import GatewayProcess, client, free_port, key
from firmware_sim.broker import EmbeddedBroker
from firmware_sim.calendar import Calendar
from firmware_sim.demo.places import Places, read_places
from firmware_sim.faults.fault import Plan
from firmware_sim.faults.judged import judged
from firmware_sim.faults.place import PlaceStuck, until
from firmware_sim.faults.tally import Tally
from firmware_sim.gateway_api import GatewayApi
from firmware_sim.influxdb import InfluxDB
from firmware_sim.people import population
from firmware_sim.truth import Truth
from firmware_sim.verify import verify
from firmware_sim.verify.influx import influx_events, influx_sums

_FIRST_DAY: Final = date(2026, 11, 24)  # a Tuesday, with InfluxDB; the next is without
_DATABASE: Final = "passerelle"
_NOMADS: Final = 150
_RECORDED_WITHIN_S: Final = 180.0  # the gateway asks ever more seldom, at last once a minute


def play(plan: Plan) -> Tally:
    """Live a day with InfluxDB, and `plan.rounds` days without."""
    places = read_places()
    influx = InfluxDB.start(plan.folder / "influxdb")
    with ExitStack() as stack:
        stack.callback(influx.stop)
        broker = stack.enter_context(EmbeddedBroker.start(plan.folder / "broker"))
        http = stack.enter_context(_gateway(plan, places, broker, influx))
        truth = stack.enter_context(Truth(plan.folder / "truth.jsonl"))
        recorded_before = 0

        def end_day(day: date, _events: int) -> None:
            nonlocal recorded_before
            if day == _FIRST_DAY:
                recorded_before = _recorded(influx, http)
                influx.kill()
            else:
                plan.advance()

        people = population(places.sites, plan.seed, nomads=_NOMADS)
        at = (broker.host, broker.port)
        Calendar(http, at, places.sites, people, plan.seed, truth).run(_FIRST_DAY, 1 + plan.rounds, end_day)
        influx.restart()
        began_s = time.perf_counter()
        recorded = _recorded(influx, http)
        figures = {
            "events_missed": float(recorded - recorded_before),
            "caught_up_s": round(time.perf_counter() - began_s, 1),
        }
        sums = influx_sums(influx.url, _DATABASE, places.sites)
        verdict = verify(places.sites, truth.path, GatewayApi(http), places.tariff_files, history=sums)
        tally = judged(plan.rounds, verdict, figures=figures)
        return replace(tally, lost=tally.lost + max(0, verdict.events - recorded))


@contextmanager
def _gateway(plan: Plan, places: Places, broker: EmbeddedBroker, influx: InfluxDB) -> Iterator[httpx2.Client]:
    """Run a gateway in simulated time that records into `influx`; an administrator's way to its API."""
    settings = {
        "site_files": [str(file) for file in places.site_files],
        "tariff_files": [str(file) for file in places.tariff_files],
        "broker_host": broker.host,
        "broker_port": broker.port,
        "http_host": "127.0.0.1",
        "http_port": free_port(),
        "clock": "stepped",
        "clock_start": datetime.combine(_FIRST_DAY - timedelta(days=1), datetime.min.time(), UTC).isoformat(),
        "influx": {"url": influx.url, "database": _DATABASE},
    }
    gateway = GatewayProcess.start(plan.folder / "gateway", settings)
    try:
        with gateway.first_session() as session:
            secret = key(session, "fault", "admin", days=plan.rounds + 30)
        with client(gateway.url, secret) as http:
            yield http
    finally:
        gateway.stop()


def _recorded(influx: InfluxDB, http: httpx2.Client) -> int:
    """Wait until InfluxDB has as many events as the ledger, or does not get them; how many it has."""

    def in_history() -> int:
        return influx_events(influx.url, _DATABASE)

    def in_ledger() -> int:
        return int(http.get("/healthz").json()["events"])

    with suppress(PlaceStuck):  # the verdict tells what it lacks
        until(lambda: in_history() == in_ledger() > 0, "history", _RECORDED_WITHIN_S)
    return in_history()
