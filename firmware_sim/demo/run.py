"""From nothing to a living building, and back: the order of a demo."""

import json
import os
import random
import signal
from concurrent.futures import wait
from contextlib import ExitStack
from datetime import UTC, date, datetime, time, timedelta
from time import sleep
from typing import Final

import httpx2

from firmware_sim.bench.backstage import Backstage
from firmware_sim.bench.building import Building
from firmware_sim.bench.processes import FIRST_ACCOUNT
from firmware_sim.bench.supervisor import Restarted, Supervisor
from firmware_sim.broker import BrokerFailed
from firmware_sim.calendar import Calendar, CalendarStuck
from firmware_sim.child import ChildFailed
from firmware_sim.demo.crowd import Crowd
from firmware_sim.demo.folder import DemoFolder, claimed
from firmware_sim.demo.house import House, open_house
from firmware_sim.demo.nodes import DemoStuck, Nodes
from firmware_sim.demo.options import DemoRefused, Options
from firmware_sim.demo.places import Places, read_places
from firmware_sim.demo.reception import Reception
from firmware_sim.demo.scene import Scene
from firmware_sim.demo.screen import Screen
from firmware_sim.gateway_api import GatewayApi, GatewayRefused
from firmware_sim.people import population
from firmware_sim.truth import Truth
from firmware_sim.verify import Verdict, verify
from firmware_sim.verify.influx import HistoryRefused

_RIGHT: Final = 0
_WRONG: Final = 1
_REFUSED: Final = 2
_INTERRUPTED: Final = 130
_FAILURES: Final = (
    BrokerFailed,
    CalendarStuck,
    ChildFailed,
    DemoStuck,
    GatewayRefused,
    HistoryRefused,
    httpx2.HTTPError,
)
_FINISH_WITHIN_S: Final = 60.0
_ANSWER_WITHIN_S: Final = 5.0
_HISTORY_FOLLOWS_WITHIN_S: Final = 30


def run(options: Options, screen: Screen) -> int:
    """Run a demo to its end. Returns the exit code: 1 where anything is wrong, 2 where it cannot be run."""
    os.umask(0o077)  # what the demo keeps holds keys
    for number in (
        signal.SIGTERM,
        signal.SIGINT,
    ):  # a script that starts it in the background ignores the latter
        signal.signal(number, signal.default_int_handler)
    try:
        places = read_places()
        with claimed(options.data) as folder, ExitStack() as stack:
            return _Demo(options, places, folder, screen, stack).run()
    except DemoRefused as refusal:
        screen.warn(str(refusal))
        return _REFUSED
    except _FAILURES as failure:
        screen.warn(f"The demo cannot go on: {failure}")
        return _WRONG
    except KeyboardInterrupt:
        screen.step("Stopped. No process is left behind.")
        return _INTERRUPTED


