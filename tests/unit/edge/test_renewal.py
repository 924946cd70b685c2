"""A node keeps its certificate from running out, and takes another only from the gateway it trusts."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from edge.renewal import ASK_EVERY_S, Renewal
from protocol import enrolment
from protocol.certificates import CertificateRefused
from protocol.codec import MessageRefused, encode
from protocol.enrolment import CertificateIssued
from protocol.signing import Kind, sign
from tests.unit.edge.fakes import LoopClock, UplinkInMemory
from tests.unit.edge.gateway_side import KEY, NODE, SITE, TRUST
from tests.unit.edge.virtual_time import run_virtually


@dataclass
class CertificateInMemory:
    """Due from the start, until one is taken that begins with "good"."""

    is_due: bool = True
    taken: list[str] = field(default_factory=list)

    def due(self, now: datetime) -> bool:
        return self.is_due

    def ask(self, site: str, node: str) -> enrolment.Renewal:
        return enrolment.Renewal(site=site, node=node, serial="1", csr="csr", signature="sig")

    def take(self, pem: str, now: datetime) -> None:
        if not pem.startswith("good"):
            raise CertificateRefused("the certificate is of another")
        self.taken.append(pem)
        self.is_due = False


class Desk:
    def __init__(self) -> None:
        self.certificate, self.uplink, self.clock = CertificateInMemory(), UplinkInMemory(), LoopClock()
        self.renewal = Renewal(TRUST, self.certificate, self.uplink, self.clock)

    def asked(self) -> int:
        return len([topic for topic, _, _ in self.uplink.sent if topic.endswith("/up/renewal")])

    def live(self, hours: float) -> None:
        async def play() -> None:
            running = asyncio.create_task(self.renewal.run())
            await asyncio.sleep(60 + hours * ASK_EVERY_S)
            running.cancel()

        run_virtually(play())

    def take(
        self, pem: str = "good", *, site: str = SITE, node: str = NODE, kind: Kind = "certificate"
    ) -> None:
        async def play() -> None:
            issued = CertificateIssued(site=site, node=node, certificate=pem)
            self.renewal.take(encode(sign(KEY, kind, issued)))
            await asyncio.sleep(0)

        run_virtually(play())


def test_a_node_asks_every_hour_until_it_has_an_answer() -> None:
    desk = Desk()
    desk.live(hours=2.5)
    assert desk.asked() == 3
    desk.take()
    desk.live(hours=2.5)
    assert desk.asked() == 3


def test_a_node_whose_clock_is_not_synchronised_does_not_ask() -> None:
    desk = Desk()
    desk.clock.in_step = False
    desk.live(hours=2)
    assert desk.asked() == 0


def test_a_new_certificate_is_shown_at_once() -> None:
    desk = Desk()
    desk.take("good one")
    assert (desk.certificate.taken, desk.uplink.reconnections) == (["good one"], 1)


def test_what_is_not_this_nodes_is_refused() -> None:
    desk = Desk()
    attempts: tuple[Callable[[], None], ...] = (
        lambda: desk.take(site="le-petit-voisin"),
        lambda: desk.take(node="ss-garden"),
        lambda: desk.take("bad"),
        lambda: desk.take(kind="command"),
        lambda: desk.renewal.take(b"{}"),
    )
    for refused in attempts:
        with pytest.raises(MessageRefused):
            refused()
    assert (desk.certificate.taken, desk.uplink.reconnections) == ([], 0)


def test_a_certificate_that_somebody_else_signed_is_refused() -> None:
    desk = Desk()
    issued = CertificateIssued(site=SITE, node=NODE, certificate="good")
    genuine = sign(KEY, "certificate", issued)
    tampered = genuine.model_copy(update={"body": genuine.body | {"certificate": "good, but another"}})
    with pytest.raises(MessageRefused, match="not signed"):
        desk.renewal.take(encode(tampered))
