"""The gateway of a running trader, in a process of its own: it has no key of the exchange, and shares nobody's loop.

    python -m services.gateway

Its settings are the first line of standard input; then comes what the trader tells, one a line. The last of them is a
good-bye: when standard input ends without one the trader has died, and its owner is told. What we say of ourselves is
on standard output, one JSON object a line; see `services.gateway.passing`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator

import msgspec

from core.contracts.told import Telling
from core.errors import SorteError
from core.private import keep_private
from core.settings import spoken
from core.telemetry.process import logging_as
from services.gateway.hello import Hello
from services.gateway.passing import NOTHING, Passed
from services.gateway.serving import Heard, house_of, serve
from services.gateway.standing import say_standing, written_down

LINE_BYTES = 1 << 22
NICE = 10
"""Whatever trades or judges goes first."""


async def run() -> None:
    """Serve until the trader ends."""
    reader = asyncio.StreamReader(limit=LINE_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)
    first = await reader.readline()
    if not first:
        return
    hello = msgspec.json.decode(first, type=Hello)
    settings = spoken(hello.settings())
    with logging_as("gateway", settings, debug=hello.debug):
        async with house_of(settings, hello.owner) as house:
            saying = asyncio.create_task(say_standing(house, shows_link=hello.shows_link))
            await serve(house, tellings(reader, hello.run), written_down)
            saying.cancel()


async def tellings(reader: asyncio.StreamReader, run: str) -> AsyncIterator[Heard | None]:
    """What the trader tells; None is its good-bye."""
    decode = msgspec.json.Decoder(Telling).decode
    while line := await reader.readline():
        passed = msgspec.json.decode(line, type=Passed)
        if passed.told == NOTHING:
            yield None
            return
        yield Heard(passed.number, f"{run}:{passed.number}", decode(passed.told))


def _wait_for_the_trader(_number: int, _frame: object) -> None:
    """Whatever ends all of us at once, we end by the trader's word."""


def main() -> None:
    """Serve the trader at the other end of standard input."""
    keep_private()
    os.nice(NICE)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _wait_for_the_trader)
    try:
        asyncio.run(run())
    except (SorteError, OSError) as error:
        print(error, file=sys.stderr, flush=True)  # whoever started us tells it
        os._exit(1)
    os._exit(0)  # a library's threads are not waited for
