"""What a node says about itself, retained: its status and a snapshot of all it sees."""

import asyncio
from collections.abc import Callable
from typing import Final

from edge.ports import Uplink
from protocol.codec import encode
from protocol.messages import NodeStatus, StateSnapshot
from protocol.topics import NodeTopics

COALESCE_S: Final = 0.2
"""Changes within so short a time make one snapshot."""


class Bulletin:
    """Publishes while the link is up; `status` and `snapshot` say how things stand at this moment."""

    def __init__(
        self,
        uplink: Uplink,
        topics: NodeTopics,
        status: Callable[[], NodeStatus],
        snapshot: Callable[[], StateSnapshot],
    ) -> None:
        self._uplink = uplink
        self._topics = topics
        self._status = status
        self._snapshot = snapshot
        self._linked = False
        self._shown: StateSnapshot | None = None
        self._pending: asyncio.TimerHandle | None = None

    def link(self, *, up: bool) -> None:
        """Publish everything at each new connection."""
        self._linked, self._shown = up, None
        self.publish_status()
        self._publish_snapshot()

    def publish_status(self) -> None:
        """Publish the status now."""
        if self._linked:
            self._uplink.publish(self._topics.up("status"), encode(self._status()), retain=True)

    def changed(self) -> None:
        """Publish a snapshot soon, if it differs from the last."""
        if self._pending is None:
            self._pending = asyncio.get_running_loop().call_later(COALESCE_S, self._publish_snapshot)

    def farewell(self, status: NodeStatus) -> None:
        """Publish a last status; the broker drops the last will of whoever says goodbye."""
        if self._linked:
            self._uplink.publish(self._topics.up("status"), encode(status), retain=True)

    def _publish_snapshot(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None
        snapshot = self._snapshot()
        same = self._shown is not None and snapshot == self._shown.model_copy(update={"at": snapshot.at})
        if self._linked and not same:
            self._shown = snapshot
            self._uplink.publish(self._topics.up("state"), encode(snapshot), retain=True)
