"""What the watch counts, tried with a strategy that is innocent of it: it stays live, and a doubt is told, not held.

One row is one way in which the world, the machine, the owner or the release before look like a bad strategy. Beside it
stands the guilty one, which is still taken back: what is not held against anybody must not become what nobody sees.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.contracts import State
from core.contracts.control import Health
from core.contracts.events import BooksFollow, Decided, Denied, Event, FaultTold, Filled, Rejected, TradingIs
from core.settings import CommanderSettings
from services.commander.road.watch import Baseline, Doubt, Watch, Worse
from services.commander.road.watching import Watcher
from tests.commander.rig import rig
from tests.commander.test_watching import LONG, health, settled
from tests.simulator.client import in_loop
from tests.trader.harness import until

TREE = "new"
SOLD = Filled(
    pair="BTCUSDT",
    side="SELL",
    quantity=Decimal("0.1"),
    price=Decimal(50_000),
    fee=Decimal(5),
    fee_asset="USDT",
    order="s1-new-7",
)
SOLD_BY_HAND = BooksFollow(asset="BTC", ours=Decimal("0.1"), theirs=Decimal(0), cause="sold by hand")
Said = Health | Event
Found = Worse | Doubt | None


def second(**fields: Any) -> Health:
    return health(TREE, **fields)


def fault(cause: str, subject: str = TREE) -> FaultTold:
    return FaultTold(cause=cause, subject=subject, detail="as told")


def denied(code: str, **fields: Any) -> Denied:
    return Denied(**{"pair": "BTCUSDT", "side": "BUY", "code": code, "detail": "as told"} | fields)


def sent(count: int) -> list[Said]:
    bought = Decided(pair="BTCUSDT", action="buy", reason="score", score=0.7, confidence=0.6, signals={}, sequence=7)
    return [bought] * count


def refused(count: int) -> list[Said]:
    told = Rejected(pair="BTCUSDT", side="BUY", order="s1-new-1", detail="Filter failure: NOTIONAL (-1013)")
    return [told] * count


def judge(said: list[Said], before: list[Said] | None = None) -> list[Found]:
    """What a watch finds in what it is told, with what was told of the release before it."""
    baseline = Baseline()
    for report in before if before is not None else [second()] * 5:
        if isinstance(report, Health):
            baseline.add(report)
            baseline.equity = report.equity
        else:
            assert isinstance(report, Denied)
            baseline.denied.add(report.code)
    settings = CommanderSettings()
    watch = Watch(TREE, baseline.p99_us, settings, baseline.equity, frozenset(baseline.denied))
    found = [watch.see(report) if isinstance(report, Health) else watch.hear(report) for report in said]
    return [each for each in found if each is not None]


NOTHING: dict[str, list[Said]] = {
    "no cash is left": [denied("no_cash"), denied("cash")],
    "an order below the exchange's smallest": [denied("smallest_order"), denied("min_notional")],
    "a draft of ours that makes no order": [denied("malformed")],
    "a book far from the last trade": [denied("price_collar")],
    "holdings that were sold by hand": [denied("oversell")],
    "positions of before fill every limit": [
        denied(code) for code in ("open_positions", "position_value", "total_exposure")
    ],
    "a pair that is not among the limits'": [denied("pair")],
    "a silent pair": [denied("stale"), fault("pair_silent", "BTCUSDT"), fault("stood_still", "BTCUSDT")],
    "the feed is lost, and orders too": [fault("feed_lost", "market"), fault("orders_lost", "account")],
    "events are lost and doubled": [second(lost=500, doubled=3)],
    "clocks drift apart": [fault("clock_off", "exchange"), *refused(50)],
    "the exchange refuses every order": [*sent(30), *refused(30)],
    "an order's end is unknown": [fault("order_unknown", "s1-new-1")],
    "the day's other faults": [fault("recording_lost", "x"), fault("mirror_died", "sqlite"), fault("commander_died")],
    "another release's host dies": [fault(cause, "another tree") for cause in ("host_died", "host_hung", "host_late")],
    "the machine stalls, and no host answers": [fault("hosts_late", "machine")] * 20,
    "one stretch of lateness": [fault("host_late")],
    "a position is closed at the limit of a trade": [SOLD],
    "the owner pauses": [TradingIs(state="reducing"), second(trading="reducing"), denied("reducing")],
    "the owner panics, and closing costs a tenth": [
        *[second(trading="reducing", equity=1000.0 - 20 * n) for n in range(6)],
        second(equity=900.0),
    ],
    "the kill switch is thrown while the market falls": [
        second(trading="halted", equity=1000.0 - 30 * n) for n in range(10)
    ],
    "the kill switch, and each order": [denied("halted")],
    "the owner sells by hand, and the books follow": [second(), SOLD_BY_HAND, second(equity=700.0)],
    "the owner takes coins away": [second(), fault("position_missing", "BTC"), second(equity=700.0)],
    "the exchange takes no order": [denied("not_trading"), denied("banned"), denied("books_differ")],
    "a second's wrong price, and back": [second(), second(equity=1060.0), second(equity=1001.0)],
    "a small loss": [second(equity=985.0)],
    "a machine that is slow in both": [second(p99_us=20_000)] * 20,
    "a quiet market": [second(p99_us=None, events=0)] * 20,
}


@pytest.mark.parametrize("case", NOTHING)
def test_it_is_not_even_doubted_when(case: str) -> None:
    assert judge(NOTHING[case]) == []


def test_an_empty_account_stays_empty_by_nobodys_fault() -> None:
    assert judge([second(equity=0.0)] * 5, [second(equity=0.0)] * 5) == []
    assert judge([second(equity=0.0)])[0] == Worse("drawdown", "to 0.0")


def test_orders_above_the_limit_are_not_the_new_release_s_when_the_one_before_met_it_too() -> None:
    """An account that has grown above the owner's limits."""
    assert judge([denied("order_value")], [denied("order_value")]) == []
    assert judge([denied("order_value")]) == [Worse("limit", "order_value: as told")]


