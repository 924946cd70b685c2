"""What a day is to bring at one site, before any of it happens: who comes, meets, borrows."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from firmware_sim.people import Person
from protocol.closures import closed_for
from protocol.site import Hours, Site, Weekday

_WEEKDAYS: Final[tuple[Weekday, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SATURDAY: Final = 5
_BUSY: Final = {0: 0.95, 1: 1.15, 2: 0.9, 3: 1.15, 4: 0.85, 5: 0.45, 6: 1.0}
"""How the days of a week differ: Tuesdays and Thursdays are full, Saturdays quiet."""

_AWAY_FROM_HOME_P: Final = 0.06
_ON_A_CLOSED_DAY_P: Final = 0.04
_LAST_MINUTE_OF_DAY: Final = 23 * 60 + 30
_QUARTER_MIN: Final = 15
_PARTY: Final = (1, 1, 2, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Meeting:
    """A booked room in [starts_at, ends_at). `party` come with the host; of a no-show nobody does."""

    host: Person
    space: str
    starts_at: datetime
    ends_at: datetime
    party: int
    no_show: bool


@dataclass(frozen=True, slots=True)
class Outing:
    """One person's day at the site. `breaks` are moments of a coffee; `lunch` is when they eat outside."""

    person: Person
    arrives_at: datetime
    leaves_at: datetime
    lunch: tuple[datetime, datetime] | None
    breaks: tuple[datetime, ...]
    meeting: Meeting | None
    item: str | None
    parcel: bool


@dataclass(frozen=True, slots=True)
class Agenda:
    """All that is planned at `site` on `day`."""

    site: Site
    day: date
    meetings: tuple[Meeting, ...]
    outings: tuple[Outing, ...]

    def moment(self, minute: float) -> datetime:
        """UTC of so many wall-clock minutes after the day's midnight."""
        return moment(self.site, self.day, minute)


def moment(site: Site, day: date, minute: float) -> datetime:
    """UTC of a wall-clock time of `site`, in minutes after midnight; 24 hours and more are the next day's."""
    days, within = divmod(minute, 24 * 60)
    midnight = datetime.combine(day + timedelta(days=int(days)), time.min)
    return (midnight + timedelta(minutes=within)).replace(tzinfo=site.zone).astimezone(UTC)


def hours_of(site: Site, day: date) -> Hours | None:
    """Return the opening hours of that day, None where the site stays closed."""
    return None if closed_for(site, day) else site.opening.get(_WEEKDAYS[day.weekday()])


def plan_day(site: Site, day: date, people: Iterable[Person], rng: random.Random) -> Agenda:
    """Draw what a day is to bring. The same generator gives the same day."""
    comers = [person for person in people if rng.random() < _chance(person, site, day)]
    planner = _Planner(site, day, rng)
    outings = sorted((planner.outing(person) for person in comers), key=lambda o: (o.arrives_at, o.person.id))
    return Agenda(site, day, tuple(planner.meetings), tuple(outings))


def _chance(person: Person, site: Site, day: date) -> float:
    if site.id not in person.sites:
        return 0.0
    if hours_of(site, day) is None:  # staff and residents have their own keys to the house
        around = person.plan in {"staff", "resident"} and person.home == site.id
        return _ON_A_CLOSED_DAY_P if around else 0.0
    busy = _BUSY[day.weekday()] * (0.1 if person.plan == "guest" and day.weekday() == _SATURDAY else 1)
    here = 1 - _AWAY_FROM_HOME_P * (len(person.sites) > 1) if person.home == site.id else _AWAY_FROM_HOME_P
    return busy * here * person.habits.days_per_week / 5


