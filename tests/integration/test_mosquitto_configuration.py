"""The Mosquitto configuration that is shipped and written, loaded by a real Mosquitto."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.adapters.brokers import mosquitto
from protocol.topics import gateway_status
from tests.fakes import site
from tests.servers.secure import SCEAUX, VOISIN, SecurePlace, secure_place

SHIPPED = Path(__file__).parents[2] / "deploy" / "mosquitto"
COMMAND = "passerelle/sceaux-smart/ss-entrance/down/command"

pytestmark = pytest.mark.server("mosquitto")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[SecurePlace]:
    with secure_place(tmp_path, "mosquitto") as place:
        place.enrol("ss-entrance")
        yield place


def test_what_is_shipped_is_what_is_written_for_both_sites() -> None:
    sites = [site(SCEAUX), site(VOISIN)]
    written = mosquitto.configuration(sites, (), Path("/etc/mosquitto/conf.d"), 8883)
    assert {name: (SHIPPED / name).read_text(encoding="utf-8") for name in written} == written


def test_the_brokers_key_is_not_for_everybody_and_all_else_is_for_the_broker_to_read(
    place: SecurePlace,
) -> None:
    modes = {file.name: file.stat().st_mode & 0o777 for file in (place.folder / "etc").iterdir()}
    assert modes.pop("server.pem") & 0o007 == 0
    assert set(modes.values()) == {0o644}


def test_a_part_of_an_access_list_is_admitted_and_what_is_larger_than_any_message_is_not(
    place: SecurePlace,
) -> None:
    with place.connect("ss-entrance") as door, place.as_gateway() as gateway:
        door.subscribe(COMMAND)
        gateway.publish(COMMAND, b"x" * 192 * 1024)
        assert len(door.next_message().payload) == 192 * 1024
        gateway.publish_all([(COMMAND, b"x" * 300_000)])
        assert door.messages() == []


def test_a_broker_that_ends_leaves_no_state_behind(place: SecurePlace) -> None:
    with place.as_gateway() as gateway:
        gateway.publish(gateway_status(SCEAUX), b"status", retain=True)
    place.broker.stop()
    assert not list(place.folder.rglob("mosquitto.db"))


def test_a_node_cannot_end_another_nodes_connection_by_taking_its_client_id(place: SecurePlace) -> None:
    place.enrol("ss-garden")
    with place.connect("ss-entrance") as door, place.as_gateway() as gateway:
        door.subscribe(COMMAND)
        with place.connect("ss-garden", client_id="ss-entrance") as thief:
            assert thief.admitted
            gateway.publish(COMMAND, b"unlock")
            assert door.next_message().payload == b"unlock"
