"""Telling every viewer at once: one picture per change, rendered once per view, the same bytes for all."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

from gateway.live import Live
from gateway.web.picture import Picture

_log = logging.getLogger(__name__)

_COALESCE_S: Final = 0.05
_REFRESH_S: Final = 15.0
KEEP_ALIVE: Final = b": still here\n\n"
"""A comment (WHATWG HTML, 9.2.6), so that nothing on the way takes the stream for dead."""

Render = Callable[[Picture], str]


class Hub:
    """Hands pictures of the place to all viewers. Everything but `stir` runs on the event loop.

    A change is told at once; those that follow within 50 ms are told together. Every 15 s the picture is
    taken anew, for ages grow and nodes fall silent without any event.
    """

    def __init__(self, live: Live, take: Callable[[], Picture], views: Mapping[str, Render]) -> None:
        self._live = live
        self._take = take
        self._views = views
        self._viewers: Counter[str] = Counter()
        self._frames: dict[str, bytes] = {}
        self._stirred = asyncio.Event()
        self._changed = asyncio.Event()
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep viewers up to date while the body runs, then end their streams."""
        self._loop = asyncio.get_running_loop()
        stop_listening = self._live.listen(lambda _: self.stir())
        work = asyncio.create_task(self._work())
        try:
            yield
        finally:
            stop_listening()
            self._loop = None
            self.close()
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work

    def stir(self) -> None:
        """Say that something has changed. Safe from any thread."""
        if (loop := self._loop) is not None:
            loop.call_soon_threadsafe(self._stirred.set)

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self._closed = True
        self._wake_viewers()

    async def frames(self, view: str) -> AsyncIterator[bytes]:
        """Yield server-sent events of `view`: the picture now, then after each change; else a comment."""
        if not self._viewers[view]:
            self._frames.pop(view, None)
            self._stirred.set()
        self._viewers[view] += 1
        try:
            seen: bytes | None = None
            while not self._closed:
                changed, frame = self._changed, self._frames.get(view)
                if frame is not None and frame != seen:
                    seen = frame
                    yield frame
                elif not await _set_within(changed, _REFRESH_S):
                    yield KEEP_ALIVE
        finally:
            self._viewers[view] -= 1

    async def _work(self) -> None:
        while True:
            await _set_within(self._stirred, _REFRESH_S)
            self._stirred.clear()
            wanted = [view for view, viewers in self._viewers.items() if viewers]
            if wanted:
                await self._publish(wanted)
            await asyncio.sleep(_COALESCE_S)

    async def _publish(self, wanted: list[str]) -> None:
        try:
            self._frames |= await asyncio.to_thread(self._render, wanted)
        except Exception:  # noqa: BLE001  # one picture that fails must not end the next
            _log.exception("the live picture could not be taken; it will be tried again")
            return
        self._wake_viewers()

    def _render(self, wanted: list[str]) -> dict[str, bytes]:
        picture = self._take()
        return {view: as_event(self._views[view](picture)) for view in wanted}

    def _wake_viewers(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


def as_event(data: str) -> bytes:
    """Write one server-sent event (WHATWG HTML, 9.2.5): a `data:` before each line, an empty line after."""
    return ("".join(f"data: {line}\n" for line in data.splitlines()) + "\n").encode()


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
