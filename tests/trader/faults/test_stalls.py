"""A machine that is too busy for anybody: told as that, and no host pays for it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.trader.harness import in_loop, rig, strategy, until

NEXT = strategy("d.size = 0.05")
DEADLINE = {"host_deadline_ms": 100, "host_late_turns": 2}


@in_loop
async def test_hosts_that_both_stand_still_are_neither_late_nor_hung(tmp_path: Path) -> None:
    async with rig(tmp_path, **DEADLINE) as it:
        new = await it.goes_live(NEXT)
        await it.round_trip()
        hosts = it.trader.slots.hosts
        assert len(hosts) == 2
        for host in hosts:
            os.kill(host.pid, signal.SIGSTOP)
        for _ in range(8):
            it.trade()
        await it.hears("fault", cause="hosts_late")
        await until(lambda: not it.trader.slots.turns, "every turn held")
        for host in hosts:
            os.kill(host.pid, signal.SIGCONT)
        await until(lambda: new.answered == it.trader.tally.sequence, "answers that come late")
        await it.round_trip()
        assert it.trader.slots.blue is new
        await it.check("hosts_late")
        assert it.trader.slots.unanswered == 8


@in_loop
async def test_a_host_that_stands_still_alone_is_hung(tmp_path: Path) -> None:
    async with rig(tmp_path, **DEADLINE) as it:
        new = await it.goes_live(NEXT)
        await it.round_trip()
        os.kill(new.pid, signal.SIGSTOP)
        for _ in range(3):
            it.trade()
        await it.hears("fault", cause="host_hung")
        await it.two_warm_hosts()
        assert it.trader.slots.blue is not new
        await it.check("host_late", "host_hung")


@in_loop
async def test_two_hosts_that_never_answer_again_are_replaced_in_the_end(tmp_path: Path) -> None:
    async with rig(tmp_path, **DEADLINE) as it:
        new = await it.goes_live(NEXT)
        await it.round_trip()
        for host in it.trader.slots.hosts:
            os.kill(host.pid, signal.SIGSTOP)
        for _ in range(30):
            it.trade()
        await it.hears("fault", cause="host_hung")
        assert new.cause == "host_hung"
