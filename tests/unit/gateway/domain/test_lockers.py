from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.domain import loans, parcels
from gateway.domain.loans import Loan
from gateway.domain.lockers import compartment_grants
from gateway.domain.parcels import Parcel
from protocol.events import Event
from tests.unit.gateway.domain.building import (
    NEIGHBOUR,
    SITE,
    badge,
    entry,
    executed,
    locker_closed,
    locker_opened,
    paris,
)

NINE = paris("09:00")
DUE = paris("18:00")
READY = Loan("l-1", SITE.id, "projector", "loan-1", "m-1", NINE, DUE, None, None, cancelled=False)
OUT = replace(READY, taken_at=paris("09:10"))
WAITING = Parcel("p-1", SITE.id, "parcel-1", "m-1", "Colissimo", "f" * 64, NINE, DUE, None, returned=False)
BORROWS = badge(1, point="loan-1", why="loan:l-1")
FETCHES = badge(1, point="parcel-1", why="parcel:p-1")


def lent(loan: Loan, *events: Event) -> Loan:
    """Let `events` follow the loan, a minute apart from ten o'clock, numbered from 1."""
    at = paris("10:00")
    return loans.fold(loan, [entry(at + timedelta(minutes=n), event, n) for n, event in enumerate(events, 1)])


def kept(parcel: Parcel, *events: Event) -> Parcel:
    at = paris("10:00")
    return parcels.fold(
        parcel, [entry(at + timedelta(minutes=n), event, n) for n, event in enumerate(events, 1)]
    )


@pytest.mark.parametrize("item_present", [False, None], ids=["sensor sees it gone", "no sensor"])
def test_an_item_is_taken_when_its_borrower_closes_the_compartment(*, item_present: bool | None) -> None:
    loan = lent(
        READY, BORROWS, locker_opened("loan-1", 1), locker_closed("loan-1", item_present=item_present)
    )
    assert (loan.status, loan.taken_at) == ("out", paris("10:03"))


def test_an_item_that_was_left_inside_is_not_taken() -> None:
    assert (
        lent(READY, BORROWS, locker_opened("loan-1", 1), locker_closed("loan-1", item_present=True)) == READY
    )


@pytest.mark.parametrize("item_present", [True, None], ids=["sensor sees it back", "no sensor"])
def test_an_item_is_returned_when_its_borrower_closes_the_compartment_again(
    *,
    item_present: bool | None,
) -> None:
    loan = lent(OUT, BORROWS, locker_opened("loan-1", 1), locker_closed("loan-1", item_present=item_present))
    assert (loan.status, loan.returned_at) == ("returned", paris("10:03"))


def test_an_item_that_is_not_put_back_stays_out() -> None:
    assert lent(OUT, BORROWS, locker_opened("loan-1", 1), locker_closed("loan-1", item_present=False)) == OUT


def test_a_loan_is_taken_and_returned_in_one_reading() -> None:
    loan = lent(
        READY,
        BORROWS,
        locker_opened("loan-1", 1),
        locker_closed("loan-1", item_present=False),
        BORROWS,
        locker_opened("loan-1", 4),
        locker_closed("loan-1", item_present=True),
    )
    assert (loan.taken_at, loan.returned_at) == (paris("10:03"), paris("10:06"))


def test_a_borrower_who_badges_twice_before_opening_is_recognised_by_either() -> None:
    gone = locker_closed("loan-1", item_present=False)
    assert lent(READY, BORROWS, BORROWS, locker_opened("loan-1", 1), gone).status == "out"
    assert lent(READY, BORROWS, BORROWS, locker_opened("loan-1", 2), gone).status == "out"


@pytest.mark.parametrize(
    "events",
    [
        (badge(2, point="loan-1", why="loan:l-2"), locker_opened("loan-1", 1)),
        (BORROWS.model_copy(update={"granted": False}), locker_opened("loan-1", 1)),
        (badge(1, point="loan-2", why="loan:l-1"), locker_opened("loan-1", 1)),
        (BORROWS, locker_opened("loan-2", 1)),
        (BORROWS, locker_opened("loan-1", 7)),
        (BORROWS, locker_opened("loan-1", None)),
        (locker_opened("loan-1", None),),
        (executed("k-1-l-1", "loan-1"), locker_opened("loan-1", None)),
        (),
    ],
    ids=[
        "another's loan", "refused", "another compartment's badge", "another compartment",
        "another badge", "by command", "no badge", "a command for it", "never opened",
    ],
)  # fmt: skip
def test_a_closing_that_the_borrower_did_not_open_changes_nothing(events: tuple[Event, ...]) -> None:
    assert lent(READY, *events, locker_closed("loan-1", item_present=False)) == READY


