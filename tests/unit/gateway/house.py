"""A gateway that is worked by hand, on a real ledger, with its rim stood in for."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway import commands as ask
from gateway.adapters.card_vault import FileVault
from gateway.adapters.ledger import SqlLedger
from gateway.adapters.signer import FileSigner
from gateway.commands import NewMember
from gateway.domain.authority import SYSTEM
from gateway.domain.people import Card, Member
from gateway.service import Gateway
from protocol.access import AccessList, AccessPatch
from protocol.base import as_wire_time
from protocol.codec import encode
from protocol.messages import NodeStatus
from protocol.signing import Signed, public_from_text, verify
from protocol.topics import NodeTopics
from tests.fakes import RememberingDownlink, RememberingNotifier, SetClock, enrolment, site

ANA = "c_" + "a" * 32
BOB = "c_" + "b" * 32
SCEAUX = "sceaux-smart"
NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)
UP_AT_NINE_S = 100_000.0


class House:
    """A gateway that is worked by hand, and what went out of it."""

    def __init__(self, folder: Path, ledger: SqlLedger) -> None:
        self.clock = SetClock()
        self.downlink = RememberingDownlink()
        self.notifier = RememberingNotifier()
        self.signer = FileSigner(folder / "signing.key")
        self.vault = FileVault(folder / "card-master.key")
        self.ledger = ledger
        sites = {SCEAUX: site()}
        self.enrolment = enrolment(folder, ledger, self.clock, sites)
        rim = (self.clock, self.downlink, self.signer, self.vault, self.notifier)
        self.gateway = Gateway(ledger, *rim, sites, self.enrolment)

    def join(self, name: str, *cards: str, plan: str = "nomad", category: str = "member") -> None:
        since = self.clock.now() - timedelta(days=1)
        member = Member(name, name.title(), category, plan, (SCEAUX,), None, since, None)  # type: ignore[arg-type]
        new = NewMember(member, tuple(Card(card) for card in cards))
        self.gateway.handle(ask.AddMembers((new,)), SYSTEM)

    def beat(
        self,
        node: str,
        *,
        list_revision: int = 0,
        uptime_s: float = 100.0,
        start: str = "5" * 16,
        online: bool = True,
        pending: int = 0,
    ) -> None:
        status = NodeStatus(
            v=1,
            site=SCEAUX,
            node=node,
            online=online,
            start=start,
            boot="b" * 16,
            uptime_s=uptime_s,
            at=self.clock.now(),
            software="test",
            list_revision=list_revision,
            pending=pending,
        )
        self.gateway.receive(NodeTopics(SCEAUX, node).up("status"), encode(status))
        self.gateway.take_in()

    def tell(self, node: str, *records: dict[str, object]) -> None:
        """Let a node send records, from its first on."""
        batch = {
            "v": 1,
            "site": SCEAUX,
            "node": node,
            "epoch": "e" * 16,
            "held_from": 1,
            "start": "5" * 16,
            "boot": "b" * 16,
            "sent_at": as_wire_time(self.clock.now()),
            "sent_uptime_s": UP_AT_NINE_S + (self.clock.now() - NINE).total_seconds(),
            "records": records,
        }
        self.gateway.receive(NodeTopics(SCEAUX, node).up("events"), json.dumps(batch).encode())
        self.gateway.take_in()

    def list_of(self, node: str) -> AccessList:
        """The list as the node would hold it: whole lists and patches, in the order they were sent."""
        held: AccessList | None = None
        for signed in sorted([*self.downlink.lists, *self.downlink.patches], key=_revision):
            if signed.body["node"] != node:
                continue
            key = public_from_text(self.signer.public_text)
            if signed.kind == "access_list":
                held = AccessList.model_validate(verify(key, signed, "access_list"))
            else:
                assert held is not None
                held = held.apply(AccessPatch.model_validate(verify(key, signed, "access_patch")))
        assert held is not None
        return held


def _revision(signed: Signed) -> int:
    return int(signed.body["revision"])


def event(seq: int, at: str, **said: object) -> dict[str, object]:
    moment = datetime.fromisoformat(f"2026-11-24T{at}Z")
    return {
        "seq": seq,
        "at": f"2026-11-24T{at}Z",
        "boot": "b" * 16,
        "uptime_s": UP_AT_NINE_S - (NINE - moment).total_seconds(),
        "clock": "synchronised",
        "event": said,
    }


def badge(credential: str, direction: str) -> dict[str, object]:
    return {
        "type": "BadgePresented",
        "point": "entrance",
        "direction": direction,
        "credential": credential,
        "assurance": "uid",
        "granted": True,
        "reason": "granted",
        "why": "member",
        "list_revision": 1,
        "list_age_s": 0,
        "stale": False,
    }
