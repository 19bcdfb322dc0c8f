"""Switching while events flow: each is answered once, by the host that was blue when it was sent; orders are fenced."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from core.kernel import TRADE
from services.trader.host import Decision
from services.trader.slots import Turn
from services.trader.ticks import Tick
from tests.trader.harness import BUY, OBEDIENT, PRICES, Rig, in_loop, kill_hard, rig, strategy, until

NEXT = strategy("d.size = 0.05")
EAGER = strategy("d.action, d.score, d.confidence = 1, 1.0, 1.0")
"""Wants to buy at every event."""


class Answers:
    """Who was asked at each event, and who answered it."""

    def __init__(self, it: Rig) -> None:
        self.asked: dict[int, Any] = {}
        self.answered: list[tuple[int, Any]] = []
        slots = it.trader.slots
        settle, feed = slots._on_turn, slots.feed

        def on_turn(turn: Turn, decision: Decision | None) -> None:
            self.answered.append((turn.sequence, turn.owner if decision is not None else None))
            settle(turn, decision)

        def on_feed(sequence: int, *args: Any, **kwargs: Any) -> None:
            self.asked[sequence] = slots.blue
            feed(sequence, *args, **kwargs)

        slots._on_turn = on_turn
        slots.feed = on_feed  # type: ignore[method-assign] # watches what is sent and to whom


async def flow(it: Rig, seconds: float, per_second: int = 500) -> None:
    """Events at a steady rate."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        for _ in range(per_second // 100):
            it.trade()
        await asyncio.sleep(0.01)  # the rate is what is tested


@in_loop
async def test_a_switch_under_load_loses_and_doubles_nothing(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        slots, answers = it.trader.slots, Answers(it)
        old = slots.blue
        new = await it.stage(NEXT)
        flowing = asyncio.ensure_future(flow(it, 6.0))
        for turn in range(6):
            await until(lambda: len(slots.turns) > 2, "events under way")
            it.trader.switch() if turn == 0 else it.trader.switch_back()
            epochs = it.heard("epoch")
            assert epochs[-1]["epoch"] > epochs[-2]["epoch"]
            assert slots.blue is (new if turn % 2 == 0 else old)
            asked = len(answers.asked)
            await until(lambda asked=asked: len(answers.asked) > asked + 50, "more events")
        await flowing
        await it.events_settled()
        assert sorted(sequence for sequence, _ in answers.answered) == sorted(answers.asked)  # each once
        assert dict(answers.answered) == answers.asked
        assert set(answers.asked.values()) == {old, new}
        assert slots.unanswered == 0
        await it.buys()
        await it.check()


@in_loop
async def test_what_green_decides_is_recorded_and_not_acted_on(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        green = await it.stage(EAGER)
        for _ in range(50):
            it.trade()
        await it.events_settled()
        await until(lambda: green.answered == it.trader.tally.sequence, "green's answers")
        assert it.orders == []
        it.trader.recordings.flush()
        recorded = sum(path.stat().st_size for path in (tmp_path / "trader" / "decisions").glob("*-3.0*"))
        assert recorded > 0
        await it.check()


@in_loop
async def test_the_switch_lets_the_new_host_act_from_the_next_event_on(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.goes_live(EAGER)
        it.trade()
        await until(lambda: it.holding().size > 0.0, "a position")
        await it.events_settled()
        await it.orders_settled()
        assert [order.client_order_id.split("-")[1] for order in it.orders] == [EAGER.tree_hash[:8]]
        await it.check()


@in_loop
async def test_a_decision_of_the_epoch_that_is_over_orders_nothing(tmp_path: Path) -> None:
    """The event is sent to the old host, and the switch comes before its answer: it is answered, by the old host."""
    async with rig(tmp_path, EAGER) as it:
        await it.orders_settled()
        before = it.trader.portfolio.orders
        answers, old = Answers(it), it.trader.slots.blue
        await it.stage(OBEDIENT)
        tick = Tick(1, TRADE, time.time_ns(), PRICES[1], buy_volume=1e-4)
        it.trader.portfolio.holdings["ETHUSDT"].size = 0.0  # whatever it holds: EAGER wants to buy
        it.trader.cycle.on_tick(tick, time.monotonic_ns(), True)
        it.trader.switch()
        await it.events_settled()
        assert answers.answered[-1] == (it.trader.tally.sequence, old)
        assert it.trader.portfolio.orders == before


@in_loop
async def test_without_a_warm_candidate_there_is_no_switch(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        blue = it.trader.slots.blue
        with pytest.raises(RuntimeError, match="no warm host"):
            it.trader.switch()
        host = it.trader.hosts.start(it.release(NEXT), it.trader.slots)
        it.trader.slots.stage(host)
        with pytest.raises(RuntimeError, match="no warm host"):
            it.trader.switch()
        assert it.trader.slots.blue is blue
        assert len(it.heard("epoch")) == 1
        await until(lambda: host.heard, "the candidate")
        await it.buys()
        await it.check()


@in_loop
async def test_a_candidate_that_dies_takes_nobody_with_it(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        slots = it.trader.slots
        blue, previous = slots.blue, slots.previous
        green = await it.stage(strategy("1 / 0 if lots == BUY else 0"))
        await it.buys()
        await it.hears("fault", cause="host_raised")
        assert (slots.blue, slots.previous, slots.green) == (blue, previous, None)
        assert not green.heard
        await it.check("host_raised")


@in_loop
async def test_a_second_candidate_replaces_the_first(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        first = await it.stage(NEXT)
        second = await it.stage(EAGER)
        assert not first.heard
        assert it.trader.slots.green is second
        await it.round_trip(BUY)
        await it.orders_settled()
        await it.check()


@in_loop
async def test_what_was_gone_back_from_does_not_come_again_when_the_one_that_decides_dies(tmp_path: Path) -> None:
    """It may have been taken back because it was worse: nobody decides until the same release runs again."""
    async with rig(tmp_path) as it:
        good = it.trader.release
        await it.goes_live(EAGER)
        it.trader.switch_back()
        epochs = len(it.heard("epoch"))
        first = it.trader.slots.blue
        assert first is not None
        kill_hard(first.pid)
        await it.hears("fault", cause="host_died", subject=good.tree_hash)
        for _ in range(20):
            it.trade()
        await until(lambda: it.trader.slots.blue not in (None, first) and it.trader.slots.blue.heard, "another host")
        assert it.trader.slots.blue is not None
        assert it.trader.slots.blue.release.tree_hash == good.tree_hash
        for _ in range(20):
            it.trade()
        await it.events_settled()
        assert it.orders == []  # EAGER wants one at every event
        assert len(it.heard("epoch")) == epochs
        await it.buys()
        await it.check("host_died")


@in_loop
async def test_what_was_gone_back_from_and_died_is_followed_by_a_spare_of_what_decides(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        good = it.trader.release
        left = await it.goes_live(EAGER)
        it.trader.switch_back()
        kill_hard(left.pid)
        await it.hears("fault", cause="host_died", subject=EAGER.tree_hash)
        await it.two_warm_hosts()
        assert {host.release.tree_hash for host in it.trader.slots.hosts} == {good.tree_hash}
        await it.buys()
        await it.check("host_died")
