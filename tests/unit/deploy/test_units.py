"""The shipped systemd units, where a wrong line would cost a door or a secret."""

from configparser import ConfigParser
from pathlib import Path

import pytest

from gateway.adapters.certificate_authority import REVOKED

UNITS = Path(__file__).parents[3] / "deploy" / "systemd"
EDGE = "passerelle-edge@.service"
GATEWAY = "passerelle-gateway.service"


def unit(name: str) -> ConfigParser:
    """Parse a unit; a key written twice is an error, since none of ours means a list."""
    parsed = ConfigParser(interpolation=None, delimiters="=")
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    with (UNITS / name).open(encoding="utf-8") as text:
        parsed.read_file(text)
    return parsed


def test_a_node_runs_the_settings_that_its_instance_names() -> None:
    settings = "/var/lib/passerelle-edge-%i/edge.toml"
    assert unit(EDGE)["Service"]["ExecStart"].endswith(f"python -m edge --settings {settings}")


def test_a_node_may_write_the_folder_of_the_certificate_that_it_renews() -> None:
    assert unit(EDGE)["Service"]["StateDirectory"] == "passerelle-edge-%i"


def test_a_node_names_its_pin_factory() -> None:
    assert unit(EDGE)["Service"]["Environment"] == "GPIOZERO_PIN_FACTORY=lgpio"


def test_a_node_works_in_a_folder_that_it_may_write() -> None:
    service = unit(EDGE)["Service"]

    assert service["WorkingDirectory"] == f"/run/{service['RuntimeDirectory']}"


def test_two_nodes_of_one_machine_share_no_folder() -> None:
    service = unit(EDGE)["Service"]

    assert all(service[key].endswith("-%i") for key in ("RuntimeDirectory", "StateDirectory"))


def test_a_node_waits_for_no_network_and_for_no_broker() -> None:
    assert {"After", "Wants", "Requires", "BindsTo"}.isdisjoint(unit(EDGE)["Unit"])


@pytest.mark.parametrize("directive", ["PrivateDevices", "ProtectClock", "DevicePolicy", "DeviceAllow"])
def test_a_node_keeps_its_devices(directive: str) -> None:
    assert directive not in unit(EDGE)["Service"]


def test_a_node_has_five_seconds_to_leave_its_door_locked() -> None:
    service = unit(EDGE)["Service"]

    assert (service["KillSignal"], service["TimeoutStopSec"]) == ("SIGTERM", "5")


def test_the_gateway_survives_the_absence_of_its_neighbours() -> None:
    assert {"Requires", "BindsTo", "Requisite"}.isdisjoint(unit(GATEWAY)["Unit"])


def test_the_broker_is_told_of_whoever_was_put_out_and_reads_it() -> None:
    state = unit(GATEWAY)["Service"]["StateDirectory"]
    assert unit("passerelle-broker.path")["Path"]["PathChanged"] == f"/var/lib/{state}/{REVOKED}"
    told = unit("passerelle-broker.service")["Service"]
    assert "broker-config mosquitto" in told["ExecStart"]
    assert told["ExecStartPost"].endswith("systemctl reload-or-restart mosquitto.service")


@pytest.mark.parametrize("name", [EDGE, GATEWAY])
def test_a_service_is_started_again_for_ever(name: str) -> None:
    assert unit(name)["Service"]["Restart"] == "always"
    assert unit(name)["Unit"]["StartLimitIntervalSec"] == "0"


@pytest.mark.parametrize("name", [EDGE, GATEWAY])
def test_a_service_is_no_root_and_writes_only_what_is_its_own(name: str) -> None:
    service = unit(name)["Service"]

    assert service["User"] == "passerelle"
    assert (service["ProtectSystem"], service["NoNewPrivileges"]) == ("strict", "yes")
    assert (service["CapabilityBoundingSet"], service["UMask"]) == ("", "0077")
