"""What every handler works with."""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.commands import Fault, Refused
from gateway.domain.authority import Actor
from gateway.domain.journal import Entry
from gateway.domain.people import Member
from gateway.ports import Books, NodeReport, Notifier
from protocol.messages import Action, Command
from protocol.site import Site

_COMMAND_LIVES_S = 5.0


@dataclass(slots=True)
class Desk:
    """What a handler works with: one transaction, the time, the sites, and who asks.

    What is `entered` into the journal is numbered in `epoch`, the birth mark of this run of the gateway.
    After the commit `orders` and `letters` go out, the lists of the `touched` nodes are compiled anew, and
    today's bookings of the `booked` sites are looked at.
    """

    books: Books
    now: datetime
    sites: Mapping[str, Site]
    notifier: Notifier
    by: Actor
    epoch: str
    touched: set[str] = field(default_factory=set)
    booked: set[str] = field(default_factory=set)
    orders: list[Command] = field(default_factory=list)
    entered: list[Entry] = field(default_factory=list)
    letters: list[Callable[[], None]] = field(default_factory=list)

    def site(self, site: str) -> Site:
        try:
            return self.sites[site]
        except KeyError:
            known = ", ".join(self.sites)
            raise Refused(
                "invalid", Fault("/site", "unknown_site", f"no such site here, expected one of: {known}")
            ) from None

    def touch(self, sites: Iterable[str]) -> None:
        """Note that rights may have changed at every node of these sites."""
        self.touched |= {node.id for site in sites if site in self.sites for node in self.sites[site].nodes}

    def member(self, member: str) -> Member:
        found = self.books.people.member(member)
        if found is None:
            raise Refused("invalid", Fault("/member", "unknown_member", f"nobody is called {member!r}"))
        return found


def order(desk: Desk, site: Site, node: str, action: Action, about: str | None = None) -> Command:
    """Order a momentary act, to be sent once this transaction is on the disk."""
    report = next((report for report in desk.books.nodes.reports() if report.node == node), None)
    if report is None or report.status is None or not answers(report, desk.now):
        raise Refused(
            "unavailable", Fault("/node", "offline", f"node {node} does not answer: nothing was sent")
        )
    runs = desk.books.nodes.runs().get(node)
    if runs is not None and runs.duplicated_since is not None:
        text = (
            f"two nodes say that they are {node}: nothing was sent; switch off the copy, then wait 5 minutes"
        )
        raise Refused("conflict", Fault("/node", "duplicated", text))
    if node in desk.books.enrolments.revoked_nodes():
        text = f"{node} was put out, its certificate revoked: nothing was sent; enrol it again first"
        raise Refused("conflict", Fault("/node", "revoked", text))
    status = report.status
    since_heard_s = (desk.now - report.heard_at).total_seconds()
    suffix = f"-{about}" if about else ""
    command = Command(
        id=f"k-{secrets.token_hex(6)}{suffix}",
        site=site.id,
        node=node,
        start=status.start,
        not_after_uptime_s=round(status.uptime_s + since_heard_s + _COMMAND_LIVES_S, 3),
        action=action,
    )
    desk.orders.append(command)
    return command


def answers(report: NodeReport, now: datetime) -> bool:
    """Whether a node was heard lately and did not say goodbye."""
    if report.status is None or not report.status.online:
        return False
    since = now - report.heard_at  # less than nothing: the gateway's clock was set back, and proves nothing
    return timedelta() <= since < timedelta(seconds=report.status.silent_after_s)


def hashed(secret: str) -> str:
    """Return what the ledger keeps of a secret: SHA-256 does, since all of them are random."""
    return hashlib.sha256(secret.encode()).hexdigest()
