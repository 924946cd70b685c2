"""The only place where a node is put together."""

import asyncio
import logging
import os
import secrets
import signal
import threading
from datetime import timedelta
from functools import partial
from importlib.metadata import version
from typing import Final

from edge.adapters.card_proof import CardProof
from edge.adapters.certificate import FileCertificate
from edge.adapters.clock import AssumedClock, KernelClock
from edge.adapters.gpio import GpioPins
from edge.adapters.list_store import FileListStore
from edge.adapters.nfc_reader import NfcReader
from edge.adapters.sealing_key import sealing_key
from edge.adapters.spent_codes import FileSpentCodes
from edge.adapters.spool import SqliteSpool
from edge.adapters.uplink import Broker, LastWill, MqttUplink
from edge.card_keys import CardKeys
from edge.identity import Identity
from edge.keypads import Keypads
from edge.node import Node, Ports
from edge.settings import NodeSettings, Settings
from edge.trust import Trust
from host.service_manager import ServiceManager
from protocol.codec import encode
from protocol.identifiers import credential_ref, pass_ref
from protocol.signing import public_from_text
from protocol.topics import gateway_status

_GRACE_S: Final = 5.0
"""How long an orderly end may take: a driver's thread that hangs would hold the process for ever."""


async def serve(settings: Settings) -> None:
    """Run a node until SIGTERM or SIGINT. Raises Unavailable or OSError if it cannot start."""
    _log_to_stderr()
    file, equipment = settings.file, settings.equipment
    file.data_dir.mkdir(parents=True, exist_ok=True)
    clock = KernelClock() if file.clock == "kernel" else AssumedClock()
    identity = Identity(
        trust=Trust(public_from_text(file.gateway_key), equipment.site, file.node),
        ledger=file.ledger,
        start=secrets.token_hex(8),
        software=version("passerelle"),
        keep_alive_s=file.keep_alive_s,
    )
    site_key = bytes.fromhex(file.credential_key)
    reference = partial(credential_ref, site_key)
    card_keys = CardKeys(sealing_key(file.data_dir))
    prove = CardProof(reference, card_keys.of)
    certificate = _certificate(file)
    pins = GpioPins(file.pins, equipment, file.data_dir)
    try:
        spool = SqliteSpool(file.data_dir / "spool.sqlite", clock, file.spool_max_mb * 1_000_000)
        uplink = MqttUplink(
            Broker(file.broker_host, file.broker_port, file.broker_user, settings.broker_password, file.tls),
            client_id=f"passerelle-{file.node}",
            will=LastWill(identity.topics.up("status"), encode(identity.status(clock, online=False))),
            filters=(identity.topics.all_down, gateway_status(equipment.site)),
            keep_alive_s=file.keep_alive_s,
            check=(lambda: certificate.check(clock.now())) if certificate else None,
        )
        ports = Ports(
            clock=clock,
            locks=pins.locks,
            inputs=pins.inputs,
            indicator=pins.indicator,
            readers=[
                NfcReader(r, path, reference, clock.uptime_s, prove) for r, path in file.readers.items()
            ],
            spool=spool,
            lists=FileListStore(file.data_dir),
            card_keys=card_keys,
            uplink=uplink,
            manager=ServiceManager(),
            keep_acknowledged=timedelta(days=file.spool_days),
            certificate=certificate,
            keypads=Keypads(pins.keypads, partial(pass_ref, site_key), FileSpentCodes(file.data_dir)),
        )
        node = Node(equipment, identity, ports)
        _stop_at_signals(node)
        await node.run()
        await uplink.close()
        await spool.close()
    finally:
        pins.close()


def _certificate(file: NodeSettings) -> FileCertificate | None:
    """Return the certificate that this node renews: with a key in a file of its own it is others' care."""
    if file.broker_certificate is None or file.broker_ca is None or file.broker_key is not None:
        return None
    return FileCertificate(file.broker_certificate, file.broker_ca, file.node)


def _stop_at_signals(node: Node) -> None:
    def end() -> None:
        deadline = threading.Timer(_GRACE_S, os._exit, (1,))
        deadline.daemon = True
        deadline.start()
        node.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end)


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("nfc").setLevel(logging.CRITICAL)  # a lost reader is reported as an event, once
