"""The gateway at work: what nodes send flows in, what people ask is done, lists and pages follow."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from gateway.auditor import Auditor
from gateway.commands import Command
from gateway.domain import civil
from gateway.domain.authority import Actor
from gateway.domain.homes import homes_of
from gateway.enrolment import Enrolment
from gateway.group import Taken
from gateway.handlers import answers
from gateway.inbox import Inbox, Received
from gateway.intake import Intake
from gateway.issuer import Issuer
from gateway.live import Live, Notice
from gateway.ports import CardVault, Clock, Downlink, Ledger, LedgerFailed, Notifier, Signer
from gateway.projector import Projector
from gateway.registrar import RIGHTS_CHANGED, Registrar
from gateway.sealer import Sealer
from gateway.worker import Worker
from host.failpoint import reached
from protocol.messages import NodeStatus
from protocol.site import Site

_log = logging.getLogger(__name__)
_GROUP = 500
_TICK_S = 1.0
_WATCH_EVERY = timedelta(seconds=1)


class Gateway:
    """One place, or a group of places. `start` sets it going, `stop` ends it with everything on the disk."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        downlink: Downlink,
        signer: Signer,
        vault: CardVault,
        notifier: Notifier,
        sites: Mapping[str, Site],
        enrolment: Enrolment,
    ) -> None:
        self.ledger = ledger
        self.clock = clock
        self.sites = sites
        self.enrolment = enrolment
        self.live = Live()
        self._downlink = downlink
        self._signer = signer
        self._notifier = notifier
        self._inbox = Inbox()
        self._projector = Projector(sites)
        self._site_of_node = site_of_node(sites)
        self._intake = Intake(
            ledger, clock, downlink, self._site_of_node, homes_of(sites.values()), self._follow
        )
        self.auditor = Auditor(ledger, signer)
        self.registrar = Registrar(ledger, clock, notifier, sites, self.auditor)
        self._issuer = Issuer(ledger, clock, downlink, signer, Sealer(vault), sites)
        self._ticked_at: datetime | None = None
        self._watched_at: datetime | None = None
        self._answering: set[tuple[str, str]] = set()
        self._booked: set[str] = set()
        self._newcomer = False
        self._rights_changed: str | None = None
        self._ledger_failure: str | None = None
        self._untold: list[Taken] = []
        self._workers = {
            "intake": Worker("intake", self.take_in, _TICK_S),
            "issuer": Worker("issuer", self.issue, _TICK_S),
        }

    def start(self) -> None:
        """Set the workers going, after taking up what a crash left undone."""
        with self.ledger.reading() as books:
            self._projector.resume(books)
        for worker in self._workers.values():
            worker.start()
        self._workers["issuer"].wake()

    def stop(self) -> None:
        for worker in self._workers.values():
            worker.stop()

    def lives(self) -> bool:
        """Whether every worker did its work since this was last asked: what a watchdog wants to know."""
        turned = [worker.turned() for worker in self._workers.values()]  # each is asked: no short cut
        return all(turned)

    @property
    def ledger_failure(self) -> str | None:
        """Why the ledger took nothing the last time something was to be taken in; None where it did."""
        return self._ledger_failure

    @property
    def dropped(self) -> int:
        """How many messages found no room to wait since this gateway started. Their nodes send them again."""
        return self._inbox.dropped

    @property
    def projected(self) -> bool:
        """Whether visits, spaces, loans and parcels tell all that was taken in."""
        return not self._projector.behind

    def receive(self, topic: str, payload: bytes) -> None:
        """Take a message from the wire. Safe from any thread; never raises, never waits."""
        self._inbox.put(Received(topic, payload))
        self._workers["intake"].wake()

    def connected(self) -> None:
        """Say that the broker was reached (again): newcomers find every list there."""
        self._newcomer = True
        self._workers["issuer"].wake()

    def handle(self, command: Command, by: Actor) -> Any:
        """Carry out what `by` asks. Raises Refused, with nothing changed but the audit."""
        result, desk = self.registrar.carry_out(command, by)
        for order in desk.orders:
            self._downlink.send_command(order.site, order.node, self._signer.command(order))
        for letter in desk.letters:
            letter()
        if desk.touched:
            self._issuer.touch(desk.touched)
            self._workers["issuer"].wake()
        if desk.booked:
            self._booked |= desk.booked
            self._workers["intake"].wake()
        for entry in desk.entered:
            self.live.tell(Notice(entry.site, [entry]))
        return result

    def clock_moved(self) -> None:
        """Bring lists and projections to a time that was set from outside."""
        self._workers["intake"].wake()
        self._issuer.reissue()

    def issue(self) -> None:
        """Bring every access list up to date and to its node."""
        if self._newcomer:
            self._newcomer = False
            self._issuer.publish_all()
        self._heed_commands_beside()
        self._issuer.reissue()

    def _heed_commands_beside(self) -> None:
        """Follow up what another program decided on this ledger, such as `passerelle privacy erase`."""
        with self.ledger.reading() as books:
            note = books.note(RIGHTS_CHANGED)
        if note != self._rights_changed:
            self._rights_changed = note
            self._issuer.touch(self._site_of_node)

    def take_in(self) -> None:
        """Take in one group of what has arrived; where nothing more waits, follow it up.

        Raises LedgerFailed where the ledger cannot be written: nothing is lost, and it can be tried again.
        """
        try:
            self._take_group()
        except LedgerFailed as failure:
            self._ledger_failure = str(failure)
            raise
        self._ledger_failure = None

    def _take_group(self) -> None:
        messages = self._inbox.take(_GROUP)
        try:
            if messages:
                self._intake.take(messages)
        except LedgerFailed:
            self._inbox.put_back(messages)
            raise
        self._keep_time()
        self._project(at_leisure=not messages)
        self._tell_what_came()
        if not self._inbox.empty:
            self._workers["intake"].wake()

    def _follow(self, taken: Taken) -> None:
        self._projector.mark(taken.entries)
        self._untold.append(taken)
        for report in taken.reports:
            if isinstance(report, NodeStatus):
                self._issuer.heard(report)
                self._intake.greet(report)
                self._projector.hear(report.site)
                self._workers["issuer"].wake()
        if taken.codes_used:
            self._issuer.touch(node for node, site in self._site_of_node.items() if site in taken.codes_used)
            self._workers["issuer"].wake()
        for renewal in taken.renewals:
            issued = self.enrolment.renew(renewal)
            if issued is not None:
                self._downlink.send_certificate(renewal.site, renewal.node, self._signer.certificate(issued))

    def _tell_what_came(self) -> None:
        """Pass on what was taken in, after what it changed was worked out, where that is done at once."""
        untold, self._untold = self._untold, []
        for taken in untold:
            for site in {entry.site for entry in taken.entries}:
                self.live.tell(Notice(site, [entry for entry in taken.entries if entry.site == site]))
            for site in {report.site for report in taken.reports} | taken.troubled:
                self.live.tell(Notice(site))

    def _project(self, *, at_leisure: bool) -> None:
        """Work out what is out of step until something comes in; then what costs much waits for its turn."""
        projector = self._projector
        while self._inbox.empty and (projector.behind if at_leisure else projector.due):
            self._project_some(at_leisure=at_leisure)

    def _project_some(self, *, at_leisure: bool) -> None:
        with self.ledger.writing() as books:
            changed = self._projector.catch_up(books, self.clock.now(), at_leisure=at_leisure)
            served = [(books.people.member(booking.member), booking) for booking in changed.served]
            reached("projection.written")
        self._projector.done()
        self._tell_what_came()
        if changed.nodes:
            self._issuer.touch(changed.nodes)
            self._workers["issuer"].wake()
        for member, booking in served:
            if member is not None:
                self._notifier.space_came_free(member, booking, self.sites[booking.site])
            self._booked.add(booking.site)  # it may begin now, and be missed in its turn
        for site in changed.sites:
            self.live.tell(Notice(site))

    def _keep_time(self) -> None:
        """Work out again the days in which time alone has changed something: a closing time, a midnight."""
        now = self.clock.now()
        self._watch_nodes(now)
        self._projector.pass_time(now)
        while self._booked:
            site = self.sites[self._booked.pop()]
            self._projector.mark_day(site.id, civil.day_of(now, site.zone))
        before, self._ticked_at = self._ticked_at, now
        ended = [
            site for site in self.sites.values() if before is None or _something_ended(site, before, now)
        ]
        for site in ended:
            self._projector.mark_day(site.id, civil.day_of(now, site.zone))
        if ended:
            with self.ledger.reading() as books:
                self._projector.mark_unended(books)

    def _watch_nodes(self, now: datetime) -> None:
        """Tell once a second of nodes that have fallen silent: silence sends no message of its own."""
        if self._watched_at is not None and timedelta() <= now - self._watched_at < _WATCH_EVERY:
            return
        self._watched_at = now
        with self.ledger.reading() as books:
            answering = {(r.site, r.node) for r in books.nodes.reports() if answers(r, now)}
        silent, self._answering = self._answering - answering, answering
        for site, node in sorted(silent):
            _log.warning("event=node_silent site=%s node=%s", site, node)
            self.live.tell(Notice(site))


def site_of_node(sites: Mapping[str, Site]) -> dict[str, str]:
    """Say of every node to which site it belongs."""
    return {node.id: site.id for site in sites.values() for node in site.nodes}


def _something_ended(site: Site, before: datetime, now: datetime) -> bool:
    if civil.day_of(before, site.zone) != civil.day_of(now, site.zone):
        return True
    closing = civil.closing_time(site, civil.day_of(now, site.zone))
    return closing is not None and before < closing <= now