class _Demo:
    """One run. What it starts, `stack` ends: people first, then nodes, gateway, broker, building."""

    def __init__(
        self, options: Options, places: Places, folder: DemoFolder, screen: Screen, stack: ExitStack
    ) -> None:
        self._options = options
        self._places = places
        self._folder = folder
        self._screen = screen
        self._stack = stack
        self._began_at = _now()
        self._people = population(places.sites, options.seed)
        self._truth = stack.enter_context(Truth(folder.truth))
        self._backstage = stack.enter_context(Backstage())
        self._supervisor = stack.enter_context(Supervisor(self._restarted))
        self._house: House
        self._login_url: str | None = None

    @property
    def _today(self) -> date:
        return self._began_at.astimezone(self._places.sites[0].zone).date()

    def run(self) -> int:
        """Live through the past and the present, and look back."""
        self._live_through_the_past()
        building = self._backstage.open(Building.open(self._places.sites))
        nodes = Nodes(self._house, self._folder, self._places, building.nodes, self._supervisor)
        self._screen.step(f"Starting {len(building.nodes)} nodes, each a process of its own")
        nodes.start()
        self._login_url = self._house.login_link()
        self._write_demo_json()
        self._show_links()
        self._live_through_the_present(building)
        self._screen.step("Waiting until the ledger has everything that the nodes saw")
        nodes.come_to_rest()
        return self._look_back(nodes)

    def _live_through_the_past(self) -> None:
        options, sites = self._options, self._places.sites
        first_day = self._today - timedelta(days=options.days)
        begins_at = datetime.combine(first_day, time.min, sites[0].zone).astimezone(UTC)
        self._screen.step("Starting the broker and the gateway")
        self._house = open_house(options, self._folder, self._places, self._supervisor, begins_at)
        self._stack.callback(self._house.http.close)
        broker = (self._house.broker.host, self._house.broker.port)
        calendar = Calendar(self._house.http, broker, sites, self._people, options.seed, self._truth)
        with self._screen.days(options.days) as advance:
            calendar.run(first_day, options.days, advance)
        self._house.catch_up_with_time(_now())

    def _live_through_the_present(self, building: Building) -> None:
        """Let people come and go until time is up. Raises DemoStuck where they do not come to an end."""
        scene = Scene(building, self._truth, _now, self._screen.tell)
        http = self._backstage.open(
            httpx2.AsyncClient(
                base_url=self._house.gateway.url, headers=self._house.http.headers, timeout=_ANSWER_WITHIN_S
            )
        )
        crowd = Crowd(
            scene,
            Reception(http, _now, scene.pause),
            self._places.sites,
            self._people,
            self._house.credential_key,
            self._card_keys(),
            random.Random(self._options.seed),
        )
        living = self._backstage.start(crowd.live())
        self._stack.callback(living.cancel)
        wait([living], timeout=self._options.live_s)
        self._backstage.post(scene.closing.set)
        try:
            living.result(timeout=_FINISH_WITHIN_S)
        except TimeoutError:
            raise DemoStuck("people did not finish what they were doing") from None

    def _card_keys(self) -> dict[bytes, bytes]:
        """Have every card that can hold a key given its own, as the desk would."""
        api = GatewayApi(self._house.http)
        return {person.uid: api.card_key(person.uid) for person in self._people if person.keyed}

    def _look_back(self, nodes: Nodes) -> int:
        """Hold the ledger against the truth, show what this month comes to, and write the verdict down."""
        self._screen.step("Verifying")
        self._truth.flush()
        api = GatewayApi(self._house.http)
        verdict = self._judge(api, nodes)
        for _ in range(_HISTORY_FOLLOWS_WITHIN_S):
            if not verdict.wrong_history:
                break
            sleep(1)  # history is written behind the ledger, every second
            verdict = self._judge(api, nodes)
        self._screen.verdict(verdict, with_history=self._options.influx is not None)
        self._screen.statement(api.statement(f"{self._today:%Y-%m}"))
        path = self._folder.write("verify.json", json.loads(verdict.as_json()))
        self._screen.result(path, ok=verdict.ok)
        return _RIGHT if verdict.ok else _WRONG

    def _judge(self, api: GatewayApi, nodes: Nodes) -> Verdict:
        sites, influx = self._places.sites, self._options.influx
        return verify(
            sites,
            self._folder.truth,
            api,
            self._places.tariff_files,
            spools=nodes.spools,
            history=influx.sums(sites) if influx else None,
        )

    def _restarted(self, told: Restarted) -> None:
        """Take note of a program that was started again; runs in the supervisor's thread."""
        self._screen.restarted(told)
        if self._login_url is not None:
            self._write_demo_json()

    def _write_demo_json(self) -> None:
        pids = self._supervisor.pids()
        house = self._house
        content = {
            "url": house.gateway.url,
            "broker": {"host": house.broker.host, "port": house.broker.port},
            "database": str(self._folder.ledger),
            "staff_login_url": self._login_url,
            "api_keys": {"admin": house.admin_key, "billing": house.billing_key},
            "sites": [site.id for site in self._places.sites],
            "pids": {"gateway": pids.pop("gateway"), "broker": pids.pop("broker"), "nodes": pids},
        }
        self._folder.write("demo.json", content)

    def _show_links(self) -> None:
        took_s = (_now() - self._began_at).total_seconds()
        self._screen.step(f"All is up, {took_s:.0f} s after the start. Ctrl-C stops everything.")
        self._screen.links(
            {
                "Live page": self._house.gateway.url,
                "Staff login": f"{self._login_url}  (works once)",
                "Administrator": "{mail} with the password {password}, at /login".format(**FIRST_ACCOUNT),
                "API": f"{self._house.gateway.url}/api/v1/openapi.json",
                "Files": str(self._folder.path),
            }
        )


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # the demo lives in real time
