"""An event loop in a thread of its own, for what must go on while a program does other things."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")


class Backstage:
    """Runs coroutines while the block runs. What was `open`ed is closed at its end, last first."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="backstage", daemon=True)
        self._opened = AsyncExitStack()

    def start(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Let a coroutine go on by itself; cancelling the future cancels it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end."""
        return self.start(coroutine).result()

    def call(self, function: Callable[[], T]) -> T:
        """Call a plain function in the loop's thread, and return its result."""

        async def there() -> T:
            return function()

        return self.run(there())

    def open(self, context: AbstractAsyncContextManager[T]) -> T:
        """Enter a context until the block ends."""
        return self.run(self._opened.enter_async_context(context))

    def post(self, call: Callable[[], object]) -> None:
        """Have something called by the loop's thread, soon."""
        self._loop.call_soon_threadsafe(call)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.run(self._opened.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
