"""Days on end: what is booked, lists that arrive, a day that is lived, and events that go out."""

import random
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

import httpx2

from firmware_sim.calendar.agenda import Agenda, bookings_of, hours_of, moment, plan_day
from firmware_sim.calendar.lives import Lives
from firmware_sim.calendar.outbox import Faults
from firmware_sim.calendar.town import Town
from firmware_sim.gateway_api import GatewayApi, GatewayRefused, Plain
from firmware_sim.people import Person
from firmware_sim.truth import Truth
from protocol.site import Site

OnDay = Callable[[date, int], None]

_MORNING_MIN: Final = 7 * 60 + 30
_DAY_MIN: Final = 24 * 60
_CONFLICT, _UNAVAILABLE = 409, 503
_CARRIER: Final = "La Poste"


class Calendar:
    """Lets `people` live at `sites`, before a gateway whose clock is stepped.

    `http` has the gateway's base URL and an administrator's key. Everything that happens goes into `truth`.
    The same `seed` gives the same plans; faults are drawn from it too.
    """

    def __init__(
        self,
        http: httpx2.Client,
        broker: tuple[str, int],
        sites: Sequence[Site],
        people: Sequence[Person],
        seed: int,
        truth: Truth,
        faults: Faults | None = None,
    ) -> None:
        self._api = GatewayApi(http)
        self._broker = broker
        self._sites = sites
        self._people = people
        self._seed = seed
        self._truth = truth
        self._faults = faults or Faults()

    def run(self, first_day: date, days: int, on_day: OnDay = lambda _day, _events: None) -> None:
        """Live `days` days from `first_day` on; `on_day` is told each, with how many events it came to.

        The gateway's clock may show any time before that. At the end all events are in the ledger, and it
        shows the midnight that ends the last day. Raises GatewayRefused or CalendarStuck where the gateway
        does not do its part.
        """
        begins_at = moment(self._sites[0], first_day, 0)
        town = Town(self._api, self._broker, self._sites, self._seed, begins_at, self._truth, self._faults)
        agendas = [self._plan(first_day + timedelta(days=number)) for number in range(days)]
        self._take_up_members(town)
        self._api.import_bookings(booking for of_day in agendas for booking in bookings_of(of_day))
        self._api.move_clock(begins_at)
        town.fleet.open()
        try:
            town.fleet.deliver()  # nothing may be on its way while time leaps
            for of_day in agendas:
                on_day(of_day[0].day, self._live(town, of_day))
            town.fleet.cut_off(())
            town.fleet.deliver()
        finally:
            town.fleet.close()
            self._truth.flush()

    def _take_up_members(self, town: Town) -> None:
        """Have everyone received whom the gateway does not know, at the time that its clock shows now."""
        since = self._api.now()
        for person in self._people:
            self._truth.holder(person.id, town.credential_of(person), person.category, since)
        known = self._api.member_ids()
        strangers = [_as_member(person, since) for person in self._people if person.id not in known]
        if strangers:
            self._api.import_members(strangers)

    def _live(self, town: Town, agendas: Sequence[Agenda]) -> int:
        """Let one day pass, at all sites. Returns how many events it came to."""
        before = town.events
        morning = agendas[0].moment(_MORNING_MIN)
        town.fleet.cut_off(node for node in town.nodes if town.luck.random() < self._faults.cut_off_p)
        town.timeline.run(morning)
        self._api.move_clock(morning)
        town.fleet.wait_for_lists(self._api.lists)
        self._hand_out(town, agendas)
        for agenda in agendas:
            building = town.buildings[agenda.site.id]
            Lives(agenda, building, town.credential_of, self._truth).begin()
        midnight = agendas[0].moment(_DAY_MIN)
        town.timeline.run(midnight)
        self._truth.flush()
        self._api.move_clock(midnight)  # the ledger believes no event from later than its arrival
        town.fleet.deliver()
        return town.events - before

    def _plan(self, day: date) -> list[Agenda]:
        agendas: list[Agenda] = []
        free = list(self._people)
        for site in self._sites:
            rng = random.Random(f"{self._seed} {day} {site.id}")
            agendas.append(plan_day(site, day, free, rng))
            out = {outing.person.id for outing in agendas[-1].outings}
            free = [person for person in free if person.id not in out]
        return agendas

    def _hand_out(self, town: Town, agendas: Sequence[Agenda]) -> None:
        """Lend what was asked for, let the courier in, and wait until the lockers know for whom they open."""
        known = town.fleet.commands
        lent, dropped = [], []
        for agenda in agendas:
            site = agenda.site
            for outing in agenda.outings:
                member = outing.person.id
                if outing.item is not None:
                    lend = partial(self._api.lend, site.id, outing.item, member, _closing(site, agenda.day))
                    lent += _granted(lend, "loan")
                if outing.parcel and site.banks:
                    dropped += _granted(partial(self._api.drop_parcel, site.id, member, _CARRIER), "parcel")
        town.fleet.wait_for_commands(known + len(dropped))
        town.fleet.wait_for_rights([*lent, *dropped])


def _as_member(person: Person, since: datetime) -> dict[str, object]:
    return {
        "id": person.id,
        "name": person.name,
        "category": person.category,
        "plan": person.plan,
        "sites": list(person.sites),
        "office": person.office,
        "since": since.isoformat(),
        "credentials": [{"uid": person.uid.hex(), "aes": person.keyed}],
    }


def _closing(site: Site, day: date) -> datetime:
    hours = hours_of(site, day)
    return moment(site, day, _DAY_MIN if hours is None else hours.closes.hour * 60 + hours.closes.minute)


def _granted(ask: Callable[[], Plain], kind: str) -> list[tuple[str, str]]:
    """Ask for a loan or parcel. Returns its compartment and the name of the right that it gives.

    None where the gateway has no room for it now, or its node does not answer.
    """
    try:
        given = ask()
    except GatewayRefused as refusal:
        if refusal.status in {_CONFLICT, _UNAVAILABLE}:
            return []
        raise
    return [(given["compartment"], f"{kind}:{given['id']}")]
