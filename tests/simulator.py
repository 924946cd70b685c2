"""Simulated hardware on an event loop in a thread of its own, beside a test that blocks."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from threading import Thread
from typing import Any, ParamSpec, Self, TypeVar

PATIENCE_S = 10.0

T = TypeVar("T")
P = ParamSpec("P")


class Simulator:
    """An event loop in a thread of its own, for nfcpy and gpiozero block theirs."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever)
        self._open = AsyncExitStack()
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.start(self._open.aclose()).result(PATIENCE_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def start(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine there; the result waits."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a plain function there, where the simulated hardware wants to be called."""

        async def on_the_loop() -> T:
            return function(*args, **kwargs)

        return self.start(on_the_loop()).result(PATIENCE_S)

    def open(self, context: AbstractAsyncContextManager[T]) -> T:
        """Enter a context there, left when the simulator ends."""
        return self.start(self._open.enter_async_context(context)).result(PATIENCE_S)


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that happens in another thread."""
    for _ in range(int(PATIENCE_S / 0.002)):
        if condition():
            return
        time.sleep(0.002)
    raise AssertionError(f"it did not come in {PATIENCE_S:.0f} s")
