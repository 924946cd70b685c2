"""Everyone who holds a badge: the nomads whom the town counted, the staff, and some guests."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from firmware_sim.people.habits import Habits, Work, guest_habits, nomad_habits, resident_habits, staff_habits
from firmware_sim.people.names import full_name
from protocol.site import Site

__all__ = ["NOMADS", "Person", "Plan", "Work", "population"]

Plan = Literal["nomad", "resident", "staff", "guest"]
Category = Literal["member", "staff", "guest"]

NOMADS: Final[dict[Work, int]] = {"executive": 856, "entrepreneur": 187, "employee": 40}
"""The nomads whom the town counted: 1,083 people."""

_STAFF: Final = 6
_GUESTS: Final = 24
_OFFICES_LET: Final = 0.85
_AT_FIRST_SITE: Final = 0.87
_BOTH_SITES: Final = 0.8

# NXP's maker code begins its 7-byte UIDs. A 4-byte UID that begins with 08 is random (ISO/IEC 14443-3),
# and 88, the cascade tag, may begin neither a 4-byte UID nor the last four bytes of a 7-byte one.
_NXP: Final = 0x04
_RANDOM: Final = 0x08
_CASCADE_TAG: Final = 0x88
_KEYED_UID_BYTES: Final = 7


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with a badge. `sites` are where the plan holds, `home` is where they mostly go.

    `id` is the member id at the gateway; `uid` is the number of their card, 4 or 7 bytes. It has a key of its
    own (`keyed`) where they come to rooms that ask for one; those of the others are older.
    """

    id: str
    name: str
    work: Work
    plan: Plan
    home: str
    sites: tuple[str, ...]
    office: str | None
    uid: bytes
    habits: Habits

    @property
    def keyed(self) -> bool:
        """Whether the card can prove itself."""
        return self.plan in {"resident", "staff"}

    @property
    def category(self) -> Category:
        """How the tariff sees them."""
        if self.plan in {"staff", "guest"}:
            return "staff" if self.plan == "staff" else "guest"
        return "member"


def population(sites: Sequence[Site], seed: int, *, nomads: int | None = None) -> tuple[Person, ...]:
    """Make everyone who uses `sites`, the same people for the same seed.

    Offices stand at any of the sites; the first site is where most people go. `nomads` takes only so
    many of the 1,083, in the same mixture, for a smaller simulation.
    """
    rng = random.Random(seed)
    numbers = uids(rng)
    works = [work for work, count in NOMADS.items() for _ in range(count)]
    rng.shuffle(works)
    desks = _desks_in_offices(sites, rng)
    people = [
        *(_staff(number, sites, rng, numbers) for number in range(1, _STAFF + 1)),
        *(
            _nomad(number, work, sites, desks, rng, numbers)
            for number, work in enumerate(works[:nomads], start=1)
        ),
        *(_guest(number, sites, rng, numbers) for number in range(1, _GUESTS + 1)),
    ]
    return tuple(people)


def _nomad(
    number: int,
    work: Work,
    sites: Sequence[Site],
    desks: list[tuple[str, str]],
    rng: random.Random,
    uids: Iterator[bytes],
) -> Person:
    """Make a nomad, or a resident while desks in offices are left: entrepreneurs and executives rent them."""
    home = _home(sites, rng)
    office = None
    habits = nomad_habits(work, rng)
    if work != "employee" and desks:
        home, office = desks.pop()
        habits = resident_habits(rng)
    everywhere = rng.random() < _BOTH_SITES
    return Person(
        id=f"m-{number:04}",
        name=full_name(rng),
        work=work,
        plan="resident" if office else "nomad",
        home=home,
        sites=tuple(site.id for site in sites) if everywhere else (home,),
        office=office,
        uid=_of_seven_bytes(uids) if office else next(uids),
        habits=habits,
    )


def _staff(number: int, sites: Sequence[Site], rng: random.Random, uids: Iterator[bytes]) -> Person:
    everywhere = tuple(site.id for site in sites)
    return Person(
        id=f"s-{number}",
        name=full_name(rng),
        work="staff",
        plan="staff",
        home=everywhere[0],
        sites=everywhere,
        office=None,
        uid=_of_seven_bytes(uids),
        habits=staff_habits(rng),
    )


def _guest(number: int, sites: Sequence[Site], rng: random.Random, uids: Iterator[bytes]) -> Person:
    home = _home(sites, rng)
    return Person(
        id=f"g-{number:02}",
        name=full_name(rng),
        work="guest",
        plan="guest",
        home=home,
        sites=(home,),
        office=None,
        uid=next(uids),
        habits=guest_habits(rng),
    )


def _home(sites: Sequence[Site], rng: random.Random) -> str:
    first, *others = (site.id for site in sites)
    return first if not others or rng.random() < _AT_FIRST_SITE else rng.choice(others)


def _desks_in_offices(sites: Sequence[Site], rng: random.Random) -> list[tuple[str, str]]:
    """List (site, office) once for each desk that is let; the rest stands free."""
    desks = [
        (site.id, space.id)
        for site in sites
        for space in site.spaces
        if space.kind == "office"
        for _ in range(space.capacity)
    ]
    rng.shuffle(desks)
    return desks[: round(len(desks) * _OFFICES_LET)]


def _of_seven_bytes(uids: Iterator[bytes]) -> bytes:
    """Make the next number one that a card with keys can have: they all have 7 bytes."""
    uid = next(uids)
    return uid if len(uid) == _KEYED_UID_BYTES else bytes([_NXP]) + uid[:2] + uid


def uids(rng: random.Random) -> Iterator[bytes]:
    """Yield card numbers, none twice: two thirds of 7 bytes, the older third of 4."""
    given: set[bytes] = set()
    while True:
        uid = bytes([_NXP]) + rng.randbytes(6) if rng.random() < 2 / 3 else rng.randbytes(4)
        last_level = uid[-4:]
        if uid not in given and uid[0] != _RANDOM and last_level[0] != _CASCADE_TAG:
            given.add(uid)
            yield uid
