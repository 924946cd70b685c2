"""Taking in what nodes send: understand, commit in groups, acknowledge, then tell the rest of the house."""

import logging
from collections.abc import Callable, Mapping, Sequence

from gateway.domain.homes import Homes
from gateway.group import Group, Memory, Taken, bury
from gateway.inbox import Received
from gateway.ports import Answer, Clock, DeadLetter, Downlink, Ledger, LedgerFailed
from host.failpoint import reached
from protocol.messages import NodeStatus

_log = logging.getLogger(__name__)


class Intake:
    """Takes groups of messages, each group in one transaction."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        downlink: Downlink,
        site_of_node: Mapping[str, str],
        homes: Homes,
        tell: Callable[[Taken], None],
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._downlink = downlink
        self._site_of_node = site_of_node
        self._homes = homes
        self._greeted: dict[str, str] = {}
        self._tell = tell
        with ledger.reading() as books:
            self._memory = Memory(books.nodes.runs())

    def take(self, messages: Sequence[Received]) -> None:
        """Commit what `messages` say, then acknowledge: an acknowledged event is on the disk.

        A message on which this code itself fails is set aside with the dead letters, and holds up no other.
        Raises LedgerFailed where the ledger took nothing: the same messages may then be taken again.
        """
        try:
            taken = self._commit(messages)
        except LedgerFailed:
            raise
        except Exception as error:  # noqa: BLE001  # no message may stop the loop, whatever is wrong with it
            if len(messages) > 1:
                for message in messages:
                    self.take([message])
                return
            _log.exception("topic=%s could not be taken in", messages[0].topic)
            taken = self._set_aside(messages[0], repr(error))
        for answer in taken.answers.values():
            self._downlink.acknowledge(answer)
        self._tell(taken)

    def greet(self, status: NodeStatus) -> None:
        """Tell a run of a node, as it is first heard, how far its events are kept.

        After a restore that is less than it remembers, and it need not wait for its next event to learn it.
        """
        if not status.online or self._greeted.get(status.node) == status.start:
            return
        self._greeted[status.node] = status.start
        with self._ledger.reading() as books:
            cursors = books.journal.cursors(status.node)
        for cursor in cursors:
            self._downlink.acknowledge(Answer(status.site, status.start, cursor))

    def _commit(self, messages: Sequence[Received]) -> Taken:
        with self._ledger.writing() as books:
            group = Group(books, self._clock.now(), self._site_of_node, self._homes, self._memory)
            for message in messages:
                group.take(message)
            group.write()
            reached("ingest.written")
        reached("ingest.committed")
        self._memory.learn(group.learnt)
        return group.taken

    def _set_aside(self, message: Received, why: str) -> Taken:
        letter = DeadLetter(message.topic, "intake_failed", why, message.payload)
        with self._ledger.writing() as books:
            return Taken(troubled=bury(books, letter, self._clock.now()))
