"""Codes of visitors at the keypads of nodes: which list names them, and what a use changes."""

from datetime import timedelta

import pytest

from gateway.commands import InviteVisitor, RevokePass
from gateway.domain.authority import SYSTEM
from gateway.domain.visitor_passes import VisitorPass
from protocol.access import AccessList, Denied, Granted
from protocol.events import CodeEntered
from protocol.site import Keypad
from tests.unit.gateway.web.place import SCEAUX, Place

CODE = "v_" + "1" * 32
NODE = "ss-entrance"


@pytest.fixture
def keyed(place: Place) -> Place:
    """The place, with a keypad at its entrance and none at its garden door."""
    pad = Keypad(id="pad", node=NODE, door="entrance", rows=(5, 6, 12, 13), columns=(16, 20, 21))
    sites = place.gateway.sites
    assert isinstance(sites, dict)
    sites[SCEAUX] = sites[SCEAUX].model_copy(update={"keypads": (pad,)})
    place.join(1)
    place.gateway.issue()
    place.beat()
    place.gateway.issue()
    return place


def invite(
    place: Place, *, single_use: bool = False, doors: tuple[str, ...] = ("entrance", "garden")
) -> VisitorPass:
    now = place.clock.now()
    made: VisitorPass = place.gateway.handle(
        InviteVisitor(SCEAUX, doors, "Lou", "m-1", CODE, now, now + timedelta(hours=2), single_use), SYSTEM
    )
    place.gateway.issue()
    return made


def listed(place: Place, node: str = NODE) -> AccessList:
    with place.ledger.reading() as books:
        found = books.nodes.issued(node)
    assert found is not None
    return found


def enter(place: Place, known: VisitorPass) -> None:
    """Let the entrance say that it opened to this code."""
    place.report(
        NODE,
        CodeEntered(
            point="entrance",
            granted=True,
            reason="granted",
            why=f"pass:{known.id}",
            list_revision=1,
            list_age_s=1,
            stale=False,
        ),
    )
    place.gateway.issue()


def test_a_code_is_in_the_list_of_the_node_with_a_keypad_at_its_door_and_in_no_other(keyed: Place) -> None:
    made = invite(keyed)
    assert listed(keyed).decide(CODE, "entrance", keyed.clock.now()) == Granted(f"pass:{made.id}")
    assert isinstance(listed(keyed).decide(CODE, "garden", keyed.clock.now()), Denied)
    assert CODE not in listed(keyed, "ss-garden").credentials


def test_a_place_without_keypads_lists_no_codes(place: Place) -> None:
    place.join(1)
    place.gateway.issue()
    invite(place)
    assert CODE not in listed(place).credentials


def test_a_revoked_code_leaves_the_list(keyed: Place) -> None:
    made = invite(keyed)
    keyed.gateway.handle(RevokePass(made.id), SYSTEM)
    keyed.gateway.issue()
    assert CODE not in listed(keyed).credentials


def test_a_code_for_a_single_use_leaves_the_list_once_its_node_says_that_it_was_used(keyed: Place) -> None:
    made = invite(keyed, single_use=True)
    assert listed(keyed).credentials[CODE].once
    enter(keyed, made)
    assert CODE not in listed(keyed).credentials
    with keyed.ledger.reading() as books:
        used = books.passes.get(made.id)
    assert used is not None
    assert used.last_used_at == keyed.clock.now()


def test_another_code_stays_and_its_use_is_shown(keyed: Place) -> None:
    made = invite(keyed)
    enter(keyed, made)
    assert CODE in listed(keyed).credentials
    with keyed.ledger.reading() as books:
        used = books.passes.get(made.id)
    assert used is not None
    assert used.last_used_at == keyed.clock.now()


def test_a_code_makes_no_visit(keyed: Place) -> None:
    enter(keyed, invite(keyed))
    with keyed.ledger.reading() as books:
        today = keyed.clock.now().date()
        assert list(books.projections.visits(today, today + timedelta(days=1))) == []
