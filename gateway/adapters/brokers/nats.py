"""NATS server 2.10 or later with its MQTT listener: a user for each certificate, known by its whole subject.

NATS reads no revocation list: who was put out is no longer among the users. A topic `a/b` is the subject
`a.b`, and a filter `a/#` needs both `a` and `a.>`. What reaches a client at QoS 1 comes by way of
`$MQTT.sub`, to which no client can subscribe itself.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from protocol.certificates import Holder, gateway_at
from protocol.site import Site

CONFIGURATION: Final = "nats-server.conf"
_DELIVERIES: Final = "$MQTT.sub.>"


def configuration(
    sites: Iterable[Site], revoked: Iterable[str], folder: Path, port: int, place: str
) -> dict[str, str]:
    """Return the file by its name, for a broker that has its certificates and its store in `folder`."""
    users = ",\n".join(_users(sites, frozenset(revoked), place))
    return {
        CONFIGURATION: f"""\
# The broker of a site, written by `passerelle broker-config nats`: what is changed here is written over.
server_name: passerelle
host: "127.0.0.1"
port: -1
max_payload: 1MB
jetstream {{
  store_dir: {json.dumps(str(folder / "store"))}
}}
mqtt {{
  port: {port}
  max_ack_pending: 1000
  tls {{
    cert_file: {json.dumps(str(folder / "server.pem"))}
    key_file: {json.dumps(str(folder / "server.pem"))}
    ca_file: {json.dumps(str(folder / "ca.pem"))}
    verify_and_map: true
  }}
}}
accounts {{
  PASSERELLE {{
    jetstream: enabled
    users: [
{users}
    ]
  }}
}}
"""
    }


def _users(sites: Iterable[Site], revoked: frozenset[str], place: str) -> Iterator[str]:
    for site in sites:
        branch = f"passerelle.{site.id}"
        yield _user(
            Holder(place, gateway_at(site.id)),
            [f"{branch}.*.down.>", f"{branch}.gateway.>", "homeassistant.>"],
            [f"{branch}.*.up", f"{branch}.*.up.>", "homeassistant.status"],
        )
        for node in site.nodes:
            if node.id not in revoked:
                own = f"{branch}.{node.id}"
                heard = [f"{own}.down", f"{own}.down.>", f"{branch}.gateway.status"]
                yield _user(Holder(place, node.id), [f"{own}.up.>"], heard)


def _user(holder: Holder, publish: Sequence[str], subscribe: Sequence[str]) -> str:
    user = {
        "user": f"CN={holder.name},O={holder.place}",
        "allowed_connection_types": ["MQTT"],
        "permissions": {
            "publish": {"allow": list(publish)},
            "subscribe": {"allow": [*subscribe, _DELIVERIES]},
        },
    }
    return f"      {json.dumps(user)}"
