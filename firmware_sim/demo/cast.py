"""Who can play which part now: the rights that people have at this hour, as their plans say."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from firmware_sim.people import Person
from protocol.site import Site, Weekday

_WEEKDAYS: Final[tuple[Weekday, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def is_open(site: Site, at: datetime) -> bool:
    """Whether a site's opening hours hold at `at`."""
    local = at.astimezone(site.zone)
    hours = site.opening.get(_WEEKDAYS[local.weekday()])
    return hours is not None and hours.opens <= local.time() < hours.closes


def standing(person: Person, site: Site, at: datetime) -> str | None:
    """Say by what right someone may come in without a booking: staff, resident, member; None: by none."""
    if site.id not in person.sites:
        return None
    if person.plan == "staff":
        return "staff"
    if person.plan == "resident" and office_at(person, site):
        return "resident"
    return "member" if person.plan in {"nomad", "resident"} and is_open(site, at) else None


def first_name(person: Person) -> str:
    """Return what people call someone."""
    return person.name.split()[0]


def office_at(person: Person, site: Site) -> str | None:
    """Return the office that someone rents at this site, if any."""
    return person.office if any(space.id == person.office for space in site.spaces) else None


class Cast:
    """Gives parts to people who have none at the moment, the same for the same seed.

    Whoever has played at a site goes to no other, and of those who share a first name one plays: the
    narration calls people by it.
    """

    def __init__(self, people: Sequence[Person], rng: random.Random) -> None:
        self._people = list(people)
        self._rng = rng
        self._busy: set[str] = set()
        self._played_at: dict[str, str] = {}
        self._bearers: dict[str, str] = {}

    def with_standing(self, site: Site, at: datetime) -> Person | None:
        """Take someone who may come in as they are; None where all of them are busy."""
        return self._take(site, lambda person: standing(person, site, at) is not None)

    def resident(self, site: Site) -> Person | None:
        """Take someone who rents an office at the site."""
        return self._take(site, lambda p: site.id in p.sites and office_at(p, site) is not None)

    def booker(self, site: Site) -> Person | None:
        """Take a nomad, who needs a booking to come in at any hour."""
        return self._take(site, lambda person: person.plan == "nomad" and site.id in person.sites)

    def outsider(self, site: Site, at: datetime) -> Person | None:
        """Take someone whose badge is known, and who may not come in now."""
        return self._take(site, lambda person: standing(person, site, at) is None)

    def release(self, person: Person) -> None:
        """Let someone have another part."""
        self._busy.discard(person.id)

    def _take(self, site: Site, fits: Callable[[Person], bool]) -> Person | None:
        fitting = [person for person in self._people if self._can_play(person, site) and fits(person)]
        if not fitting:
            return None
        taken = self._rng.choice(fitting)
        self._busy.add(taken.id)
        self._played_at[taken.id] = site.id
        self._bearers[first_name(taken)] = taken.id
        return taken

    def _can_play(self, person: Person, site: Site) -> bool:
        return (
            person.id not in self._busy
            and self._played_at.get(person.id, site.id) == site.id
            and self._bearers.get(first_name(person), person.id) == person.id
        )
