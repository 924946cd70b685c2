"""How someone tends to live a working day: how often they come, when, for how long, and how carefully."""

import random
from dataclasses import dataclass, replace
from typing import Final, Literal

Work = Literal["executive", "entrepreneur", "employee", "staff", "guest"]

_REGULARS: Final = 0.04
_CARELESS: Final = 0.06


@dataclass(frozen=True, slots=True)
class Habits:
    """Means and probabilities. `arrives_h` is a local hour of the day, such as 9.25 for a quarter past nine.

    `..._p` is the chance of it at each occasion: lunch outside, a meeting of one's own, a loan and a parcel
    once a day; a forgotten badge at each leaving; tailgating and a door left unopened at each entry; a
    no-show at each booking.
    """

    days_per_week: float
    arrives_h: float
    stays_h: float
    lunch_out_p: float
    meeting_p: float
    kitchen_breaks: float
    forgets_badge_out_p: float
    tailgates_p: float
    walks_away_p: float
    no_show_p: float
    loan_p: float
    parcel_p: float


def nomad_habits(work: Work, rng: random.Random) -> Habits:
    """Draw the habits of a nomad: a few come every other day, most once or twice a month."""
    regular = rng.random() < _REGULARS
    full_day = rng.random() < (0.8 if work == "employee" else 0.55)
    drawn = Habits(
        days_per_week=rng.uniform(1.5, 3.5) if regular else rng.triangular(0.05, 0.5, 0.2),
        arrives_h=rng.gauss(9.3, 0.6)
        if full_day
        else rng.choice((rng.gauss(9.5, 0.7), rng.gauss(13.8, 0.6))),
        stays_h=rng.gauss(7.4, 0.9) if full_day else rng.gauss(3.2, 0.7),
        lunch_out_p=rng.uniform(0.2, 0.7) if full_day else 0.05,
        meeting_p=rng.uniform(0.05, 0.25) if work == "entrepreneur" else rng.uniform(0.0, 0.12),
        kitchen_breaks=rng.uniform(0.5, 2.5) if full_day else rng.uniform(0.1, 1.0),
        forgets_badge_out_p=rng.uniform(0.005, 0.05),
        tailgates_p=rng.uniform(0.0, 0.03),
        walks_away_p=rng.uniform(0.0, 0.02),
        no_show_p=rng.uniform(0.02, 0.2),
        loan_p=rng.uniform(0.0, 0.04),
        parcel_p=rng.uniform(0.0, 0.04),
    )
    return _careless(drawn, rng) if rng.random() < _CARELESS else drawn


def resident_habits(rng: random.Random) -> Habits:
    """Draw the habits of someone who rents an office: most working days, long days."""
    return replace(
        nomad_habits("entrepreneur", rng),
        days_per_week=rng.uniform(3.2, 4.8),
        arrives_h=rng.gauss(8.9, 0.5),
        stays_h=rng.gauss(8.3, 0.8),
        meeting_p=rng.uniform(0.1, 0.35),
        kitchen_breaks=rng.uniform(1.0, 3.0),
    )


def staff_habits(rng: random.Random) -> Habits:
    """Draw the habits of the house's own people: nearly every day, and careful with badges."""
    return replace(
        resident_habits(rng),
        days_per_week=rng.uniform(4.0, 5.0),
        meeting_p=0.1,
        forgets_badge_out_p=0.005,
        tailgates_p=0.0,
        loan_p=0.0,
    )


def guest_habits(rng: random.Random) -> Habits:
    """Draw the habits of someone who comes for a booked meeting, and leaves when it is over."""
    return replace(
        nomad_habits("guest", rng),
        days_per_week=rng.uniform(0.15, 0.5),
        arrives_h=rng.uniform(9.5, 15.5),
        stays_h=rng.uniform(1.0, 3.0),
        lunch_out_p=0.0,
        meeting_p=1.0,
        kitchen_breaks=0.2,
        loan_p=0.0,
        parcel_p=0.0,
    )


def _careless(habits: Habits, rng: random.Random) -> Habits:
    """Make of someone one of the few who cause most of the trouble."""
    return replace(
        habits,
        forgets_badge_out_p=rng.uniform(0.2, 0.5),
        tailgates_p=rng.uniform(0.05, 0.2),
        walks_away_p=rng.uniform(0.02, 0.08),
        no_show_p=rng.uniform(0.3, 0.6),
    )
