"""A decision becomes at most one order, within the limits; every order comes to its end and is never sent twice."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.errors import ExchangeError
from core.kernel import BUY, HOLD, SELL
from core.releases import Release
from core.settings import Settings
from services.trader.execution import Execution
from services.trader.feed import Feed
from services.trader.host import Decision
from services.trader.journal import decode
from services.trader.ledger import Ledger
from services.trader.limits import Limits
from services.trader.orders import Answer, Epoch, Order, Side, Status
from services.trader.risk import KEPT_FOR_FEES, Trading
from services.trader.timing import OrderTiming, Pauses, Timing
from services.trader.valuation import Valuation
from tests.lines import said
from tests.simulator.client import in_loop
from tests.trader.examples import BTC, ETH, NOON_NS, RELEASE, fill, limits, order
from tests.trader.fakes import FakeExchange, settled

STRATEGY = Release(RELEASE, Path(), (), commit="c" * 40, change="7", message="telegram:12")

AWAY = ExchangeError("GET order: no answer (TimeoutError).")
FIRST = "s1-01234567-1"
IMPATIENT = Timing(orders=OrderTiming(asking=Pauses(0.005, 0.01), clocks_apart_ms=0, pricing=Pauses(0.001, 60.0)))
RESTLESS = replace(IMPATIENT, orders=replace(IMPATIENT.orders, denied_rest_ns=0))
"""Each event is judged, however many orders were denied before."""


class Desk:
    """One account with 10,000 USDT on a fake exchange: BTC at 49,990 to 50,000, ETH at 2,999 to 3,000."""

    def __init__(self, folder: Path, limits: Limits, settings: Settings, timing: Timing) -> None:
        self.exchange = FakeExchange()
        self.journal = folder / "journal"
        self.ledger = Ledger(self.journal, [BTC, ETH], sync_orders=False)
        self.portfolio = self.ledger.portfolio
        self.kill_file = folder / "KILL"
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.faults: list[tuple[str, str, str]] = []
        self.feed = Feed(
            self.exchange,
            ["BTCUSDT", "ETHUSDT"],
            "1m",
            60_000_000_000,
            on_tick=lambda *_: None,
            on_fault=self.fault,
            stale_seconds=60,
        )
        self.valuation = Valuation(self.portfolio, limits)
        self.execution = Execution(
            self.exchange,
            self.ledger,
            self.feed,
            self.valuation,
            limits,
            settings,
            kill_file=self.kill_file,
            tell=lambda event: self.told.append(said(event)),
            on_fault=self.fault,
            timing=timing,
        )
        self.ledger.record(Epoch(1, RELEASE, NOON_NS))
        self.execution.release = STRATEGY
        self.portfolio.cash = Decimal(10_000)
        self.valuation.begin()
        self.quote("BTCUSDT", 49_990.0, 50_000.0)
        self.quote("ETHUSDT", 2_999.0, 3_000.0)

    def fault(self, *fault: str) -> None:
        self.faults.append((fault[0], fault[1], fault[2]))

    def quote(self, symbol: str, bid: float, ask: float) -> None:
        pair = next(i for i, feed in enumerate(self.feed.pairs) if feed.symbol == symbol)
        self.feed.on_quote(pair, time.monotonic_ns(), bid, 1.0, ask, 1.0)
        self.valuation.price(self.portfolio.holdings[symbol], 0.5 * (bid + ask), NOON_NS)

    def act(self, action: int, sequence: int = 1, *, pair: int = 0, size: float = 0.05) -> bool:
        decision = Decision(
            sequence, pair, action, -1, 0.5, 0.9, size, 30.0, math.nan, math.nan, 0.0, 0.0, 0.0, 0.0, 0.0
        )
        return self.execution.act(pair, decision, STRATEGY, "score", NOON_NS + sequence)

    def hold(self, quantity: str = "0.01") -> None:
        """A position that was bought before."""
        self.ledger.record(order(client_id="before"))
        self.ledger.record(fill(client_id="before", trade_id=900, quantity=Decimal(quantity)))
        self.ledger.record(Answer("before", Status.FILLED))

    @property
    def written(self) -> list[object]:
        return [decode(line + b"\n") for line in self.journal.read_bytes().split(b"\n")[:-1]]

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.told]

    @property
    def causes(self) -> list[str]:
        return [cause for cause, _, _ in self.faults]


@asynccontextmanager
async def desk(
    folder: Path, *, given: Limits | None = None, timing: Timing = IMPATIENT, **trader: Any
) -> AsyncIterator[Desk]:
    settings = Settings(
        data_dir=folder, trader={"order_timeout_ms": 10_000, **trader}, exchange={"recv_window_ms": 100}
    )
    made = Desk(folder, given or limits(), settings, timing)
    try:
        yield made
    finally:
        await made.execution.close()
        await made.feed.close()
        made.ledger.close()


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not happened():  # noqa: ASYNC110 - what is waited for has no event to set
            await asyncio.sleep(0.002)


# Orders out -----------------------------------------------------------------------------------------------------------


@in_loop
async def test_a_buy_spends_its_part_of_the_equity_at_the_ask_and_half_the_collar(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        assert d.act(BUY)
        (sent,) = d.exchange.placed
        assert sent.price == Decimal("50500.00")  # 50,000 x 1.01
        assert sent.quantity == Decimal("0.00990")  # 10,000 x 0.05 / 50,500 = 0.0099009..., in whole lots
        assert (sent.client_id, sent.side, sent.reason, sent.time_ns) == (FIRST, Side.BUY, "score", NOON_NS + 1)


@in_loop
async def test_a_sell_sells_all_whole_lots_at_the_bid_less_half_the_collar(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.hold("0.0100047")
        assert d.act(SELL)
        (sent,) = d.exchange.placed
        assert sent.quantity == Decimal("0.01000")
        assert sent.price == Decimal("49490.10")  # 49,990 x 0.99


@in_loop
async def test_an_order_is_in_the_ledger_before_it_is_on_the_wire(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        seen: list[object] = []

        def place(sent: Order) -> bool:
            seen.append(d.written[-1] == sent and sent.client_id in d.portfolio.open_orders)
            return True

        d.exchange.place = place  # type: ignore[method-assign, assignment]
        d.act(BUY)
        assert seen == [True]


@pytest.mark.parametrize(("action", "holds"), [(HOLD, False), (HOLD, True), (BUY, True), (SELL, False)])
def test_a_decision_that_is_so_already_sends_nothing(action: int, holds: bool, tmp_path: Path) -> None:
    @in_loop
    async def test() -> None:
        async with desk(tmp_path) as d:
            if holds:
                d.hold()
            assert not d.act(action)
            assert not d.exchange.placed
            assert not d.told

    test()


@in_loop
async def test_a_pair_has_one_order_under_way_and_others_are_free(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        assert d.act(BUY, 1)
        assert not d.act(BUY, 2)
        assert d.act(BUY, 3, pair=1)
        assert [sent.symbol for sent in d.exchange.placed] == ["BTCUSDT", "ETHUSDT"]
        assert not d.told
        d.execution.on_answer(Answer(FIRST, Status.CANCELED))
        assert d.act(BUY, 4)


@in_loop
async def test_money_that_an_open_order_may_spend_is_not_spent_twice(tmp_path: Path) -> None:
    async with desk(tmp_path, given=limits(order_value=9_000, position_value=9_000, total_exposure=20_000)) as d:
        assert d.act(BUY, 1, size=0.8)
        assert d.act(BUY, 2, pair=1, size=0.8)
        first, second = (sent.quantity * sent.price for sent in d.exchange.placed)
        assert 7_990 < first <= 8_000
        assert second <= (10_000 - first) * KEPT_FOR_FEES


@given(
    size=st.floats(0, 1),
    bid=st.floats(0.5, 90_000),
    spread=st.floats(0, 0.001),
    cash=st.decimals(0, 50_000, places=2),
    held=st.decimals(0, 1, places=8),
)
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_order_is_on_the_grid_and_inside_cash_and_holdings(
    size: float, bid: float, spread: float, cash: Decimal, held: Decimal, tmp_path_factory: pytest.TempPathFactory
) -> None:
    @in_loop
    async def test() -> None:
        async with desk(tmp_path_factory.mktemp("desk")) as d:
            d.quote("BTCUSDT", bid, bid * (1 + spread))
            if held:
                d.hold(str(held))
            d.portfolio.cash = cash
            d.valuation.revalue()
            d.act(SELL if d.portfolio.holdings["BTCUSDT"].size else BUY, size=size)
            for sent in d.exchange.placed:
                assert sent.quantity > 0
                assert sent.quantity % BTC.lot == 0
                assert sent.price % BTC.price_tick == 0
                if sent.side is Side.BUY:
                    assert sent.quantity * sent.price <= cash
                else:
                    assert sent.quantity <= held

    test()


@given(decisions=st.lists(st.tuples(st.integers(1, 10**9), st.booleans()), unique=True, min_size=1, max_size=8))
@hypothesis_settings(max_examples=20, deadline=None)
def test_client_ids_follow_from_epoch_release_and_sequence_and_differ(
    decisions: list[tuple[int, bool]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    @in_loop
    async def test() -> None:
        async with desk(tmp_path_factory.mktemp("desk"), given=limits(orders_per_minute=1000)) as d:
            d.hold("0.01")
            for sequence, forced in decisions:
                if forced:
                    assert d.execution.force_exit(0, sequence, "loss_per_trade", NOON_NS)
                else:
                    assert d.act(SELL, sequence)
                d.execution.on_answer(Answer(d.exchange.placed[-1].client_id, Status.CANCELED))
            ids = [sent.client_id for sent in d.exchange.placed]
            assert ids == [f"s1-01234567-{sequence}{'x' * forced}" for sequence, forced in decisions]
            assert len(set(ids)) == len(ids)
            assert all(len(name) <= 36 for name in ids)  # as Binance wants it

    test()


@in_loop
async def test_a_forced_exit_sells_whatever_the_strategy_says(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.hold()
        d.execution.paused = True
        assert d.execution.force_exit(0, 7, "loss_per_trade", NOON_NS)
        (sent,) = d.exchange.placed
        assert (sent.client_id, sent.side, sent.reason) == ("s1-01234567-7x", Side.SELL, "loss_per_trade")
        assert not d.execution.force_exit(0, 8, "loss_per_trade", NOON_NS)  # one is under way


@in_loop
async def test_shadow_mode_never_places_and_never_writes(tmp_path: Path) -> None:
    async with desk(tmp_path, mode="shadow") as d:
        before = d.written
        assert not d.act(BUY)
        d.hold()
        assert not d.act(SELL, 2)
        assert not d.execution.force_exit(0, 3, "loss_per_trade", NOON_NS)
        assert not d.exchange.placed
        assert [record for record in d.written if record not in before and record.client_id != "before"] == []  # type: ignore[attr-defined]


# Orders that may not pass ---------------------------------------------------------------------------------------------


@in_loop
async def test_a_denial_is_told_once_and_not_with_every_event(tmp_path: Path) -> None:
    async with desk(tmp_path, given=limits(order_value=100), timing=RESTLESS) as d:
        for sequence in range(1, 6):
            assert not d.act(BUY, sequence)
        assert d.told == [
            # 0.0099 x 50,500 = 499.95
            (
                "denied",
                {"pair": "BTCUSDT", "side": Side.BUY, "code": "order_value", "detail": "499.95 is above 100.00"},
            )
        ]
        d.kill_file.touch()
        d.act(BUY, 6)
        d.act(BUY, 7)
        assert [fields["code"] for _, fields in d.told] == ["order_value", "halted"]


@in_loop
async def test_a_denied_pair_rests_and_is_not_judged_at_each_event(tmp_path: Path) -> None:
    async with desk(tmp_path, given=limits(order_value=100)) as d:
        d.act(BUY, 1)
        d.kill_file.touch()
        d.act(BUY, 2)
        assert [fields["code"] for _, fields in d.told] == ["order_value"]


@in_loop
async def test_the_kill_file_is_looked_at_with_each_order(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        assert d.execution.trading is Trading.ACTIVE
        d.kill_file.touch()
        assert d.execution.trading is Trading.HALTED
        assert not d.act(BUY)
        d.hold()
        assert not d.execution.force_exit(0, 2, "loss_per_trade", NOON_NS)
        d.kill_file.unlink()
        assert d.execution.trading is Trading.ACTIVE
        assert not d.exchange.placed


@in_loop
async def test_a_pause_and_a_lost_day_only_close(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.valuation.lost_today = True
        assert not d.act(BUY)
        assert d.told[0][1]["code"] == "reducing"
        d.hold()
        d.execution._resting.clear()
        assert d.act(SELL, 2)


@in_loop
async def test_without_a_connection_the_order_is_refused_told_and_tried_again_later(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.exchange.online = False
        assert not d.act(BUY, 1)
        assert not d.act(BUY, 2)  # the pair rests: an outage writes no order with every event
        assert [type(record).__name__ for record in d.written] == ["Epoch", "Order", "Answer"]
        assert d.portfolio.statuses == {FIRST: Status.REJECTED}
        assert d.told[0][0] == "rejected"
        assert d.execution.last_sent_ns == 0
        assert not d.exchange.asked  # it cannot have arrived


@in_loop
async def test_a_refusal_of_the_exchange_is_told_and_the_pair_rests(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.act(BUY, 1)
        d.execution.on_answer(Answer(FIRST, Status.REJECTED, "insufficient balance (-2010)"))
        assert d.told[0][1]["detail"] == "insufficient balance (-2010)"
        assert not d.act(BUY, 2)
        assert not d.portfolio.under_way


# What the exchange says -----------------------------------------------------------------------------------------------


@in_loop
async def test_a_fill_is_counted_and_told_once_from_whatever_source(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.act(BUY)
        traded = fill(quantity=Decimal("0.0099"), price=Decimal(50_000))
        for _ in range(3):
            d.execution.on_fill(traded)
        assert d.kinds == ["fill"]
        assert d.portfolio.cash == 9_505  # 10,000 - 0.0099 x 50,000
        assert d.valuation.equity == pytest.approx(9_999.9505)  # 0.0099 x 49,995 + 9,505


@in_loop
async def test_what_is_not_ours_is_not_counted(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.execution.on_fill(fill(client_id="by hand"))
        d.execution.on_answer(Answer("by hand", Status.FILLED))
        assert len(d.written) == 1
        assert not d.told


@in_loop
async def test_a_fill_later_than_the_closed_status_is_counted(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.act(BUY)
        d.execution.on_answer(Answer(FIRST, Status.FILLED))
        d.execution.on_fill(fill(quantity=Decimal("0.0099")))
        assert d.portfolio.holdings["BTCUSDT"].quantity == Decimal("0.0099")


# Orders whose outcome is unknown --------------------------------------------------------------------------------------


@in_loop
async def test_an_order_without_an_answer_in_time_is_asked_for_and_never_sent_again(tmp_path: Path) -> None:
    async with desk(tmp_path, order_timeout_ms=10) as d:
        d.act(BUY)
        d.exchange.traded(d.exchange.placed[0], fills=[fill(quantity=Decimal("0.0099"))])
        await until(lambda: not d.portfolio.open_orders)
        assert d.portfolio.statuses == {FIRST: Status.FILLED}
        assert d.portfolio.holdings["BTCUSDT"].quantity == Decimal("0.0099")
        assert d.faults == [("order_unknown", FIRST, "no answer in time")]
        assert len(d.exchange.placed) == 1


@in_loop
async def test_an_answered_order_is_not_asked_for(tmp_path: Path) -> None:
    async with desk(tmp_path, order_timeout_ms=10) as d:
        d.act(BUY)
        d.execution.on_answer(Answer(FIRST, Status.CANCELED))
        await asyncio.sleep(0.03)
        assert not d.exchange.asked


@in_loop
async def test_an_unknown_order_holds_its_pair_until_its_end_is_known(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.act(BUY, 1)
        d.exchange.answering.clear()
        d.execution.on_answer(Answer(FIRST, Status.UNKNOWN, "the connection was lost before the answer"))
        await settled()
        assert not d.act(BUY, 2)
        d.exchange.traded(d.exchange.placed[0], Status.CANCELED)
        d.exchange.answering.set()
        await until(lambda: not d.portfolio.open_orders)
        assert d.act(BUY, 3)


@in_loop
async def test_one_that_never_arrived_is_given_up_only_after_the_window_in_which_it_still_could(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.act(BUY)
        began = time.monotonic()
        d.execution.on_answer(Answer(FIRST, Status.UNKNOWN, "lost"))
        await until(lambda: not d.portfolio.open_orders)
        assert time.monotonic() - began >= 0.1  # recv_window_ms
        assert d.portfolio.statuses == {FIRST: Status.REJECTED}
        assert d.told[-1][1]["detail"] == "it never arrived"
        assert len(d.exchange.placed) == 1


@in_loop
async def test_one_that_arrives_late_in_the_window_is_found(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.act(BUY)
        d.execution.on_answer(Answer(FIRST, Status.UNKNOWN, "lost"))
        await asyncio.sleep(0.03)
        d.exchange.traded(d.exchange.placed[0], fills=[fill(quantity=Decimal("0.0099"))])
        await until(lambda: not d.portfolio.open_orders)
        assert d.portfolio.statuses == {FIRST: Status.FILLED}


@in_loop
async def test_no_answer_at_all_is_no_proof_that_it_never_arrived(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.act(BUY)
        d.exchange.failures["order_status"] = [AWAY] * 20
        d.execution.on_answer(Answer(FIRST, Status.UNKNOWN, "lost"))
        await asyncio.sleep(0.13)
        assert d.portfolio.statuses == {FIRST: Status.UNKNOWN}
        d.exchange.failures.clear()
        d.exchange.traded(d.exchange.placed[0], fills=[fill(quantity=Decimal("0.0099"))])
        await until(lambda: not d.portfolio.open_orders)
        assert d.portfolio.statuses == {FIRST: Status.FILLED}


@in_loop
async def test_one_that_the_exchange_knew_once_is_never_given_up(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.act(BUY)
        d.execution.on_fill(fill(quantity=Decimal("0.004")))
        d.execution.on_answer(Answer(FIRST, Status.UNKNOWN, "lost"))
        await asyncio.sleep(0.15)  # it answers "no such order" all the time: a part of it was filled, so that is wrong
        assert d.portfolio.statuses == {FIRST: Status.UNKNOWN}


@in_loop
async def test_fills_that_cannot_be_had_yet_keep_the_order_open(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.act(BUY)
        part, rest = (fill(trade_id=number, quantity=Decimal("0.00495")) for number in (1, 2))
        d.exchange.traded(d.exchange.placed[0], fills=[part, rest])
        d.exchange.fills[FIRST] = []
        unknown = ExchangeError("Order does not exist.", unknown_order=True)
        d.exchange.failures["order_fills"] = [AWAY, unknown]
        d.execution.on_answer(Answer(FIRST, Status.UNKNOWN, "lost"))
        await asyncio.sleep(0.13)  # longer than the window: found is found
        assert d.portfolio.statuses == {FIRST: Status.UNKNOWN}
        d.exchange.fills[FIRST] = [part]
        await asyncio.sleep(0.03)
        assert d.portfolio.filled == {FIRST: Decimal("0.00495")}
        assert FIRST in d.portfolio.open_orders
        d.exchange.fills[FIRST] = [part, rest]
        await until(lambda: not d.portfolio.open_orders)
        assert d.portfolio.holdings["BTCUSDT"].quantity == Decimal("0.0099")


@in_loop
async def test_after_a_lost_connection_every_open_order_is_asked_for_once(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.act(BUY, 1)
        d.act(BUY, 2, pair=1)
        d.exchange.answering.clear()
        d.execution.on_orders_lost("closed by the exchange")
        assert not d.execution.connected.is_set()
        d.execution.on_orders_connected()
        d.execution.on_orders_connected()
        await settled()
        assert d.execution.connected.is_set()
        assert d.causes == ["orders_lost", "order_unknown", "order_unknown"]
        assert [asked[0] for asked in d.exchange.asked] == ["order_status"] * 2


@in_loop
async def test_an_answer_that_comes_while_we_ask_ends_the_asking(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.act(BUY)
        d.execution.on_answer(Answer(FIRST, Status.UNKNOWN, "lost"))
        await settled()
        d.execution.on_answer(Answer(FIRST, Status.CANCELED))
        await until(lambda: not d.execution.settling.busy)
        asked = len(d.exchange.asked)
        await asyncio.sleep(0.03)
        assert len(d.exchange.asked) == asked


# The kill switch ------------------------------------------------------------------------------------------------------


@in_loop
async def test_the_kill_switch_cancels_every_open_order_and_one_failure_stops_no_other(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.act(BUY, 1)
        d.act(BUY, 2, pair=1)
        d.exchange.failures["cancel"] = [AWAY]
        await d.execution.settling.cancel_all()
        assert d.exchange.cancelled == [("ETHUSDT", "s1-01234567-2")]
        assert d.faults == [("cancel_failed", FIRST, str(AWAY))]


@in_loop
async def test_what_was_ordered_for_an_event_is_never_ordered_again_for_it_under_the_same_id(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.hold()
        assert d.execution.force_exit(0, 7, "panic", NOON_NS)  # with the event
        d.execution.on_answer(Answer("s1-01234567-7x", Status.CANCELED))  # nobody bought
        assert not d.execution.force_exit(0, 7, "stop", NOON_NS)  # and with its answer
        assert d.execution.force_exit(0, 8, "stop", NOON_NS)
        assert [sent.client_id for sent in d.exchange.placed] == ["s1-01234567-7x", "s1-01234567-8x"]
