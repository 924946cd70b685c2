"""The rules of visits are read twice, by the gateway and by the judge: the two must agree on any day."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random

import pytest
from pydantic import TypeAdapter

from firmware_sim.truth import Seen
from firmware_sim.verify.observed import observe
from firmware_sim.verify.stays import Stay, expected_stays
from gateway.domain.by_hand import CheckedByHand, TakenBack
from gateway.domain.journal import Content, Entry, Identity
from gateway.domain.people import Credential, Holders
from gateway.domain.visits import Visit, visits_of_day
from protocol.events import BadgePresented, Crossed, DoorClosed, DoorOpened
from protocol.site import Site
from tests.unit.firmware_sim.simulated_day import EPOCH, SITES, TUESDAY, live_a_day

MIDNIGHT = datetime.combine(TUESDAY, time.min, SITES[0].zone).astimezone(UTC)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
PEOPLE = 4


_content: TypeAdapter[Content] = TypeAdapter(Content)


def as_entry(seen: Seen) -> Entry:
    event = _content.validate_python(seen.content)
    return Entry(seen.site, Identity(seen.node, seen.epoch, seen.seq), seen.at, "synchronised", event)


def as_stay(visit: Visit) -> Stay:
    return Stay(
        visit.site,
        visit.member,
        TUESDAY,
        visit.begun_at,
        visit.ended_at,
        visit.quality,
        visit.begun_by,
        visit.ended_by,
    )


def by_the_gateway(site: Site, seen: Iterable[Seen], holders: Holders, as_of: datetime) -> list[Stay]:
    visits = visits_of_day(site, TUESDAY, [as_entry(e) for e in seen], holders, as_of)
    return sorted(
        (as_stay(visit) for visit in visits), key=lambda stay: (stay.begun_at, stay.person, stay.begun_by)
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_two_agree_on_a_day_that_people_lived(seed: int, tmp_path: Path) -> None:
    day = live_a_day(tmp_path, seed=seed)
    observed = observe(day.truth, {}, SITES)
    credentials = [
        Credential(h.credential, h.person, h.since, None) for held in observed.holders.values() for h in held
    ]
    for site in SITES:
        seen = [e for e in observed.events.values() if e.site == site.id]
        expected = expected_stays([site], seen, observed.holder, day.ends_at)

        assert by_the_gateway(site, seen, Holders(credentials), day.ends_at) == expected


@pytest.mark.parametrize("seed", range(300))
def test_the_two_agree_on_a_day_of_nonsense(seed: int) -> None:
    rng = Random(seed)
    site = SITES[0]
    seen = [nonsense(rng, seq) for seq in range(1, rng.randint(2, 60))]
    credentials = [
        Credential(card(n), f"m-{n}", LONG_AGO, None) for n in range(PEOPLE - 1)
    ]  # one is nobody's
    as_of = MIDNIGHT + timedelta(hours=rng.uniform(0, 30))

    def holder_of(ref: str, at: datetime) -> str | None:
        return Holders(credentials).holder(ref, at)

    assert by_the_gateway(site, seen, Holders(credentials), as_of) == expected_stays(
        [site], seen, holder_of, as_of
    )


def card(number: int) -> str:
    return f"c_{number:032x}"


def nonsense(rng: Random, seq: int) -> Seen:
    """Make any event of the kinds that matter, within two hours around closing, often at the same second."""
    door = rng.choice(("entrance", "garden"))
    direction = "in" if rng.random() < 0.5 else "out"
    event: Content = rng.choice(
        (
            CheckedByHand(
                member=f"m-{rng.randrange(PEOPLE)}",
                what="check_in" if direction == "in" else "check_out",
                by="u-1",
                said_at=MIDNIGHT,
            ),
            TakenBack(
                entry=f"ss-entrance/{EPOCH}/{max(1, seq - rng.randint(1, 4))}", by="u-1", said_at=MIDNIGHT
            ),
            BadgePresented(
                point=rng.choice((door, door, "meeting-1-door", "loan-1")),
                direction="in" if direction == "in" else "out",
                credential=card(rng.randrange(PEOPLE)),
                assurance="uid",
                granted=rng.random() < 0.9,
                reason="granted",
                why=None,
                list_revision=1,
                list_age_s=0,
                stale=False,
                free_passage=rng.random() < 0.2,
            ),
            DoorOpened(
                door=door,
                cause=rng.choice(("grant", "grant", "forced")),
                grant=max(1, seq - rng.randint(-1, 2)),
            ),
            DoorClosed(door=door, open_s=1),
            Crossed(
                counter=rng.choice(("entrance-beams", "garden-beams", "kitchen-beams")),
                space="floor",
                direction="in" if rng.random() < 0.3 else "out",
            ),
        )
    )
    at = MIDNIGHT + timedelta(hours=19, seconds=rng.randrange(0, 7200, 6) if rng.random() < 0.5 else seq * 3)
    return Seen("sceaux-smart", "ss-entrance", EPOCH, seq, at, event.model_dump(mode="json"))
