"""What each node said last, and what it was issued."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.domain.runs import Runs
from protocol.access import AccessList
from protocol.messages import NodeStatus, StateSnapshot


@dataclass(frozen=True, slots=True)
class NodeReport:
    """The last word of a node."""

    node: str
    site: str
    heard_at: datetime
    status: NodeStatus | None
    state: StateSnapshot | None


@dataclass(frozen=True, slots=True)
class Issue:
    """Which list a node was issued, and until when it holds."""

    revision: int
    issued_at: datetime
    expires_at: datetime


class Nodes(Protocol):
    """What each node last said, and the list that was issued to it."""

    def heard(self, node: str, site: str, at: datetime, word: NodeStatus | StateSnapshot) -> None: ...
    def reports(self) -> list[NodeReport]: ...
    def runs(self) -> dict[str, Runs]: ...
    def put_runs(self, node: str, spoken: Runs) -> None: ...
    def issued(self, node: str) -> AccessList | None: ...
    def seal_to(self, node: str, key: str | None, at: datetime) -> None:
        """Note the public key (base64) to which card keys for `node` are sealed from `at` on; None: none."""
        ...

    def sealing_keys(self) -> dict[str, str]: ...
    def issues(self) -> dict[str, Issue]: ...
    def issue(self, access_list: AccessList) -> None: ...
