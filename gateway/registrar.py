"""Carrying out what people ask, each in one transaction with its line in the audit."""

import logging
import secrets
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from gateway.auditor import Auditor
from gateway.commands import Command, EraseMember, Refused
from gateway.domain.accounts import Account
from gateway.domain.audit import Act, Outcome, details
from gateway.domain.authority import ANYONE, SYSTEM, Actor
from gateway.handlers import HANDLERS, Desk
from gateway.handlers.reach import OutOfReach, within_reach
from gateway.handlers.said import Said, about, of_what_was_made
from gateway.ports import Clock, Ledger, Notifier
from protocol.site import Site

_log = logging.getLogger(__name__)
_ONE_LOOK: Final = timedelta(minutes=10)
_ONE_REFUSAL: Final = timedelta(minutes=1)
RIGHTS_CHANGED: Final = "rights_changed"
"""The ledger's note by which a program beside the gateway says that access lists must follow."""

ERASE_AGAIN: Final = "erase_again"
"""The ledger's note of the members, by id, who were erased after the backup from which it came back."""

_REMEMBERED: Final = 10_000


class Registrar:
    """Carries commands out, and keeps the register of who did, looked or was refused. Thread-safe."""

    def __init__(
        self, ledger: Ledger, clock: Clock, notifier: Notifier, sites: Mapping[str, Site], auditor: Auditor
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._notifier = notifier
        self._sites = sites
        self._auditor = auditor
        self._epoch = secrets.token_hex(8)  # each run has its own: a restored ledger gives no number twice
        self._remembering = threading.Lock()
        self._noted_at: dict[tuple[str, ...], datetime] = {}

    def carry_out(self, command: Command, by: Actor) -> tuple[Any, Desk]:
        """Return what the command gives, and the desk with what is to follow the commit.

        Raises Refused, with nothing changed but the audit: that says who may not, or showed no right secret.
        """
        handling = HANDLERS[type(command)]
        act, said = type(command).__name__, about(command)
        try:
            handling.authorise(by)
        except Refused:
            self._note_refusal(by, act, said)
            raise
        try:
            with self._ledger.writing() as books:
                if not within_reach(by, command, books):
                    raise OutOfReach
                now = self._clock.now()  # not before: who waits for the ledger may hear of what comes later
                desk = Desk(books, now, self._sites, self._notifier, by, self._epoch)
                result = handling.carry_out(command, desk)
                subject, more = said
                self._auditor.write(
                    books, _act(now, by, act, "done", (subject, {**more, **of_what_was_made(result)}))
                )
        except Refused as refusal:
            if handling.scope is None or isinstance(refusal, OutOfReach):
                self._note_refusal(by, act, said)
            raise
        return result, desk

    def carry_out_beside(self, command: Command, by: Actor) -> Any:
        """Carry out a command in a program beside the gateway, which is told of it through the ledger.

        It is for what needs no node: orders to nodes are not sent. Raises Refused.
        """
        result, desk = self.carry_out(command, by)
        for letter in desk.letters:
            letter()
        if desk.touched:
            with self._ledger.writing() as books:
                books.remember(RIGHTS_CHANGED, secrets.token_hex(8))
        return result

    def administrators(self) -> list[Account]:
        """Return the open accounts of administrators."""
        with self._ledger.reading() as books:
            return [each for each in books.accounts.all() if each.open and each.role == "admin"]

    def erase_again(self) -> None:
        """Erase whom a restored ledger knows again though they were erased: before anybody is served.

        Whoever cannot be, since that ledger has something on loan to them, is tried at the next start.
        """
        with self._ledger.reading() as books:
            wanted = (books.note(ERASE_AGAIN) or "").split()
        if not wanted:
            return
        left = [member for member in wanted if not self._erased_again(member)]
        with self._ledger.writing() as books:
            books.remember(ERASE_AGAIN, " ".join(left))

    def _erased_again(self, member: str) -> bool:
        try:
            self.carry_out_beside(EraseMember(member), SYSTEM)
        except Refused as refusal:
            _log.warning("event=not_erased_again member=%s why=%s", member, refusal.faults[0].code)
            return refusal.kind == "not_found"
        return True

    def look(self, by: Actor, subject: str, **more: object) -> None:
        """Note that `by` looks at `subject`: once in ten minutes, for a page asks again and again."""
        now = self._clock.now()
        if self._is_new(("look", by.id, subject), now, _ONE_LOOK):
            with self._ledger.writing() as books:
                self._auditor.write(books, _act(now, by, "Look", "done", (subject, more)))

    def refuse(self, by: Actor, what: str) -> None:
        """Note that `by` was sent away from `what`."""
        self._note_refusal(by, "Ask", (what, {}))

    def _note_refusal(self, by: Actor, act: str, said: Said) -> None:
        """Note a refusal; a nameless one once a minute, or anybody could fill the disk with them."""
        now, subject = self._clock.now(), said[0] or ""
        nameless = by == ANYONE
        if not nameless or self._is_new(("refusal", by.id, act, subject), now, _ONE_REFUSAL):
            with self._ledger.writing() as books:
                self._auditor.write(books, _act(now, by, act, "refused", said))

    def _is_new(self, key: tuple[str, ...], now: datetime, span: timedelta) -> bool:
        with self._remembering:
            before = self._noted_at.pop(key, None)
            if before is not None and timedelta() <= now - before < span:
                self._noted_at[key] = before
                return False
            self._noted_at[key] = now
            while len(self._noted_at) > _REMEMBERED:
                del self._noted_at[next(iter(self._noted_at))]
            return True


def _act(at: datetime, by: Actor, act: str, outcome: Outcome, said: Said) -> Act:
    subject, more = said
    return Act(at, by.id, act, outcome, subject, details(**more))
