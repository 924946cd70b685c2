"""Momentary commands: carried out at most once, signed, and in time by the node's own uptime."""

from edge.ports import Clock
from edge.trust import Trust
from protocol.codec import MessageRefused
from protocol.messages import Command
from protocol.signing import SignatureRefused


class CommandDeclined(ValueError):
    """A command that is not carried out; `reason` is the word that CommandRefused reports."""

    def __init__(self, reason: str, command: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.command = command


class CommandDesk:
    """Checks commands for the run `start`, and remembers those accepted until they would be late anyway."""

    def __init__(self, trust: Trust, start: str, clock: Clock) -> None:
        self._trust = trust
        self._start = start
        self._clock = clock
        self._accepted: dict[str, float] = {}

    def accept(self, payload: bytes, *, retained: bool) -> Command:
        """Return the command, to be carried out now. Raises CommandDeclined."""
        command = self._open(payload)
        if retained:
            raise CommandDeclined("retained", command.id)
        if (command.site, command.node) != (self._trust.site, self._trust.node):
            raise CommandDeclined("wrong_node", command.id)
        now_s = self._clock.uptime_s()
        if command.start != self._start or now_s > command.not_after_uptime_s:
            raise CommandDeclined("late", command.id)
        self._accepted = {name: until_s for name, until_s in self._accepted.items() if until_s >= now_s}
        if command.id in self._accepted:
            raise CommandDeclined("replayed", command.id)
        self._accepted[command.id] = command.not_after_uptime_s
        return command

    def _open(self, payload: bytes) -> Command:
        try:
            return self._trust.open(Command, payload, "command")
        except SignatureRefused as error:
            raise CommandDeclined("unsigned") from error
        except MessageRefused as error:
            raise CommandDeclined("unreadable") from error
