"""Listens to the commander for good: what it tells everybody, and that it cannot be heard."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from core.contracts.told import Telling

Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter] | None]]
PAUSES: Final = (0.1, 0.2, 0.5, 1.0)
"""Seconds between tries; the last of them again and again."""
decode: Final = msgspec.json.Decoder(Telling).decode


@dataclass(frozen=True, slots=True)
class Deaf:
    """Whether the commander can be heard from here on."""

    deaf: bool


async def listen(
    connect: Connect, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> AsyncIterator[Telling | Deaf]:
    """All that is told; `Deaf` once when nobody tells anything, and once when somebody does again."""
    heard: bool | None = None
    tries = 0
    while True:
        try:
            connection = await connect()
        except OSError:
            connection = None
        if connection is None:
            if heard is not False:
                heard = False
                yield Deaf(True)
            await pause(PAUSES[min(tries, len(PAUSES) - 1)])
            tries += 1
            continue
        heard, tries = True, 0
        yield Deaf(False)
        async for told in _until_it_hangs_up(*connection):
            yield told
        heard = None
        await pause(PAUSES[0])


async def _until_it_hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> AsyncIterator[Telling]:
    with contextlib.closing(writer):
        try:
            writer.write(b'{"do":"listen"}\n')
            while line := await reader.readline():
                try:
                    told: Telling = decode(line)
                except msgspec.MsgspecError:  # of another version, or torn: what comes after may be known
                    continue
                yield told
        except (ConnectionError, ValueError):
            return
