"""Mosquitto 2.0 or later: the user is the certificate's common name, access goes by patterns of it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from protocol.certificates import gateway_at
from protocol.site import Site

CONFIGURATION: Final = "passerelle.conf"
RULES: Final = "passerelle.acl"


def configuration(sites: Iterable[Site], revoked: Iterable[str], folder: Path, port: int) -> dict[str, str]:
    """Return the files by their names, for a broker that finds them in `folder`."""
    return {CONFIGURATION: _configuration(folder, port), RULES: _rules(sites, revoked)}


def _configuration(folder: Path, port: int) -> str:
    return f"""\
# The broker of a site, written by `passerelle broker-config mosquitto`: what is changed here is written over.

listener {port}
cafile {folder}/ca.pem
certfile {folder}/server.pem
keyfile {folder}/server.pem
crlfile {folder}/revoked.pem
acl_file {folder}/{RULES}

# Nobody comes in without a certificate of this place. Its common name is the user, and the client id too,
# or one node could end another's connection by taking its id.
allow_anonymous false
require_certificate true
use_identity_as_username true
use_username_as_clientid true

# Without it, two small messages in a row wait 40 ms for each other.
set_tcp_nodelay true

# No state lives in the broker: nodes keep their events until the gateway has committed them, sessions are
# clean, and whoever retains a message publishes it again when it connects.
persistence false

# An event batch has up to 64 KiB, a part of an access list up to 192 KiB; nothing of ours is larger.
message_size_limit 262144

# A node has at most 1,000 events under way, and what a full queue drops is sent again.
max_inflight_messages 100
max_queued_messages 10000
"""


def _rules(sites: Iterable[Site], revoked: Iterable[str]) -> str:
    parts = ["# Written by `passerelle broker-config mosquitto`: what is changed here is written over.\n"]
    parts += [_of_gateway(site.id) for site in sites]
    # Certificates are looked at when a client connects, these rules whenever they are loaded: who was put out
    # is cut off at once.
    parts += [f"user {node}\ntopic deny #\n" for node in sorted(revoked)]
    parts.append(
        "# A node speaks as itself alone and hears what is sent to itself alone.\n"
        "pattern write passerelle/+/%u/up/#\n"
        "pattern read passerelle/+/%u/down/#\n"
        "pattern read passerelle/+/gateway/status\n"
    )
    return "\n".join(parts)


def _of_gateway(site: str) -> str:
    return (
        "# The gateway hears every node of a site, speaks to every node, and keeps a branch of its own.\n"
        f"user {gateway_at(site)}\n"
        f"topic read passerelle/{site}/+/up/#\n"
        f"topic write passerelle/{site}/+/down/#\n"
        f"topic write passerelle/{site}/gateway/#\n"
        "topic write homeassistant/#\n"
        "topic read homeassistant/status\n"
    )
