"""A place whose wire nobody can forge: a real authority, and a real broker that asks for certificates."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from edge.adapters.certificate import write_certificate
from edge.enrolment import install
from edge.enrolment import request as make_request
from firmware_sim.bench.processes import free_port
from firmware_sim.broker import EmbeddedBroker, accepts
from firmware_sim.mosquitto import Mosquitto
from gateway.adapters.certificate_authority import FileAuthority
from gateway.adapters.clock import SystemClock
from gateway.bootstrap import House, build
from gateway.broker_setup import BrokerKind, write_configuration
from gateway.domain.authority import SYSTEM
from gateway.settings import Settings
from host.tls import TlsFiles, context, load
from protocol.certificates import gateway_at, signing_request
from protocol.codec import decode, encode
from protocol.enrolment import EnrolmentRequest
from protocol.topics import NodeTopics
from tests.fakes import SITES
from tests.servers.connection import Connection
from tests.servers.programs import program

SCEAUX, VOISIN = "sceaux-smart", "le-petit-voisin"


def now() -> datetime:
    """The machine's time, against which brokers hold certificates."""
    return SystemClock().now()


class SecurePlace:
    """Both sites, every node of which can be enrolled. The gateway is wired, and runs where it is started."""

    host = "127.0.0.1"

    def __init__(self, folder: Path, kind: BrokerKind) -> None:
        self.folder = folder
        self.kind = kind
        self.port = free_port()
        self.settings = Settings(
            data_dir=folder / "gateway",
            site_files=tuple(SITES / f"{name}.toml" for name in (SCEAUX, VOISIN)),
            broker_port=self.port,
            broker_tls=True,
        )
        self.house: House = build(self.settings)
        self._etc = folder / "etc"
        self._configured()
        self.broker = self._start()

    @property
    def nodes(self) -> list[NodeTopics]:
        return [
            NodeTopics(site.id, node.id) for site in self.house.gateway.sites.values() for node in site.nodes
        ]

    def enrol(self, node: str) -> Path:
        """Make a node's folder, as a person does who carries request and bundle."""
        into = self.folder / node
        request = decode(EnrolmentRequest, make_request(node, into).read_bytes())
        bundle = self.folder / f"{node}.bundle"
        bundle.write_bytes(encode(self.house.gateway.enrolment.sign(request, SYSTEM)))
        install(bundle, into, {}, now())
        return into

    def connect(self, node: str, will: tuple[str, bytes] | None = None, client_id: str = "") -> Connection:
        """Come in as a node that was enrolled before."""
        return self.show(self.folder / node / "node.pem", will, client_id or node)

    def as_gateway(self, site: str = SCEAUX) -> Connection:
        """Come in with the certificate that the gateway shows for a site."""
        file = self.folder / f"{gateway_at(site)}.pem"
        self.authority.keep_client(file, gateway_at(site), now())
        return self.show(file, None, f"gateway-{site}")

    def show(
        self, certificate: Path | None, will: tuple[str, bytes] | None = None, client_id: str = "x"
    ) -> Connection:
        """Come in with the certificate and key in a file, or without any."""
        tls = context()
        load(tls, TlsFiles(self.authority.public_file, certificate))
        return Connection(self, tls=tls, client_id=client_id, will=will)

    def forge(self, name: str, file: Path, authority: FileAuthority, at: datetime) -> Path:
        """Have any authority certify a key under a name, at any time, into a file."""
        key = generate_private_key(SECP256R1())
        write_certificate(file, key, authority.certify(name, signing_request(key), at).pem)
        return file

    @property
    def authority(self) -> FileAuthority:
        """The place's own."""
        return FileAuthority(self.settings.data_dir / "authority.pem", self.house.ledger.id, 365, now())

    def revoke(self, node: str) -> None:
        """Put a node out, and tell the broker, as `passerelle-broker.path` does."""
        self.house.gateway.enrolment.revoke(node, SYSTEM)
        text = self._configured()
        if isinstance(self.broker, Mosquitto):
            self.broker.reload()
        else:
            self.broker.reload(text)

    def log(self) -> str:
        """What the broker has said."""
        name = "mosquitto.log" if self.kind == "mosquitto" else "nats-server.log"
        return (self.folder / "broker" / name).read_text(encoding="utf-8", errors="replace")

    def close(self) -> None:
        self.broker.stop()
        self.house.ledger.close()

    def _configured(self) -> str:
        write_configuration(self.settings, self.kind, self._etc, ())
        if self.kind == "nats":
            text = (self._etc / "nats-server.conf").read_text(encoding="utf-8")
            return text.replace("mqtt {", f'mqtt {{\n  host: "{self.host}"')
        return f"user root\nlog_dest stderr\ninclude_dir {self._etc}\n"

    def _start(self) -> Mosquitto | EmbeddedBroker:
        text = self._configured()
        if self.kind == "nats":
            return EmbeddedBroker.start_secured(self.folder / "broker", text, host=self.host, port=self.port)
        program("mosquitto")
        folder = self.folder / "broker"
        return Mosquitto.start_configured(folder, text, host=self.host, port=self.port, answers=accepts)


@contextmanager
def secure_place(folder: Path, kind: BrokerKind) -> Iterator[SecurePlace]:
    place = SecurePlace(folder, kind)
    try:
        yield place
    finally:
        place.close()
