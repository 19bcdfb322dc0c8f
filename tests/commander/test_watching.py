"""What is worse is taken back by itself, each sign of it in turn; what is not, stays."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.contracts import Change, State
from core.contracts.control import Health, Heard
from services.commander.__main__ import _align
from services.commander.desk import Desk
from services.commander.watching import Watcher
from tests.commander.rig import Rig, rig
from tests.exchanges.sim.client import in_loop

LONG = 30.0


def health(tree: str, **fields: Any) -> Health:
    usual: dict[str, Any] = {
        "events": 100,
        "p99_us": 200,
        "equity": 1000.0,
        "trading": "active",
        "lost": 0,
        "doubled": 0,
    }
    return Health(blue=tree, **usual | fields)


async def settled(it: Rig, change: Change, *, wanted: Callable[[Change], bool]) -> Change:
    """The change once it is as wanted; the watcher's own end is what wakes us, at most some turns of the loop later."""
    async with asyncio.timeout(10):
        while True:
            known = it.context.changes.get(change.id)
            assert known is not None
            if wanted(known):
                return known
            await asyncio.sleep(0.01)


SIGNS: dict[str, list[Any]] = {
    "exception": [Heard("fault", {"cause": "host_raised", "subject": "TREE", "detail": "at event 7"})],
    "deadline": [Heard("fault", {"cause": "host_late", "subject": "TREE", "detail": f"event {n}"}) for n in (1, 2)],
    "limit": [Heard("denied", {"code": "orders_per_minute", "detail": "30 opening orders within a minute"})],
    "drawdown": [{"equity": 1000.0}, {"equity": 975.0}],
    "latency": [{"p99_us": 30_000}] * 10,
}


@pytest.mark.parametrize("sign", SIGNS)
def test_each_sign_takes_the_change_back_with_its_reason(sign: str, tmp_path: Path) -> None:
    @in_loop
    async def scene() -> None:
        with rig(tmp_path, trader=True, watch_seconds=LONG) as it:
            assert it.trader is not None
            base = it.workspace.live
            watcher = Watcher(it.context)
            for _ in range(5):
                it.trader.report(health(it.trader.blue))
            change = await it.say("stop_loss 0.03")
            watcher.watch(change)
            tree = it.trader.blue
            await asyncio.sleep(0)
            for report in SIGNS[sign]:
                if isinstance(report, Heard):
                    fields = {k: tree if v == "TREE" else v for k, v in report.fields.items()}
                    it.trader.report(Heard(report.kind, fields))
                else:
                    it.trader.report(health(tree, **report))
            ended = await settled(it, change, wanted=lambda c: c.state is State.ROLLED_BACK)
            assert (ended.watch, ended.target) == ("failed", base)
            assert "Taken back" in ended.reason
            assert it.trader.blue == it.workspace.tree(base) == it.workspace.tree(it.workspace.live)
            assert [fields["state"] for kind, fields in it.told if kind == "watch"] == [State.ROLLED_BACK]

    scene()


@pytest.mark.parametrize(
    "report",
    [
        Heard("fault", {"cause": "host_raised", "subject": "somebody else", "detail": ""}),
        Heard("fault", {"cause": "host_late", "subject": "TREE", "detail": "event 1"}),
        Heard("fault", {"cause": "feed_lost", "subject": "market", "detail": ""}),
        Heard("denied", {"code": "open_positions", "detail": "3 pairs are held"}),
        {"equity": 985.0},
        {"p99_us": 9000},
        {"p99_us": None},
    ],
)
def test_what_is_no_sign_leaves_it_live(report: Any, tmp_path: Path) -> None:
    @in_loop
    async def scene() -> None:
        with rig(tmp_path, trader=True, watch_seconds=0.1) as it:
            assert it.trader is not None
            watcher = Watcher(it.context)
            change = await it.say("stop_loss 0.03")
            watcher.watch(change)
            tree = it.trader.blue
            await asyncio.sleep(0)
            it.trader.report(health(tree))
            if isinstance(report, Heard):
                fields = {k: tree if v == "TREE" else v for k, v in report.fields.items()}
                it.trader.report(Heard(report.kind, fields))
            else:
                it.trader.report(health(tree, **report))
            kept = await settled(it, change, wanted=lambda c: c.watch != "running")
            assert (kept.state, kept.watch) == (State.LIVE, "passed")
            assert it.workspace.live == change.commit

    scene()


@in_loop
async def test_equity_that_is_no_number_is_no_pass(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True, watch_seconds=LONG) as it:
        assert it.trader is not None
        watcher = Watcher(it.context)
        change = await it.say("stop_loss 0.03")
        watcher.watch(change)
        await asyncio.sleep(0)
        it.trader.report(health(it.trader.blue))
        it.trader.report(health(it.trader.blue, equity=math.nan))
        await settled(it, change, wanted=lambda c: c.state is State.ROLLED_BACK)


