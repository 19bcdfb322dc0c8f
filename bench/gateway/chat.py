"""The chat: how soon a message is answered, and what a gateway that is killed over and over loses."""

from __future__ import annotations

import asyncio
import statistics
import time

from bench.figure import Figure, at_most
from bench.gateway.world import USER, World, until
from core.owner import OwnersWord

ASKED = 15
KILLS = 5
"""A gateway that dies more often in a row is left alone for a minute."""
TAKEN_SECONDS = 60.0


async def measure(world: World) -> list[Figure]:
    """All of them, on one world."""
    return [await _answered(world), await _killed(world)]


async def _answered(world: World) -> Figure:
    times = []
    for _ in range(ASKED):
        before, began = _sent(world), time.perf_counter()
        world.api.chats.says(USER, USER, "/version")
        await until(lambda before=before: _sent(world) > before)
        times.append((time.perf_counter() - began) * 1e3)
        await asyncio.sleep(1.1)  # a chat takes one message a second
    return Figure("a message is answered", statistics.median(times), "ms", at_most(300), f"median of {ASKED}")


async def _killed(world: World) -> Figure:
    """A command is said, and the gateway killed a moment later, each time another one; is the command done?"""
    word, lost = OwnersWord(world.folder / "data"), 0
    for turn in range(KILLS):
        world.api.chats.says(USER, USER, "/pause")
        await asyncio.sleep(turn * 0.02)
        killed = world.gateway
        world.kill_gateway()
        try:
            await until(lambda: word.paused, TAKEN_SECONDS)
        except TimeoutError:
            lost += 1
        word.resume()
        await until(lambda killed=killed: world.gateway not in (0, killed), TAKEN_SECONDS)
    return Figure(f"commands lost, gateway killed {KILLS} times", lost, "", at_most(0))


def _sent(world: World) -> int:
    return len(world.api.chats.in_chat(USER))