DOUBTS: dict[str, tuple[list[Said], list[Said]]] = {
    "the minute is full of the release before's orders": (
        [*sent(5), denied("orders_per_minute", within=60)],
        [*sent(40), denied("orders_per_minute", within=60)],
    ),
    "the minute is full of orders that the exchange refused": (
        [*sent(60), *refused(55), denied("orders_per_minute", within=60)],
        [*sent(60), *refused(5), denied("orders_per_minute", within=60)],
    ),
    "positions of before lose": (
        [second(), second(equity=940.0, inherited=-55.0)],
        [second(), second(equity=940.0, inherited=-15.0)],
    ),
    "the day's loss was all but reached before": (
        [second(equity=999.0), fault("loss_per_day", "account")],
        [second(equity=988.0), fault("loss_per_day", "account")],
    ),
    "a build slows the whole machine": (
        [second(p99_us=90_000, previous_p99_us=70_000)] * 10,
        [second(p99_us=90_000, previous_p99_us=300)] * 10,
    ),
}


@pytest.mark.parametrize("case", DOUBTS)
def test_it_is_doubted_and_not_blamed_when(case: str) -> None:
    innocent, guilty = DOUBTS[case]
    assert {type(found) for found in judge(innocent)} == {Doubt}
    assert isinstance(judge(guilty)[-1], Worse)


def test_a_fall_of_its_own_counts_beside_one_of_positions_of_before() -> None:
    """Four of five per cent are the others'; the release's own loss comes after."""
    found = judge([second(equity=960.0, inherited=-40.0), second(equity=935.0, inherited=-40.0)])
    assert [type(each) for each in found] == [Doubt, Worse]
    assert found[-1].detail == "2.50%"


def test_what_positions_of_before_gain_hides_no_loss_of_its_own() -> None:
    assert judge([second(equity=1000.0, inherited=30.0)]) == [Worse("drawdown", "3.00%")]


def test_after_a_pause_it_is_judged_from_there() -> None:
    said: list[Said] = [second(trading="reducing", equity=900.0), second(equity=900.0), second(equity=880.0)]
    assert judge(said) == [Worse("drawdown", "2.22%")]


@in_loop
async def test_a_doubt_is_told_once_and_the_change_stays(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True, watch_seconds=0.3) as it:
        assert it.trader is not None
        watcher = Watcher(it.deployment)
        it.trader.report(health(it.trader.blue))
        change = await it.say("stop_loss 0.03")
        watcher.watch(change)
        await until(lambda: it.trader is not None and len(it.trader.listeners) == 2, "the watch listens")
        for _ in range(5):
            it.trader.report(health(it.trader.blue, equity=950.0, inherited=-50.0))
        kept = await settled(it, change, wanted=lambda known: known.watch != "running")
        assert (kept.state, kept.watch) == (State.LIVE, "passed")
        doubt, passed = (fields["reason"] for kind, fields in it.told if kind == "watch")
        assert "5.00%" in doubt
        assert "not blamed" in doubt
        assert "sorte rollback" in doubt
        assert "ended well" in passed


@in_loop
async def test_seconds_in_which_the_owner_lets_nothing_be_opened_are_added_to_the_watch(tmp_path: Path) -> None:
    with rig(tmp_path, trader=True, watch_seconds=0.5) as it:
        assert it.trader is not None
        watcher = Watcher(it.deployment)
        change = await it.say("stop_loss 0.03")
        watcher.watch(change)
        await until(lambda: it.trader is not None and len(it.trader.listeners) == 2, "the watch listens")
        it.trader.report(health(it.trader.blue, trading="reducing"))
        began = it.context.changes.get(change.id)
        assert began is not None
        kept = await settled(it, change, wanted=lambda known: known.watch == "passed")
        assert (kept.steps[-1].time_ns - began.steps[-1].time_ns) / 1e9 >= 1.5


@in_loop
async def test_a_host_that_goes_as_the_first_of_us_all_is_no_failure(tmp_path: Path) -> None:
    """A shutdown ends each process; the trader hangs up a moment after its host has gone."""
    with rig(tmp_path, trader=True, watch_seconds=LONG) as it:
        assert it.trader is not None
        watcher = Watcher(it.deployment)
        change = await it.say("stop_loss 0.03")
        watcher.watch(change)
        await until(lambda: it.trader is not None and len(it.trader.listeners) == 2, "the watch listens")
        tree = it.trader.blue
        it.trader.report(fault("host_died", tree))
        it.trader.report(health("the release before"))
        await watcher.close()
        known = it.context.changes.get(change.id)
        assert known is not None
        assert (known.state, known.watch, it.workspace.live) == (State.LIVE, "running", change.commit)
        (told,) = (fields for kind, fields in it.told if kind == "watch")
        assert "stays" in told["reason"]
        assert "begins anew" in told["reason"]