def test_one_badge_explains_one_opening() -> None:
    loan = lent(
        READY,
        BORROWS,
        locker_opened("loan-1", 1),
        locker_closed("loan-1", item_present=False),
        locker_opened("loan-1", 1),
        locker_closed("loan-1", item_present=True),
    )
    assert loan.status == "out"


def test_one_command_explains_one_opening() -> None:
    opening = locker_opened("parcel-1", None)
    seen, gone = (locker_closed("parcel-1", item_present=there) for there in (True, False))
    assert kept(WAITING, executed("k-9f-p-1", "parcel-1"), opening, seen, opening, gone) == WAITING


def test_one_opening_has_one_closing_and_that_of_its_own_compartment() -> None:
    opening = (BORROWS, locker_opened("loan-1", 1))
    gone = locker_closed("loan-1", item_present=False)
    assert lent(READY, *opening, locker_closed("loan-2", item_present=False)) == READY
    assert lent(READY, *opening, locker_closed("loan-1", item_present=True), gone) == READY


def test_what_happens_at_another_site_changes_nothing() -> None:
    events: list[Event] = [BORROWS, locker_opened("loan-1", 1), locker_closed("loan-1", item_present=False)]
    elsewhere = [entry(NINE, event, n, site=NEIGHBOUR.id) for n, event in enumerate(events, 1)]
    assert loans.fold(READY, elsewhere) == READY


def test_a_cancelled_loan_stays_cancelled() -> None:
    cancelled = replace(READY, cancelled=True)
    after = lent(cancelled, BORROWS, locker_opened("loan-1", 1), locker_closed("loan-1", item_present=False))
    assert (after, after.status) == (cancelled, "cancelled")


def test_a_parcel_is_collected_when_its_addressee_closes_the_compartment() -> None:
    parcel = kept(
        WAITING, FETCHES, locker_opened("parcel-1", 1), locker_closed("parcel-1", item_present=None)
    )
    assert (parcel.status, parcel.collected_at) == ("collected", paris("10:03"))


def test_a_parcel_is_collected_by_the_command_that_its_code_gave() -> None:
    opening = (locker_opened("parcel-1", None), locker_closed("parcel-1", item_present=None))
    assert kept(WAITING, executed("k-9f-p-1", "parcel-1"), *opening).status == "collected"
    assert kept(WAITING, executed("k-9f-p-11", "parcel-1"), *opening).status == "waiting"
    assert kept(WAITING, executed("k-9f", "parcel-1"), *opening).status == "waiting"
    assert kept(WAITING, executed("k-9f-p-1", "parcel-2"), *opening).status == "waiting"
    assert kept(WAITING, *opening).status == "waiting"


def test_a_parcel_that_a_sensor_still_sees_waits_on() -> None:
    opening = (FETCHES, locker_opened("parcel-1", 1))
    assert kept(WAITING, *opening, locker_closed("parcel-1", item_present=True)) == WAITING


def test_a_parcel_is_collected_once() -> None:
    opening = (FETCHES, locker_opened("parcel-1", 1), locker_closed("parcel-1", item_present=None))
    collected = kept(WAITING, *opening)
    assert kept(collected, FETCHES, *opening, FETCHES) == collected


def test_a_parcel_that_the_carrier_took_back_is_not_collected() -> None:
    back = replace(WAITING, returned=True)
    opening = (FETCHES, locker_opened("parcel-1", 1), locker_closed("parcel-1", item_present=None))
    assert (kept(back, *opening), back.status) == (back, "returned")


def test_a_promised_item_may_be_fetched_until_it_is_due() -> None:
    (grant,) = compartment_grants([READY], [], NINE)
    assert (grant.site, grant.compartment, grant.member, grant.why) == (SITE.id, "loan-1", "m-1", "loan:l-1")
    assert (grant.start, grant.end) == (NINE, DUE)
    assert compartment_grants([READY], [], DUE) == []


def test_an_item_that_is_out_may_be_brought_back_however_late() -> None:
    (grant,) = compartment_grants([OUT], [], DUE + timedelta(days=400))
    assert grant.end > DUE + timedelta(days=400)


def test_a_parcel_may_be_fetched_by_its_addressee_until_its_deadline() -> None:
    (grant,) = compartment_grants([], [WAITING], NINE)
    assert (grant.compartment, grant.member, grant.why) == ("parcel-1", "m-1", "parcel:p-1")
    assert compartment_grants([], [WAITING], DUE) == []


def test_what_is_over_gives_no_right() -> None:
    over = [replace(OUT, returned_at=DUE), replace(READY, cancelled=True)]
    fetched = [
        replace(WAITING, collected_at=NINE),
        replace(WAITING, returned=True),
        replace(WAITING, member=None),
    ]
    assert compartment_grants(over, fetched, NINE) == []
