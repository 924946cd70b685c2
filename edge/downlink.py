"""What the gateway sends: cursors, access lists, patches and commands, each to whom it concerns."""

import logging
from collections.abc import Callable
from functools import partial

from edge.commands import CommandDeclined, CommandDesk
from edge.courier import Courier
from edge.lists import AccessKeeper, ListRefused
from edge.ports import Received
from protocol.codec import MessageRefused, decode
from protocol.events import AccessListRefused, CommandRefused, Event
from protocol.messages import Ack, Command, GatewayStatus
from protocol.topics import NodeTopics, gateway_status, parse_down

_log = logging.getLogger(__name__)


class Downlink:
    """Sorts messages. What is not taken is reported, or logged where it has no event of its own.

    An acknowledgement is for the run (`start`) that it names: a twin's says nothing of what this one sent.
    `list_changed` is called with each list taken, `execute` with each command accepted; it may decline.
    `renewed` takes a certificate, where the node has one.
    """

    def __init__(
        self,
        topics: NodeTopics,
        start: str,
        courier: Courier,
        keeper: AccessKeeper,
        desk: CommandDesk,
        *,
        report: Callable[[Event], object],
        list_changed: Callable[[], None],
        execute: Callable[[Command], None],
        renewed: Callable[[bytes], None] | None,
    ) -> None:
        self._topics = topics
        self._start = start
        self._courier = courier
        self._keeper = keeper
        self._desk = desk
        self._report = report
        self._list_changed = list_changed
        self._execute = execute
        self._renewed = renewed
        self._refused: tuple[int | None, str] | None = None

    def received(self, message: Received) -> None:
        """Handle one message."""
        try:
            self._sort(message)
        except MessageRefused as refusal:
            _log.warning("event=message_refused topic=%s reason=%r", message.topic, str(refusal))

    def _sort(self, message: Received) -> None:
        match parse_down(self._topics, message.topic):
            case "ack":
                ack = decode(Ack, message.payload)
                if ack.start in {None, self._start}:
                    self._courier.tell(ack)
            case "access":
                self._take(partial(self._keeper.take_list, retained=message.retained), message.payload)
            case "access/patch":
                self._take(self._keeper.take_patch, message.payload)
            case "command":
                self._command(message)
            case "certificate" if self._renewed is not None:
                self._renewed(message.payload)
            case None if message.topic == gateway_status(self._topics.site):
                self._courier.tell(decode(GatewayStatus, message.payload))
            case None | "certificate":
                pass  # a newer gateway may say more than this node knows of

    def _take(self, take: Callable[[bytes], bool], payload: bytes) -> None:
        try:
            taken = take(payload)
        except ListRefused as refusal:
            self._list_refused(refusal)
            return
        self._refused = None
        if taken:
            self._list_changed()

    def _list_refused(self, refusal: ListRefused) -> None:
        """Report it once: the gateway sends a list again and again until it is held."""
        refused = (refusal.revision, refusal.reason)
        if refused != self._refused:
            self._refused = refused
            _log.warning("event=list_refused revision=%s reason=%r", *refused)
            self._report(AccessListRefused(revision=refusal.revision, reason=refusal.reason))

    def _command(self, message: Received) -> None:
        try:
            self._execute(self._desk.accept(message.payload, retained=message.retained))
        except CommandDeclined as refusal:
            self._report(CommandRefused(command=refusal.command, reason=refusal.reason))