@in_loop
async def test_when_the_trader_fell_back_by_itself_only_the_commit_is_made(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True, watch_seconds=LONG) as it:
        assert it.trader is not None
        base = it.trader.blue
        watcher = Watcher(it.context)
        change = await it.say("stop_loss 0.03")
        watcher.watch(change)
        await asyncio.sleep(0)
        it.trader.blue, it.trader.previous = base, ""  # the heir decides
        it.trader.asked.clear()
        it.trader.report(health(base))
        await settled(it, change, wanted=lambda c: c.state is State.ROLLED_BACK)
        assert it.trader.asked == ["switch_back"]
        assert it.workspace.tree(it.workspace.live) == base


@in_loop
async def test_a_change_that_follows_ends_the_watch_over_the_one_before(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True, watch_seconds=LONG) as it:
        watcher = Watcher(it.context)
        first = await it.say("stop_loss 0.03")
        watcher.watch(first)
        second = await it.say("stop_loss 0.04")
        watcher.watch(second)
        known = it.context.changes.get(first.id)
        assert known is not None
        assert (known.state, known.watch) == (State.LIVE, "superseded")
        await watcher.close()


@in_loop
async def test_a_watch_that_was_cut_short_is_still_running_in_the_records(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True, watch_seconds=LONG) as it:
        watcher = Watcher(it.context)
        change = await it.say("stop_loss 0.03")
        watcher.watch(change)
        await asyncio.sleep(0)
        await watcher.close()
        known = it.context.changes.get(change.id)
        assert known is not None
        assert known.watch == "running"


@in_loop
async def test_a_beat_while_a_later_change_switches_takes_nothing_back(tmp_path: Path) -> None:
    """Another tree decides then, and that is what was asked for."""
    with rig(tmp_path, trader=True, watch_seconds=LONG) as it:
        assert it.trader is not None
        watcher = Watcher(it.context)
        first = await it.say("stop_loss 0.03")
        watcher.watch(first)
        await asyncio.sleep(0)
        it.trader.report(health(it.trader.blue))

        def beat(what: str) -> None:
            if what == "switch":
                assert it.trader is not None
                it.trader.report(health(it.trader.green))

        it.trader.before = beat
        second = await it.say("stop_loss 0.04")
        watcher.watch(second)
        for _ in range(20):
            await asyncio.sleep(0.01)
        known = it.context.changes.get(first.id)
        assert known is not None
        assert (known.state, known.watch) == (State.LIVE, "superseded")
        assert it.workspace.live == second.commit
        await watcher.close()


@in_loop
async def test_what_was_worse_and_is_not_live_any_more_is_not_taken_back(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True, watch_seconds=LONG) as it:
        assert it.trader is not None
        watcher = Watcher(it.context)
        first = await it.say("stop_loss 0.03")
        watcher.watch(first)
        tree = it.trader.blue
        await asyncio.sleep(0)

        def die(what: str) -> None:
            if what == "switch":
                assert it.trader is not None
                it.trader.report(Heard("fault", {"cause": "host_died", "subject": tree, "detail": "at the switch"}))

        it.trader.before = die
        second = await it.say("stop_loss 0.04")
        for _ in range(20):
            await asyncio.sleep(0.01)
        assert it.workspace.live == second.commit
        assert it.trader.blue == it.workspace.tree(second.commit)
        await watcher.close()


@in_loop
async def test_what_is_lost_in_the_first_second_counts(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True, watch_seconds=LONG) as it:
        assert it.trader is not None
        watcher = Watcher(it.context)
        it.trader.report(health(it.trader.blue, equity=1000.0))
        change = await it.say("stop_loss 0.03")
        watcher.watch(change)
        await asyncio.sleep(0)
        it.trader.report(health(it.trader.blue, equity=950.0))
        ended = await settled(it, change, wanted=lambda c: c.state is State.ROLLED_BACK)
        assert "5.00%" in ended.reason


@in_loop
async def test_a_live_release_that_cannot_be_started_again_is_taken_back(tmp_path: Path) -> None:
    """After a start of the commander alone the trader may run another release, and the live one may not come up."""
    with rig(tmp_path, trader=True, watch_seconds=LONG) as it:
        assert it.trader is not None
        base = it.trader.blue
        change = await it.say("stop_loss 0.03")
        it.trader.blue, it.trader.previous = base, ""
        it.trader.refuses["stage"] = "host_failed: it does not compile any more"
        desk = Desk(it.context)
        await _align(desk, it.workspace.tree(change.commit))
        await asyncio.sleep(0)
        it.trader.report(health(base))
        await settled(it, change, wanted=lambda c: c.state is State.ROLLED_BACK)
        assert it.workspace.tree(it.workspace.live) == base == it.trader.blue
        await desk.watcher.close()
