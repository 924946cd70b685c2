"""Telling the screen at a door why it refused somebody, as it happens. Never who it was."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final

from gateway.domain.explanation import Question
from gateway.domain.hints import Hint, hint_for
from gateway.domain.journal import Entry
from gateway.live import Notice
from gateway.service import Gateway
from gateway.web.explaining import explained, hint_in_words
from gateway.web.i18n import LANGUAGES, WORDS, Language
from gateway.web.stream import KEEP_ALIVE, as_event
from protocol.events import BadgePresented
from protocol.site import Door, Site

SHOWN_FOR: Final = timedelta(seconds=10)
"""So long a hint stands on the screen; a refusal that is told later than that helps nobody any more."""

Render = Callable[[Sequence[tuple[Language, str]]], str]
"""Shows one hint, said in several languages, the reader's first."""

_KEEP_ALIVE_S: Final = 15.0


class Refusals:
    """Streams the refusals of single doors, as `render` shows them. It belongs to the event loop."""

    def __init__(self, gateway: Gateway, render: Render) -> None:
        self._gateway = gateway
        self._render = render
        self._waiting: set[asyncio.Queue[Entry | None]] = set()

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        for queue in self._waiting:
            queue.put_nowait(None)

    async def frames(self, site: Site, door: Door, language: Language) -> AsyncIterator[bytes]:
        """Yield a server-sent event for each refusal at the outside of `door`, comments in between."""
        queue: asyncio.Queue[Entry | None] = asyncio.Queue()
        stop = self._gateway.live.listen(self._sorted_out(site, door, queue))
        self._waiting.add(queue)
        try:
            yield KEEP_ALIVE
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_KEEP_ALIVE_S):
                        entry = await queue.get()
                    if entry is None:
                        return
                    yield await asyncio.to_thread(self._frame, entry, site, door, language)
                    continue
                yield KEEP_ALIVE
        finally:
            self._waiting.discard(queue)
            stop()

    def _sorted_out(
        self, site: Site, door: Door, queue: asyncio.Queue[Entry | None]
    ) -> Callable[[Notice], None]:
        loop = asyncio.get_running_loop()

        def hear(notice: Notice) -> None:
            if notice.site != site.id:
                return
            oldest = self._gateway.clock.now() - SHOWN_FOR
            for entry in notice.entries:
                if _refused_at(entry, door) and entry.occurred_at > oldest:
                    with suppress(RuntimeError):  # the server stops: nobody is shown anything any more
                        loop.call_soon_threadsafe(queue.put_nowait, entry)

        return hear

    def _frame(self, entry: Entry, site: Site, door: Door, language: Language) -> bytes:
        hint, asked = self._hint(entry, site, door)
        order = sorted(LANGUAGES, key=lambda each: each != language)
        said = [(each, hint_in_words(hint, asked, WORDS[each])) for each in order]
        return as_event(self._render(said))

    def _hint(self, entry: Entry, site: Site, door: Door) -> tuple[Hint, Question]:
        badge = entry.event
        assert isinstance(badge, BadgePresented)  # it was sorted out so
        asked = Question(site, door, badge.credential, entry.occurred_at)
        with self._gateway.ledger.reading() as books:
            return hint_for(badge.reason, explained(books, asked)), asked


def _refused_at(entry: Entry, door: Door) -> bool:
    badge = entry.event
    return (
        isinstance(badge, BadgePresented)
        and not badge.granted
        and (badge.point, badge.direction) == (door.id, "in")
    )
