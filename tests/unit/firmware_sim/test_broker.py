from pathlib import Path

from firmware_sim.broker import nats_configuration


def test_a_directory_with_quotes_in_its_name_stays_one_value() -> None:
    text = nats_configuration(store=Path('/srv/le "petit" voisin'), host="127.0.0.1", port=1883)

    assert r'store_dir: "/srv/le \"petit\" voisin"' in text


def test_only_the_mqtt_listener_leaves_loopback() -> None:
    text = nats_configuration(store=Path("/srv/store"), host="0.0.0.0", port=1883)

    assert [line.strip() for line in text.splitlines() if "host:" in line] == [
        'host: "127.0.0.1"',
        'host: "0.0.0.0"',
    ]
