"""Releases that pass every gate and go wrong on live events: in the shadow run, at the switch, and in the watch after.

The trader holds the old release or comes back to it by itself, refs and records say so, no event is lost or doubled,
and the owner is told why.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from core.contracts import State
from core.contracts.asking import Question
from tests.realtime import needs_real_time
from tests.road.strategy import EXITS, HANGS, LIES, RAISES, SEGFAULTS, SLOWS, STALLS, trouble
from tests.road.world import Talk, World, in_loop, world
from tests.sampling import ALL, few
from tests.trader.harness import BUY, until

DEADLINE = {"host_deadline_ms": 400, "host_restarts": 50, "realtime": False}
ENDS = {RAISES: "host_raised", EXITS: "host_died", SEGFAULTS: "host_died", LIES: "host_nonsense"}
"""Kinds of trouble that end a host at once, and what the trader calls it."""
AT_SWITCH = tuple(ENDS) if ALL else (SEGFAULTS, LIES)
IN_WATCH = tuple(ENDS) if ALL else (RAISES, EXITS)
"""In the shadow run each is tried; after it they are told apart by nothing more."""


async def said(it: World, sentence: str) -> Talk:
    """A sentence, confirmed beforehand, under way."""
    talk = await it.talk()
    talk.say(Question(do="change", text=sentence, yes=True))
    return talk


async def still_as(it: World, live: str) -> None:
    """Nothing has moved, and the next order is the old release's."""
    assert it.live() == live
    it.check()
    await it.trades_live()


@in_loop
async def test_a_candidate_that_dies_hangs_or_is_slow_in_the_shadow_run_is_refused(tmp_path: Path) -> None:
    async with world(tmp_path, trader=DEADLINE, shadow_events=600, shadow_timeout=4) as it:
        live = it.live()
        causes = {**ENDS, HANGS: "of 600 events came", SLOWS: "of 600 events came"}
        for kind, cause in causes.items():
            sentence, bad = trouble(kind, kind)
            it.flow()
            talk = await said(it, sentence)
            await talk.until("staged")
            it.trade(bad)
            final = (await talk.rest())[-1]
            assert (final["state"], cause in final["reason"]) == ("rejected", True), final
            assert it.running.heard("fault", cause=cause) or cause not in ENDS.values()
            await it.still()
            await still_as(it, live)
        it.flow(600)
        assert (await it.change("size 0.2"))["state"] == "live"
        await it.still()
        await it.trades_live()
        it.check()


@needs_real_time
@in_loop
async def test_a_candidate_that_hangs_in_real_time_is_killed_by_the_kernel_and_refused(tmp_path: Path) -> None:
    async with world(tmp_path, trader={**DEADLINE, "realtime": True}, shadow_events=600, shadow_timeout=60) as it:
        live = it.live()
        sentence, bad = trouble(HANGS, HANGS)
        it.flow()
        talk = await said(it, sentence)
        await talk.until("staged")
        it.trade(bad)
        final = (await talk.rest())[-1]
        assert final["state"] == "rejected"
        assert "host_died" in final["reason"]
        assert "for not pausing" in it.running.heard("fault", cause="host_died")[-1]["detail"]
        await it.still()
        await still_as(it, live)


@in_loop
async def test_a_candidate_that_dies_or_hangs_at_the_switch_leaves_the_old_one_trading(tmp_path: Path) -> None:
    async with world(tmp_path, trader=DEADLINE) as it:
        live = it.live()
        for kind in (*AT_SWITCH, HANGS):
            sentence, bad = trouble(kind, kind)
            it.brake("at-switching")
            it.flow()
            talk = await said(it, sentence)
            await it.reached()
            it.trade(bad)
            if kind in ENDS:
                await it.running.hears("fault", cause=ENDS[kind])
            it.release()
            final = (await talk.rest())[-1]
            assert final["state"] == "failed", final
            assert "The previous strategy goes on." in final["reason"]
            await it.still()
            await still_as(it, live)
        assert it.running.heard("fault", cause="host_hung")


@in_loop
async def test_a_release_that_dies_or_hangs_in_the_watch_is_taken_back(tmp_path: Path) -> None:
    async with world(tmp_path, trader=DEADLINE) as it:
        live = it.tree(it.live())
        listener = await it.talk()
        listener.say(Question(do="listen"))
        for kind in (*IN_WATCH, HANGS):
            sentence, bad = trouble(kind, kind)
            it.flow()
            change = (await (await said(it, sentence)).rest())[-1]
            assert change["state"] == "live", change
            it.trade(bad)
            ended = await it.ended(change["id"], State.ROLLED_BACK)
            told = await listener.until("watch")
            assert (told["id"], told["state"], told["reason"]) == (ended.id, "rolled_back", ended.reason)
            assert "Taken back: the new strategy failed" in ended.reason
            await it.still()
            assert it.tree(it.live()) == live
            await it.trades_live()
            it.check()
        listener.hang_up()


async def flip(it: World) -> None:
    """Buy and sell until the limit on orders denies it."""
    for _ in range(4):
        await it.orders()
    it.trade(BUY)
    await it.running.hears("denied", code="orders_per_minute")


async def fall(it: World) -> None:
    """A position, and a price that falls under it."""
    await it.orders()
    it.trade(price=it.prices[0] * 0.9)


async def stall(it: World) -> None:
    """Two events, each answered too late by itself."""
    for times in (1, 2):
        it.trade(5000)
        await until(lambda times=times: len(it.running.heard("fault", cause="host_late")) == times, "a late answer")
        if times == 1:
            await it.orders()  # it answers again, so the next miss is another one


async def crawl(it: World) -> None:
    """Slow from now on."""
    it.trade(5000)
    it.flow(15)


SIGNS = {
    "limit": ("size 0.2", flip, "orders_per_minute"),
    "drawdown": ("size 0.2", fall, "equity fell by"),
    "deadline": (trouble(STALLS)[0], stall, "did not answer in time"),
    "latency": (trouble(SLOWS)[0], crawl, "is slower"),
}


@pytest.mark.parametrize("sign", few(SIGNS, "drawdown", "limit"))
def test_what_the_watch_finds_worse_is_taken_back_by_itself(sign: str, tmp_path: Path) -> None:
    sentence, happens, reason = SIGNS[sign]

    @in_loop
    async def scene() -> None:
        def few_orders(text: str) -> str:
            changed = text.replace("orders_per_minute = 60", "orders_per_minute = 2")
            assert changed != text
            return changed if sign == "limit" else text

        settings = {"watch_drawdown": 0.004, "watch_latency": 1.5}
        async with world(tmp_path, limits=few_orders, trader={"host_deadline_ms": 400}, **settings) as it:
            live = it.tree(it.live())
            it.flow(15 if sign == "latency" else 300)
            if sign == "latency":
                await until(lambda: it.played > 40, "a baseline")
            change = await it.change(sentence)
            assert change["state"] == "live", change
            await it.still()
            await happens(it)
            ended = await it.ended(change["id"], State.ROLLED_BACK)
            assert reason in ended.reason
            await it.running.hears("watch", id=change["id"], state="rolled_back", reason=ended.reason)
            assert (ended.watch, it.tree(it.live())) == ("failed", live)
            await it.still()
            it.check()
            if sign == "limit":  # no order is left in this minute: the next decision shows who decides
                assert (await it.serving())["trader"]["slots"]["blue"] == live
            else:
                await it.trades_live()

    scene()
