"""A certificate that follows itself: asked for in time, taken only when signed, and used from then on."""

import asyncio
import logging
from typing import Final

from edge.ports import Certificate, Clock, Uplink
from edge.trust import Trust
from protocol.certificates import CertificateRefused
from protocol.codec import MessageRefused, encode
from protocol.enrolment import CertificateIssued
from protocol.signing import SignatureRefused
from protocol.topics import NodeTopics

_log = logging.getLogger(__name__)

ASK_EVERY_S: Final = 3600.0
"""How often a node looks whether its certificate is due, and asks again while it has no answer."""

_FIRST_AFTER_S: Final = 30.0  # a node that has just started has more urgent things to say


class Renewal:
    """Keeps the node's certificate from running out. The old key vouches for the new one."""

    def __init__(self, trust: Trust, certificate: Certificate, uplink: Uplink, clock: Clock) -> None:
        self._trust = trust
        self._topics = NodeTopics(trust.site, trust.node)
        self._certificate = certificate
        self._uplink = uplink
        self._clock = clock

    async def run(self) -> None:
        """Look, and ask, until cancelled."""
        await asyncio.sleep(_FIRST_AFTER_S)
        while True:
            self._ask()
            await asyncio.sleep(ASK_EVERY_S)

    def take(self, payload: bytes) -> None:
        """Use what the gateway issued. Raises MessageRefused where it is none for this node."""
        try:
            issued = self._trust.open(CertificateIssued, payload, "certificate")
        except SignatureRefused as error:
            raise MessageRefused("unsigned", str(error)) from error
        if (issued.site, issued.node) != (self._trust.site, self._trust.node):
            raise MessageRefused("wrong_node", f"made for {issued.site}/{issued.node}")
        try:
            self._certificate.take(issued.certificate, self._clock.now())
        except (CertificateRefused, OSError) as error:
            raise MessageRefused("certificate", str(error)) from error
        _log.info("event=certificate_renewed node=%s", self._trust.node)
        self._uplink.reconnect()

    def _ask(self) -> None:
        """Ask where a third of its life is left, by a clock that can be right."""
        try:
            if self._clock.quality() == "synchronised" and self._certificate.due(self._clock.now()):
                wish = self._certificate.ask(self._trust.site, self._trust.node)
                self._uplink.publish(self._topics.up("renewal"), encode(wish))
        except CertificateRefused as error:
            _log.error("event=certificate_unusable error=%r do='enrol this node again'", str(error))
