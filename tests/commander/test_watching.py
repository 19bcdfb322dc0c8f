"""What is worse is taken back by itself, each sign of it in turn; what is not, stays."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.contracts import Change, Event, State
from core.contracts.asking import Question
from core.contracts.control import Health
from core.contracts.events import Denied, FaultTold
from core.contracts.events import Event as Told
from core.workspace import WorkspaceError
from services.commander.desk.desk import Desk
from services.commander.process import _align
from services.commander.records import RecordsUnusable
from services.commander.road.returning import mark_undone
from services.commander.road.watching import Watcher
from services.commander.road.ways import way_to
from tests.commander.rig import Rig, rig
from tests.lines import line_of
from tests.simulator.client import in_loop
from tests.trader.harness import until

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


def fault(cause: str, detail: str, subject: str = "TREE") -> FaultTold:
    return FaultTold(cause=cause, subject=subject, detail=detail)


def denied(code: str, detail: str) -> Denied:
    return Denied(pair="BTCUSDT", side="BUY", code=code, detail=detail)


def of_tree(report: Told, tree: str) -> Told:
    """What is told of a release, once it is known which."""
    if isinstance(report, FaultTold) and report.subject == "TREE":
        return msgspec.structs.replace(report, subject=tree)
    return report


SIGNS: dict[str, list[Any]] = {
    "exception": [fault("host_raised", "at event 7")],
    "deadline": [fault("host_late", f"event {n}") for n in (1, 2)],
    "limit": [denied("orders_per_minute", "30 opening orders within a minute")],
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
            watcher = Watcher(it.deployment)
            for _ in range(5):
                it.trader.report(health(it.trader.blue))
            change = await it.say("stop_loss 0.03")
            watcher.watch(change)
            tree = it.trader.blue
            await asyncio.sleep(0)
            for report in SIGNS[sign]:
                it.trader.report(health(tree, **report) if isinstance(report, dict) else of_tree(report, tree))
            ended = await settled(it, change, wanted=lambda c: c.state is State.ROLLED_BACK)
            assert (ended.watch, ended.target) == ("failed", base)
            assert "Taken back" in ended.reason
            assert it.trader.blue == it.workspace.tree(base) == it.workspace.tree(it.workspace.live)
            assert [fields["state"] for kind, fields in it.told if kind == "watch"] == [State.ROLLED_BACK]

    scene()


@pytest.mark.parametrize(
    "report",
    [
        fault("host_raised", "", "somebody else"),
        fault("host_late", "event 1"),
        fault("feed_lost", "", "market"),
        denied("open_positions", "3 pairs are held"),
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
            watcher = Watcher(it.deployment)
            change = await it.say("stop_loss 0.03")
            watcher.watch(change)
            tree = it.trader.blue
            await asyncio.sleep(0)
            it.trader.report(health(tree))
            it.trader.report(health(tree, **report) if isinstance(report, dict) else of_tree(report, tree))
            kept = await settled(it, change, wanted=lambda c: c.watch != "running")
            assert (kept.state, kept.watch) == (State.LIVE, "passed")
            assert it.workspace.live == change.commit

    scene()


@in_loop
async def test_equity_that_is_no_number_is_no_pass(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True, watch_seconds=LONG) as it:
        assert it.trader is not None
        watcher = Watcher(it.deployment)
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
        watcher = Watcher(it.deployment)
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
        watcher = Watcher(it.deployment)
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
        watcher = Watcher(it.deployment)
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
        watcher = Watcher(it.deployment)
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
        watcher = Watcher(it.deployment)
        first = await it.say("stop_loss 0.03")
        watcher.watch(first)
        tree = it.trader.blue
        await asyncio.sleep(0)

        def die(what: str) -> None:
            if what == "switch":
                assert it.trader is not None
                it.trader.report(fault("host_died", "at the switch", tree))

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
        watcher = Watcher(it.deployment)
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
        desk = Desk(it.deployment)
        await _align(desk)
        await asyncio.sleep(0)
        it.trader.report(health(base))
        await settled(it, change, wanted=lambda c: c.state is State.ROLLED_BACK)
        assert it.workspace.tree(it.workspace.live) == base == it.trader.blue
        await desk.watcher.close()


@in_loop
async def test_what_is_worse_goes_also_while_the_records_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rig(tmp_path, trader=True, watch_seconds=LONG) as it:
        assert it.trader is not None
        base = it.trader.blue
        watcher = Watcher(it.deployment)
        change = await it.say("stop_loss 0.03")
        watcher.watch(change)
        await asyncio.sleep(0)

        def locked(*_: Any) -> None:
            raise RecordsUnusable("The database cannot be used: database is locked.")

        with monkeypatch.context() as patched:
            patched.setattr(it.context.changes, "get", locked)
            patched.setattr(it.context.changes, "save", locked)
            it.trader.report(fault("host_died", "SIGSEGV", it.trader.blue))
            await until(lambda: "watch" in dict(it.told), "the owner told")
        assert it.trader.blue == base
        await it.deployment.settle()
        await settled(it, change, wanted=lambda c: c.state is State.ROLLED_BACK)
        assert it.workspace.tree(it.workspace.live) == base


@in_loop
async def test_what_is_worse_and_cannot_be_taken_back_stays_live_and_the_owner_is_told(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True, watch_seconds=LONG) as it:
        assert it.trader is not None
        base, desk = it.trader.blue, Desk(it.deployment)
        change = await it.say("stop_loss 0.03")
        desk.watcher.watch(change)
        await asyncio.sleep(0)
        it.trader.refuses |= {"switch_back": "not warm", "stage": "host_died"}
        it.trader.report(health(it.trader.blue, equity=1000.0))
        it.trader.report(health(it.trader.blue, equity=900.0))
        ended = await settled(it, change, wanted=lambda c: c.watch == "failed" and c.state is State.LIVE)
        assert it.workspace.main == it.workspace.live == change.commit
        assert ("going back failed" in ended.reason, "sorte panic" in ended.reason) == (True, True)
        await until(lambda: "watch" in dict(it.told), "the owner told")
        assert dict(it.told)["watch"]["reason"] == ended.reason
        it.trader.refuses.clear()
        line = line_of(await desk.answer(Question(do="rollback"), it.tell, confirmed))
        assert line["state"] == State.ROLLED_BACK
        assert it.trader.blue == it.workspace.tree(it.workspace.live) == base
        await settled(it, change, wanted=lambda c: c.state is State.ROLLED_BACK)
        await desk.watcher.close()


async def confirmed(_: Change) -> bool:
    return True


@in_loop
async def test_a_watch_that_ends_in_the_middle_of_a_rollback_does_not_say_that_the_change_stays(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True, watch_seconds=0.05) as it:
        watcher = Watcher(it.deployment)
        change = await it.say("stop_loss 0.03")
        watcher.watch(change)
        async with it.deployment.moving:
            await asyncio.sleep(0.2)
            mark_undone(it.context, change, change)
        await asyncio.sleep(0.2)
        known = it.context.changes.get(change.id)
        assert known is not None
        assert known.state is State.ROLLED_BACK
        assert not [kind for kind, _ in it.told if kind == "watch"]
        await watcher.close()


@in_loop
async def test_a_watch_whose_end_cannot_be_written_is_told_and_runs_again_after_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rig(tmp_path, trader=True, watch_seconds=0.05) as it:
        watcher = Watcher(it.deployment)
        change = await it.say("stop_loss 0.03")

        def full(*_: Any) -> None:
            raise RecordsUnusable("The database cannot be used: database or disk is full.")

        with monkeypatch.context() as patched:
            patched.setattr(it.context.changes, "save", full)
            watcher.watch(change)
            await asyncio.sleep(0.3)
        assert [fields["watch"] for kind, fields in it.told if kind == "watch"] == ["passed"]
        known = it.context.changes.get(change.id)
        assert known is not None
        assert known.watch == "running"


@in_loop
async def test_a_rollback_beside_the_start_of_a_commander_is_not_switched_over(tmp_path: Path) -> None:
    """After its start a commander lets the trader run what is live; what is live may just be moving."""
    with rig(tmp_path, trader=True, watch_seconds=LONG) as it:
        assert it.trader is not None
        base = it.trader.blue
        await it.say("stop_loss 0.03")
        it.trader.blue, it.trader.previous = base, ""  # it fell back, or was never told to switch
        it.trader.asked.clear()
        desk = Desk(it.deployment)
        async with it.deployment.moving:
            aligning = asyncio.ensure_future(_align(desk))
            await asyncio.sleep(0.1)
            assert it.trader.asked == []
            change = it.context.changes.latest(1)[0]
            leaving = it.context.advance(change, Event.RETURNING, target=it.first)
            await it.deployment.back(leaving, way_to(it.context, it.first), "the owner said so")
        await aligning
        assert it.trader.asked == ["switch_back"]
        assert it.trader.blue == it.workspace.tree(it.workspace.live) == base
        await desk.watcher.close()


@in_loop
async def test_a_trader_that_fell_back_after_the_watch_is_followed_by_refs_and_records(tmp_path: Path) -> None:
    """Its host died, and the trader goes on with the release before: that is what is live then."""
    with rig(tmp_path, trader=True, watch_seconds=0.05) as it:
        assert it.trader is not None
        base = it.trader.blue
        watcher = Watcher(it.deployment)
        change = await it.say("stop_loss 0.03")
        watcher.watch(change)
        await settled(it, change, wanted=lambda c: c.watch == "passed")
        await asyncio.sleep(0.05)
        it.trader.blue, it.trader.previous = base, ""
        for blue in (base, change.candidate.tree if change.candidate else "", "", base):
            it.trader.report(health(blue))  # now and then is nothing
        await asyncio.sleep(0.1)
        assert it.workspace.live == change.commit
        it.trader.report(health(base))
        ended = await settled(it, change, wanted=lambda c: c.state is State.ROLLED_BACK)
        assert "another host decides" in ended.reason
        assert it.workspace.tree(it.workspace.live) == it.workspace.tree(it.workspace.main) == base == it.trader.blue
        assert [fields["state"] for kind, fields in it.told if kind == "watch"] == [State.LIVE, State.ROLLED_BACK]
        second = await it.say("stop_loss 0.04")
        assert second.state is State.LIVE
        await watcher.close()


@in_loop
async def test_when_git_cannot_even_be_asked_the_owner_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rig(tmp_path, trader=True, watch_seconds=LONG) as it:
        assert it.trader is not None
        watcher = Watcher(it.deployment)
        change = await it.say("stop_loss 0.03")
        watcher.watch(change)
        await asyncio.sleep(0)

        def fail(*_: object) -> None:
            raise WorkspaceError("git is not well")

        monkeypatch.setattr("services.commander.road.watching.decides", fail)
        it.trader.report(fault("host_died", "SIGSEGV", it.trader.blue))
        await until(lambda: "watch" in dict(it.told), "the owner told")
        told = dict(it.told)["watch"]
        assert (told["watch"], "git is not well" in told["reason"], "panic" in told["reason"]) == ("failed", True, True)
        await watcher.close()
