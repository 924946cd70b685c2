"""A wire that is cut on demand, before a server that echoes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from firmware_sim.middle import Middle

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Story = Callable[[Middle], Coroutine[Any, Any, None]]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(1000):
            writer.write(piece)
    writer.close()


def before_an_echo(story: Story) -> None:
    async def play() -> None:
        server = await asyncio.start_server(echo, "127.0.0.1")
        async with server, asyncio.timeout(20), Middle.open(server.sockets[0].getsockname()) as middle:
            await story(middle)

    asyncio.run(play())


@asynccontextmanager
async def connected(middle: Middle) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection(*middle.address)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def said(line: Line, words: bytes) -> bytes:
    reader, writer = line
    writer.write(words)
    return await reader.readexactly(len(words))


async def is_silent(line: Line) -> bool:
    try:
        async with asyncio.timeout(0.1):
            await line[0].read(1)
    except TimeoutError:
        return True
    return False


def test_it_passes_on_what_both_sides_say() -> None:
    async def story(middle: Middle) -> None:
        async with connected(middle) as line:
            assert await said(line, b"hello") == b"hello"

    before_an_echo(story)


@pytest.mark.parametrize("ways", [(), ("up",), ("down",)])
def test_in_silence_nothing_comes_and_nobody_is_told(ways: tuple[Any, ...]) -> None:
    async def story(middle: Middle) -> None:
        async with connected(middle) as line:
            assert await said(line, b"before") == b"before"
            middle.silence(*ways)
            line[1].write(b"during")
            assert await is_silent(line)
            middle.mend()
            assert await line[0].readexactly(6) == b"during"

    before_an_echo(story)


def test_who_comes_during_a_silence_hears_nothing_until_it_ends() -> None:
    async def story(middle: Middle) -> None:
        middle.silence()
        async with connected(middle) as line:
            line[1].write(b"new")
            assert await is_silent(line)
            middle.mend()
            assert await line[0].readexactly(3) == b"new"

    before_an_echo(story)


def test_a_reset_breaks_what_is_there_and_what_comes() -> None:
    async def story(middle: Middle) -> None:
        async with connected(middle) as line:
            assert await said(line, b"before") == b"before"
            middle.reset()
            with pytest.raises(ConnectionResetError):
                await line[0].read(1)
        async with connected(middle) as line:
            with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                await said(line, b"new")
        middle.mend()
        async with connected(middle) as line:
            assert await said(line, b"after") == b"after"

    before_an_echo(story)


def test_whoever_ends_ends_for_the_other_side_too() -> None:
    async def story(middle: Middle) -> None:
        async with connected(middle) as (reader, writer):
            writer.write_eof()
            assert await reader.read() == b""

    before_an_echo(story)
