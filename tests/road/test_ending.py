"""An end of Sorte within the watch over a change, in every way that we can be ended: no failure of a strategy.

The change stays, its watch begins anew at the next start, and the owner is told so.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path

import pytest

from core.contracts import State
from tests.road.world import World, in_loop, world
from tests.sampling import few
from tests.trader.faults.test_process import descendants

LONG = 300.0
FIRST_SECONDS = 0.4
"""A host goes so long before the trader does, when everything is ended at once."""


def send(number: int, *pids: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


async def end(it: World, number: int, *, hosts_first: bool = False) -> int:
    """Send that signal to the trader, or to each of its processes with the hosts before the others; its exit code."""
    running, below = it.running, descendants(it.trader_pid)
    if hosts_first:
        commander = it.commander_pid()
        send(number, *(pid for pid in below if pid != commander))
        await asyncio.sleep(FIRST_SECONDS)  # what a busy machine may leave between the two
        send(number, *(pid for pid in below if pid == commander))
    send(number, it.trader_pid)
    code = await running.ended()
    it.platform = None
    return code


WAYS: dict[str, tuple[int, bool]] = {
    "Ctrl-C": (signal.SIGINT, False),
    "TERM": (signal.SIGTERM, False),
    "a closed terminal": (signal.SIGHUP, False),
    "kill -9 of the trader": (signal.SIGKILL, False),
    "a shutdown, hosts first": (signal.SIGTERM, True),
    "kill -9 of everything, hosts first": (signal.SIGKILL, True),
}


async def stays_and_is_watched_anew(it: World, change: str) -> None:
    """After the end: no word against it in the records; after a start: watched anew, and it trades."""
    known = it.changes()[change]
    assert (known.state, known.watch, known.returned) == (State.LIVE, "running", ""), known.reason
    platform = await it.start()
    told = await platform.hears("watch", id=change)
    assert (told["state"], told["watch"]) == ("live", "running")
    assert "begins anew" in told["reason"]
    assert it.live() == known.commit
    it.check()
    await it.trades_live()


@pytest.mark.parametrize("way", few(WAYS, "a shutdown, hosts first", "kill -9 of the trader"))
def test_the_change_stays_and_its_watch_begins_anew_after(way: str, tmp_path: Path) -> None:
    @in_loop
    async def scene() -> None:
        async with world(tmp_path, watch_seconds=LONG) as it:
            it.flow()
            change = await it.change("size 0.2")
            assert change["state"] == "live", change
            await it.orders()
            await it.still()
            running = it.running
            number, hosts_first = WAYS[way]
            code = await end(it, number, hosts_first=hosts_first)
            if number != signal.SIGKILL:
                assert code == 0, running.errors[-2000:]
                assert running.told[-1]["kind"] == "summary"
                (told,) = running.heard("watch")
                assert (told["id"], told["state"]) == (change["id"], "live")
                assert "stays" in told["reason"]
            await stays_and_is_watched_anew(it, change["id"])

    scene()


@in_loop
async def test_a_run_whose_time_is_over_takes_nothing_back(tmp_path: Path) -> None:
    async with world(tmp_path, watch_seconds=LONG) as it:
        it.flow()
        change = await it.change("size 0.2")
        await it.still()
        await it.stop()
        running = await it.start(seconds=10)
        await running.hears("watch", id=change["id"])
        assert await running.ended() == 0
        it.platform = None
        assert "stays" in running.heard("watch")[-1]["reason"]
        await stays_and_is_watched_anew(it, change["id"])
