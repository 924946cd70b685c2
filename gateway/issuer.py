"""Compiling access lists and bringing them to the nodes: patches for what changed, whole lists when due."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from gateway.claims import claims_at
from gateway.domain.access import AnotherIssue, Compiler, patch_between
from gateway.domain.people import Credential
from gateway.ports import Clock, Downlink, Ledger, NodeReport, Signer
from gateway.sealer import Sealer
from protocol.access import AccessList
from protocol.messages import NodeStatus
from protocol.signing import Signed
from protocol.site import Site

_RESEND_AFTER = timedelta(seconds=2)
_RETAIN_AFTER = timedelta(seconds=30)  # the list that the broker keeps for newcomers follows the patches


class Issuer:
    """Keeps every node's list what it should be: compiled when rights changed, or when its time has come.

    It is the only writer of lists, and keeps what it issued in memory. Callable from any thread.
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        downlink: Downlink,
        signer: Signer,
        sealer: Sealer,
        sites: Mapping[str, Site],
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._downlink = downlink
        self._signer = signer
        self._sealer = sealer
        self._sites = sites
        self._working = threading.Lock()
        self._touching = threading.Lock()
        self._touched = {node.id for site in sites.values() for node in site.nodes}
        self._issued: dict[str, AccessList] = {}
        self._heard: set[str] = set()
        self._first_words: dict[str, int] = {}
        self._unsure: set[str] = set()
        self._sent_at: dict[str, datetime] = {}
        self._patched_at: dict[str, datetime] = {}
        self._revoked: frozenset[str] = frozenset()
        self._sealing_keys: dict[str, str] = {}

    def touch(self, nodes: Iterable[str]) -> None:
        """Note that the lists of these nodes may no longer be what they should be."""
        with self._touching:
            self._touched |= set(nodes)

    def heard(self, status: NodeStatus) -> None:
        """Note which list a node says that it holds, the first time that it speaks to this gateway."""
        with self._touching:
            if status.online and status.node not in self._heard:
                self._heard.add(status.node)
                self._first_words[status.node] = status.list_revision

    def reissue(self) -> None:
        """Bring every list up to date, and send again what a node does not hold."""
        with self._working:
            now = self._clock.now()
            with self._touching:
                touched, self._touched = self._touched, set()
                words, self._first_words = self._first_words, {}
            self._doubt(words)
            touched |= self._unsure | self._newly_enrolled()
            try:
                for site in self._sites.values():
                    nodes = [
                        node.id for node in site.nodes if node.id in touched or self._due(site, node.id, now)
                    ]
                    if nodes:
                        self._issue(site, nodes, now)
            except Exception:
                self.touch(touched)
                raise
            self._resend(now)

    def publish_all(self) -> None:
        """Send every list whole, as newcomers to the broker need it."""
        with self._working:
            now = self._clock.now()
            self._send_whole(self._issued, now)

    def _doubt(self, first_words: Mapping[str, int]) -> None:
        """Find who may hold another list under the number that was issued before they were heard.

        A ledger restored from a backup does not know the numbers that were issued after that.
        """
        for node, held in first_words.items():
            if node in self._issued and held >= self._issued[node].revision:
                self._unsure.add(node)

    def _newly_enrolled(self) -> frozenset[str]:
        """Return the nodes that were put out or let in, with another key, since this was last asked.

        By any program: enrolling by hand is done beside the gateway.
        """
        revoked, keys = self._revoked, self._sealing_keys
        with self._ledger.reading() as books:
            self._revoked, self._sealing_keys = books.enrolments.revoked_nodes(), books.nodes.sealing_keys()
        return (self._revoked ^ revoked) | {node for node, _ in self._sealing_keys.items() ^ keys.items()}

    def _due(self, site: Site, node: str, now: datetime) -> bool:
        issued = self._issued.get(node)
        if issued is None:
            return True
        # A list from the future was issued before this gateway's own clock was set back.
        return not timedelta() <= now - issued.issued_at < timedelta(hours=site.access.reissue_h)

    def _issue(self, site: Site, nodes: Sequence[str], now: datetime) -> None:
        issued: dict[str, AccessList] = {}
        letters: list[Signed] = []
        with self._ledger.writing() as books:
            held = {report.node: _held(report) for report in books.nodes.reports()}
            claims = claims_at(books, site, now)
            compiler = Compiler(site, claims, now)
            nobody = Compiler(site, replace(claims, members=()), now)
            sealing_keys, revoked = books.nodes.sealing_keys(), books.enrolments.revoked_nodes()
            for node in nodes:
                old = self._issued.get(node) or books.nodes.issued(node)
                revision = max(old.revision if old else 0, held.get(node, 0)) + 1
                entitled = nobody if node in revoked else compiler
                new = entitled.list_of(node, old, revision, sealing_keys.get(node))
                signed = self._letter(None if node in self._unsure else old, new, claims.credentials)
                if signed is not None:
                    books.nodes.issue(new)
                    letters.append(signed)
                issued[node] = new if signed is not None or old is None else old
        self._issued |= issued
        self._unsure -= issued.keys()
        for signed in letters:
            self._send(signed, now)

    def _letter(
        self, old: AccessList | None, new: AccessList, credentials: Sequence[Credential]
    ) -> Signed | None:
        try:
            change = patch_between(old, new) if old and new.revision == old.revision + 1 else new
        except AnotherIssue:
            change = new
        if change is None:
            return None
        if isinstance(change, AccessList):
            return self._signer.access_list(self._sealer.sealed(change, new.sealed_to, credentials))
        return self._signer.access_patch(self._sealer.sealed(change, new.sealed_to, credentials))

    def _resend(self, now: datetime) -> None:
        with self._ledger.reading() as books:
            reports = [r for r in books.nodes.reports() if _online(r) and r.node in self._issued]
        held = {r.node: _held(r) for r in reports if r.node not in self._revoked}
        late = {
            node
            for node, revision in held.items()
            if revision < self._issued[node].revision and self._patience_over(node, now)
        }
        late |= {node for node, at in self._patched_at.items() if now - at >= _RETAIN_AFTER}
        if late:
            self._send_whole(sorted(late), now)
        # A ledger restored from a backup: number above what nodes hold. Where both are equal, see `_doubt`.
        self.touch(node for node, revision in held.items() if revision > self._issued[node].revision)

    def _send_whole(self, nodes: Iterable[str], now: datetime) -> None:
        with self._ledger.reading() as books:
            credentials = books.people.credentials()
        for issued in [self._issued[node] for node in nodes]:
            whole = self._sealer.sealed(issued, issued.sealed_to, credentials)
            self._send(self._signer.access_list(whole), now)

    def _patience_over(self, node: str, now: datetime) -> bool:
        sent_at = self._sent_at.get(node)
        return sent_at is None or not timedelta() <= now - sent_at < _RESEND_AFTER

    def _send(self, signed: Signed, now: datetime) -> None:
        site, node = signed.body["site"], signed.body["node"]
        self._sent_at[node] = now
        if signed.kind == "access_patch":
            self._patched_at[node] = now
            self._downlink.send_patch(site, node, signed)
        else:
            self._patched_at.pop(node, None)
            self._downlink.send_list(site, node, signed)


def _held(report: NodeReport) -> int:
    return report.status.list_revision if report.status else 0


def _online(report: NodeReport) -> bool:
    return report.status is not None and report.status.online
