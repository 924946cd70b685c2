"""What hangs on a node, and what its levels mean."""

from pathlib import Path

import pytest

from edge.core.facts import Beam, Contact, ExitPressed, Fact, ItemSensed, Motion
from edge.core.wiring import Role, Wire, equipment
from protocol.site_file import read_site

SITE_FILE = Path(__file__).parents[4] / "deploy" / "sites" / "sceaux-smart.toml"
SITE = read_site(SITE_FILE.read_text(encoding="utf-8"), SITE_FILE.name)


def test_a_node_has_only_what_hangs_on_it() -> None:
    here = equipment(SITE, "ss-entrance")
    assert [door.id for door in here.doors] == ["entrance"]
    assert [reader.id for reader in here.readers] == ["entrance-in", "entrance-out"]
    assert here.lock_pins() == {"entrance": 17}
    assert set(here.wires()) == {
        Wire("contact", "entrance", 27),
        Wire("rex", "entrance", 22),
        Wire("outer", "entrance-beams", 23),
        Wire("inner", "entrance-beams", 24),
    }


def test_a_locker_node_has_the_compartments_of_its_bank() -> None:
    here = equipment(SITE, "ss-loans")
    assert here.compartments_of("loans") == ("loan-1", "loan-2", "loan-3", "loan-4")
    assert here.lock_pins() == {"loan-1": 4, "loan-2": 12, "loan-3": 17, "loan-4": 21}
    assert Wire("item", "loan-1", 6) in here.wires()


def test_a_node_that_the_site_does_not_have_is_an_error() -> None:
    with pytest.raises(KeyError):
        equipment(SITE, "ss-cellar")


@pytest.mark.parametrize(
    ("role", "active", "inactive"),
    [
        ("contact", Contact(is_open=False), Contact(is_open=True)),
        ("rex", ExitPressed(), None),
        ("motion", Motion(detected=True), Motion(detected=False)),
        ("item", ItemSensed(present=True), ItemSensed(present=False)),
        ("outer", Beam("outer", broken=True), Beam("outer", broken=False)),
        ("inner", Beam("inner", broken=True), Beam("inner", broken=False)),
    ],
)
def test_an_active_wire_means(role: Role, active: Fact, inactive: Fact | None) -> None:
    wire = Wire(role, "x", 5)
    assert (wire.fact(active=True), wire.fact(active=False)) == (active, inactive)
