"""The chat: how soon a message is answered."""

from __future__ import annotations

import asyncio
import statistics
import time

from bench.figure import Figure, at_most
from bench.gateway.world import USER, World, until

ASKED = 15


async def measure(world: World) -> list[Figure]:
    """One figure."""
    times = []
    for _ in range(ASKED):
        before, began = _sent(world), time.perf_counter()
        world.api.chats.says(USER, USER, "/version")
        await until(lambda before=before: _sent(world) > before)
        times.append((time.perf_counter() - began) * 1e3)
        await asyncio.sleep(1.1)  # a chat takes one message a second
    return [Figure("a message is answered", statistics.median(times), "ms", at_most(300), f"median of {ASKED}")]


def _sent(world: World) -> int:
    return len(world.api.chats.in_chat(USER))