class _Planner:
    """Fills one day, so that nobody books or borrows what is taken."""

    def __init__(self, site: Site, day: date, rng: random.Random) -> None:
        self.meetings: list[Meeting] = []
        self._site = site
        self._day = day
        self._rng = rng
        self._rooms = [space for space in site.spaces if space.kind == "meeting" and space.bookable]
        self._items = [item.id for item in site.items]
        self._hours = hours_of(site, day)

    def outing(self, person: Person) -> Outing:
        habits, rng = person.habits, self._rng
        arrives, leaves = self._stay(person)
        meeting = None
        if self._hours is not None and rng.random() < habits.meeting_p:
            meeting = self._meet(person, arrives, leaves)
        if meeting is not None and person.plan == "guest":
            arrives = _minute_of(meeting.starts_at, self._site) - rng.uniform(-4, 9)
            leaves = _minute_of(meeting.ends_at, self._site) + rng.uniform(1, 15)
        lunch = self._lunch(arrives, leaves) if rng.random() < habits.lunch_out_p else None
        coffees = round(rng.expovariate(1 / habits.kitchen_breaks)) if habits.kitchen_breaks else 0
        borrows = self._items and rng.random() < habits.loan_p
        return Outing(
            person=person,
            arrives_at=self._at(arrives),
            leaves_at=self._at(leaves),
            lunch=lunch,
            breaks=tuple(sorted(self._at(rng.uniform(arrives + 10, leaves)) for _ in range(min(coffees, 5)))),
            meeting=meeting,
            item=self._items.pop(rng.randrange(len(self._items))) if borrows else None,
            parcel=rng.random() < habits.parcel_p,
        )

    def _stay(self, person: Person) -> tuple[float, float]:
        """Draw minutes of arrival and leaving; members come within the opening hours, some stay too long."""
        rng, habits = self._rng, person.habits
        arrives = 60 * habits.arrives_h + rng.gauss(0, 25)
        if self._hours is not None and person.plan in {"nomad", "guest"}:
            opens = self._hours.opens.hour * 60 + self._hours.opens.minute
            closes = self._hours.closes.hour * 60 + self._hours.closes.minute
            arrives = min(max(arrives, opens - rng.uniform(-25, 3)), closes - 45)
        leaves = arrives + max(6.0, 60 * habits.stays_h + rng.gauss(0, 40))
        if self._hours is not None and rng.random() > 0.02:  # noqa: PLR2004 - who is still there after closing
            leaves = min(
                leaves, self._hours.closes.hour * 60 + self._hours.closes.minute - rng.uniform(0, 20)
            )
        return arrives, min(max(leaves, arrives + 6), _LAST_MINUTE_OF_DAY)

    def _lunch(self, arrives: float, leaves: float) -> tuple[datetime, datetime] | None:
        goes = self._rng.uniform(11.8 * 60, 13.3 * 60)
        returns = goes + self._rng.uniform(25, 80)
        return (self._at(goes), self._at(returns)) if arrives + 20 < goes and returns + 20 < leaves else None

    def _meet(self, host: Person, arrives: float, leaves: float) -> Meeting | None:
        """Book a free room for a whole number of quarters within the stay, if there is one."""
        rng = self._rng
        length = rng.choice((2, 4, 4, 6, 8)) * _QUARTER_MIN
        earliest, latest = arrives + _QUARTER_MIN, max(leaves, arrives + 180) - length
        if latest < earliest or not self._rooms:
            return None
        start = round(rng.uniform(earliest, latest) / _QUARTER_MIN) * _QUARTER_MIN
        starts_at, ends_at = self._at(start), self._at(start + length)
        room = rng.choice(self._rooms)
        if start + length > _LAST_MINUTE_OF_DAY or not self._is_free(room.id, starts_at, ends_at):
            return None
        party = min(rng.choice(_PARTY), room.capacity - 1)
        no_show = rng.random() < host.habits.no_show_p
        meeting = Meeting(host, room.id, starts_at, ends_at, party, no_show)
        self.meetings.append(meeting)
        return meeting

    def _is_free(self, space: str, starts_at: datetime, ends_at: datetime) -> bool:
        taken = [meeting for meeting in self.meetings if meeting.space == space]
        return all(ends_at <= other.starts_at or other.ends_at <= starts_at for other in taken)

    def _at(self, minute: float) -> datetime:
        return moment(self._site, self._day, minute)


def _minute_of(when: datetime, site: Site) -> float:
    local = when.astimezone(site.zone)
    return local.hour * 60 + local.minute + local.second / 60


def bookings_of(agendas: Sequence[Agenda]) -> list[dict[str, str]]:
    """List the bookings that members made for the day, as the gateway takes them in."""
    return [
        {
            "site": agenda.site.id,
            "space": meeting.space,
            "member": meeting.host.id,
            "starts_at": meeting.starts_at.isoformat(),
            "ends_at": meeting.ends_at.isoformat(),
            "title": f"{meeting.party + 1} personnes",
        }
        for agenda in agendas
        for meeting in agenda.meetings
    ]
