"""The matching engine by itself: order types, partial fills, fees, and money that is only moved by trades and fees."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from services.simulator.clock import MarketClock
from services.simulator.market import Market
from services.simulator.matching import Exchange
from services.simulator.orders import (
    MARKET_TYPES,
    STOP_TYPES,
    NewOrder,
    Order,
    OrderList,
    OrderType,
    Side,
    Status,
    TimeInForce,
)
from services.simulator.refusals import Refusal
from services.simulator.sources import Move
from tests.simulator.client import BTC, MINUTE_START_MS, settings

BID, ASK = 6_000_000, 6_000_100  # ticks of 0.01: 60,000.00 and 60,001.00


class Script:
    """A price source that says only where the market stands at the start."""

    start_ms = MINUTE_START_MS

    def past(self) -> Iterator[Move]:
        yield quote()

    def live(self) -> Iterator[Move]:
        return iter(())

    def end_ms(self) -> int:
        return self.start_ms


def quote(bid: int = BID, ask: int = ASK, lots: int = 10_000) -> Move:
    """Sizes are in lots of 0.00001: 0.1 BTC at each best price unless told otherwise."""
    return Move(MINUTE_START_MS, 0, bid, ask, lots, lots)


def trade(ticks: int, lots: int, *, sold: bool, at: Move | None = None) -> Move:
    return (at or quote())._replace(trade_ticks=ticks, trade_lots=lots, buyer_is_maker=sold)


class Desk:
    """A market that moves when told, and an engine without latency, unless `held` collects what waits."""

    def __init__(self, *, hold: bool = False, **changes: Any) -> None:
        chosen = settings(**{"pairs": (BTC,), "top_value": 6_000, **changes})
        self.market = Market(chosen, Script(), MarketClock(MINUTE_START_MS, 1.0, monotonic=lambda: 0.0))
        self.held: list[Any] = []
        act = (lambda _, run: self.held.append(run)) if hold else (lambda _, run: run())
        self.exchange = Exchange(chosen, self.market, act)
        self.count = 0

    def place(self, side: Side, kind: OrderType = OrderType.LIMIT, **wish: Any) -> Order:
        self.count += 1
        amounts = {name: Decimal(value) for name, value in wish.items() if name != "time_in_force"}
        rest = {"time_in_force": wish["time_in_force"]} if "time_in_force" in wish else {}
        return self.exchange.place(NewOrder(BTC, side, kind, f"c{self.count}", **amounts, **rest))

    def pair(self, side: Side, lots: int, near: int, far: int, kind: OrderType) -> OrderList:
        """One order cancels the other: `near` ticks from the market where it loses, `far` where it wins."""
        self.count += 1
        sign = 1 if side is Side.BUY else -1
        last = self.market.pairs[0].last_ticks()
        losing, winning = ((last + sign * near) * BTC.price_tick, (last - sign * far) * BTC.price_tick)
        stop = {"stop_price": losing, "price": losing + sign * 10 * BTC.price_tick}
        win = {} if kind is OrderType.LIMIT_MAKER else {"stop_price": winning}
        win |= {} if kind is OrderType.TAKE_PROFIT else {"price": winning}
        names = (f"c{self.count}a", f"c{self.count}b")
        return self.exchange.place_pair(
            NewOrder(BTC, side, OrderType.STOP_LOSS_LIMIT, names[0], quantity=lots * BTC.lot, **stop),
            NewOrder(BTC, side, kind, names[1], quantity=lots * BTC.lot, **win),
            names[0],
        )

    def free(self, asset: str) -> Decimal:
        return self.exchange.balances[asset].free


def test_a_market_order_walks_the_levels_and_pays_each_price() -> None:
    desk = Desk()
    order = desk.place(Side.BUY, OrderType.MARKET, quantity="0.15")
    assert order.status is Status.FILLED
    assert [fill.quantity for fill in order.fills] == [Decimal("0.1"), Decimal("0.05")]
    first, second = order.fills
    assert first.price == Decimal("60001.00") < second.price
    # Paid: 0.1 x 60,001 + 0.05 x the second price. Received: 0.15 less 0.1% of it.
    assert desk.free("USDT") == Decimal(100_000) - Decimal("6000.10") - Decimal("0.05") * second.price
    assert desk.free("BTC") == Decimal(2) + Decimal("0.15") * Decimal("0.999")


def test_what_was_taken_is_gone_until_the_market_quotes_again() -> None:
    desk = Desk()
    desk.place(Side.BUY, OrderType.MARKET, quantity="0.1")
    assert desk.market.pairs[0].book.best_ask()[0] > ASK
    desk.market.play(trade(BID, 10, sold=True))
    assert desk.market.pairs[0].book.best_ask()[0] > ASK
    desk.market.play(quote(lots=9_000))
    assert desk.market.pairs[0].book.best_ask() == (ASK, 9_000)


def test_a_market_order_that_empties_the_book_expires_with_what_it_got() -> None:
    desk = Desk(balances={"BTC": Decimal(1000)}, top_value=60)
    order = desk.place(Side.SELL, OrderType.MARKET, quantity="50")
    assert order.status is Status.EXPIRED
    assert 0 < order.filled < 50
    assert desk.exchange.balances["BTC"].locked == 0


def test_a_sell_pays_its_fee_in_quote() -> None:
    desk = Desk(taker_fee=Decimal("0.002"))
    desk.place(Side.SELL, OrderType.MARKET, quantity="0.1")
    assert desk.free("USDT") == Decimal(100_000) + Decimal(6_000) * Decimal("0.998")  # 0.1 x 60,000.00 less 0.2%
    assert desk.free("BTC") == Decimal("1.9")


def test_a_market_buy_by_value_spends_no_more_than_it_said() -> None:
    order = Desk().place(Side.BUY, OrderType.MARKET, quote_quantity="1000")
    assert order.status is Status.FILLED
    # 1,000 / 60,001.00 = 0.016666...: 1,666 lots for 999.61666.
    assert (order.quantity, order.filled_quote) == (Decimal("0.01666"), Decimal("999.61666"))


def test_a_limit_order_rests_and_is_filled_in_parts_by_trades_at_its_price() -> None:
    desk = Desk()
    order = desk.place(Side.BUY, quantity="0.05", price="60000.00")
    assert (order.status, desk.exchange.balances["USDT"].locked) == (Status.NEW, Decimal(3_000))
    desk.market.play(trade(BID, 2_000, sold=True))
    assert (order.status, order.filled) == (Status.PARTIALLY_FILLED, Decimal("0.02"))
    desk.market.play(trade(BID, 10_000, sold=True))
    assert order.status is Status.FILLED
    assert [fill.is_maker for fill in order.fills] == [True, True]
    assert desk.exchange.balances["USDT"] == desk.exchange.balances["USDT"].__class__(Decimal(97_000))
    # What the order left of the second trade, 7,000 of 10,000 lots, is printed too.
    assert [row.lots for row in desk.market.pairs[0].tape.trades] == [2_000, 3_000, 7_000]


def test_a_quote_through_a_limit_order_fills_it_at_its_own_price() -> None:
    desk = Desk()
    order = desk.place(Side.BUY, quantity="0.05", price="59990.00")
    desk.market.play(quote(bid=5_998_000, ask=5_998_100))
    assert (order.status, order.fills[0].price) == (Status.FILLED, Decimal("59990.00"))


def test_a_small_quote_through_a_big_limit_order_fills_a_part_and_never_crosses_the_book() -> None:
    desk = Desk(balances={"USDT": Decimal(10_000_000)}, top_value=60)
    order = desk.place(Side.BUY, quantity="100", price="59990.00")
    desk.market.play(quote(bid=4_700_000, ask=4_700_100, lots=100))  # every level lies below the order's price
    book = desk.market.pairs[0].book
    assert order.status is Status.PARTIALLY_FILLED
    assert book.best_bid()[0] == 5_999_000 < book.best_ask()[0]


def test_a_limit_order_that_empties_the_book_rests_and_never_crosses_it() -> None:
    desk = Desk(balances={"USDT": Decimal(10_000_000)}, top_value=60)
    order = desk.place(Side.BUY, quantity="100", price="80000.00")
    book = desk.market.pairs[0].book
    assert (order.status, order.is_open) == (Status.PARTIALLY_FILLED, True)
    assert book.best_bid()[0] == 8_000_000 < book.best_ask()[0]


def test_a_better_price_gives_back_what_was_set_aside_too_much() -> None:
    desk = Desk()
    desk.place(Side.BUY, quantity="0.1", price="70000.00")
    assert desk.free("USDT") == Decimal(100_000) - Decimal("6000.10")  # 0.1 x 60,001.00
    assert desk.exchange.balances["USDT"].locked == 0


def test_immediate_or_cancel_takes_what_is_there_and_expires() -> None:
    order = Desk().place(Side.BUY, quantity="0.5", price="60001.00", time_in_force=TimeInForce.IOC)
    assert (order.status, order.filled) == (Status.EXPIRED, Decimal("0.1"))


def test_fill_or_kill_is_all_or_nothing() -> None:
    desk = Desk()
    killed = desk.place(Side.BUY, quantity="0.5", price="60001.00", time_in_force=TimeInForce.FOK)
    assert (killed.status, killed.filled, desk.free("USDT")) == (Status.EXPIRED, 0, Decimal(100_000))
    assert desk.place(Side.BUY, quantity="0.1", price="60001.00", time_in_force=TimeInForce.FOK).status is Status.FILLED


def test_a_maker_order_that_the_market_reached_within_the_latency_expires() -> None:
    desk = Desk(hold=True)
    order = desk.place(Side.BUY, OrderType.LIMIT_MAKER, quantity="0.1", price="60000.00")
    desk.market.play(quote(bid=5_998_000, ask=5_998_100))
    desk.held[0]()
    assert (order.status, order.filled) == (Status.EXPIRED, 0)


def test_an_order_never_trades_with_the_accounts_own() -> None:
    desk = Desk()
    own = desk.place(Side.SELL, quantity="0.01", price="60000.50")
    desk.place(Side.BUY, quantity="0.01", price="60002.00")
    assert (own.status, own.filled) == (Status.EXPIRED_IN_MATCH, 0)


def test_a_market_buy_that_became_dearer_within_the_latency_stops_where_the_money_ends() -> None:
    desk = Desk(hold=True, balances={"USDT": Decimal("6000.10")})
    order = desk.place(Side.BUY, OrderType.MARKET, quantity="0.1")
    desk.market.play(quote(bid=6_100_000, ask=6_100_100))
    desk.held[0]()
    assert (order.status, order.filled) == (Status.EXPIRED, 0)
    assert desk.free("USDT") == Decimal("6000.10")


def test_a_cancelled_order_is_never_matched() -> None:
    desk = Desk(hold=True)
    order = desk.place(Side.BUY, quantity="0.1", price="70000.00")
    desk.exchange.cancel(order, "x")
    desk.held[0]()
    assert (order.status, order.fills, desk.free("USDT")) == (Status.CANCELED, [], Decimal(100_000))
    with pytest.raises(Refusal):
        desk.exchange.cancel(order, "y")


def test_no_more_open_orders_than_the_filter_allows() -> None:
    desk = Desk()
    for _ in range(200):
        desk.place(Side.BUY, quantity="0.001", price="50000.00")
    with pytest.raises(Refusal, match="MAX_NUM_ORDERS"):
        desk.place(Side.BUY, quantity="0.001", price="50000.00")


STEP = st.one_of(
    st.tuples(
        st.just("limit"),
        st.sampled_from(Side),
        st.integers(1, 40_000),
        st.integers(BID - 2_000, ASK + 2_000),
        st.sampled_from(TimeInForce),
    ),
    st.tuples(st.just("maker"), st.sampled_from(Side), st.integers(1, 40_000), st.integers(BID - 2_000, ASK + 2_000)),
    st.tuples(st.just("market"), st.sampled_from(Side), st.integers(1, 200_000)),
    st.tuples(st.just("value"), st.sampled_from(Side), st.integers(1, 120_000)),
    st.tuples(
        st.just("stop"),
        st.sampled_from(Side),
        st.integers(1, 40_000),
        st.sampled_from(sorted(STOP_TYPES)),
        st.integers(BID - 3_000, ASK + 3_000),
        st.integers(BID - 2_000, ASK + 2_000),
    ),
    st.tuples(
        st.just("pair"),
        st.sampled_from(Side),
        st.integers(1, 40_000),
        st.integers(1, 2_000),
        st.integers(1, 2_000),
        st.sampled_from([OrderType.LIMIT_MAKER, OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT]),
    ),
    st.tuples(st.just("cancel"), st.integers(0, 30)),
    st.tuples(st.just("match"), st.integers(1, 5)),
    st.tuples(st.just("quote"), st.integers(BID - 3_000, BID + 3_000), st.integers(1, 2_000), st.integers(1, 20_000)),
    st.tuples(st.just("trade"), st.booleans(), st.integers(1, 50_000)),
)


def act(desk: Desk, step: tuple[Any, ...]) -> None:
    name, *how = step
    if name == "quote":
        bid, spread, lots = how
        desk.market.play(quote(bid, bid + spread, lots))
    elif name == "trade":
        sold, lots = how
        bid, ask, bid_lots, ask_lots = desk.market.pairs[0].quote
        at = Move(MINUTE_START_MS, 0, bid, ask, bid_lots, ask_lots)
        desk.market.play(trade(bid if sold else ask, lots, sold=sold, at=at))
    elif name == "match":
        for run in desk.held[: how[0]]:
            run()
        del desk.held[: how[0]]
    elif name == "cancel":
        desk.exchange.cancel(desk.exchange.orders[how[0]], "x")
    elif name == "market":
        desk.place(how[0], OrderType.MARKET, quantity=how[1] * BTC.lot)
    elif name == "value":
        desk.place(how[0], OrderType.MARKET, quote_quantity=how[1])
    elif name == "stop":
        side, lots, kind, stop, ticks = how
        limit = {} if kind in MARKET_TYPES else {"price": ticks * BTC.price_tick}
        desk.place(side, kind, quantity=lots * BTC.lot, stop_price=stop * BTC.price_tick, **limit)
    elif name == "pair":
        desk.pair(*how)
    elif name == "maker":
        desk.place(how[0], OrderType.LIMIT_MAKER, quantity=how[1] * BTC.lot, price=how[2] * BTC.price_tick)
    else:
        side, lots, ticks, time_in_force = how
        amounts = {"quantity": lots * BTC.lot, "price": ticks * BTC.price_tick}
        desk.place(side, OrderType.LIMIT, **amounts, time_in_force=time_in_force)


@effort(max_examples=300, deadline=None)
@given(steps=st.lists(STEP, max_size=30))
def test_money_is_moved_by_trades_and_fees_alone_and_no_order_is_overfilled(steps: list[tuple[Any, ...]]) -> None:
    desk = Desk(hold=True)
    expected = {"USDT": Decimal(100_000), "BTC": Decimal(2)}
    for step in steps:
        seen, money = len(desk.exchange.trades), dict(desk.exchange.balances)
        try:
            act(desk, step)
        except (Refusal, KeyError):
            assert dict(desk.exchange.balances) == money
        for fill in desk.exchange.trades[seen:]:
            sign = 1 if fill.side is Side.BUY else -1
            expected["BTC"] += sign * fill.quantity
            expected["USDT"] -= sign * fill.quote_quantity
            expected[fill.commission_asset] -= fill.commission
        for asset, balance in desk.exchange.balances.items():
            assert balance.free >= 0
            assert balance.locked >= 0
            assert balance.total == expected[asset]
            assert balance.locked == sum(o.locked for o in desk.exchange.open_orders() if o.locks == asset)
        for order in desk.exchange.orders.values():
            assert order.filled_lots <= order.lots
            assert order.filled_lots * BTC.lot == sum(fill.quantity for fill in order.fills)
            assert (order.status is Status.FILLED) == (order.filled_lots == order.lots and order.lots > 0)
            assert order.pair is None or sum(bool(half.fills) for half in order.pair.orders) <= 1
            assert not order.ticks or all(_within_limit(order, fill.price) for fill in order.fills)
        book = desk.market.pairs[0].book
        assert book.best_bid()[0] < book.best_ask()[0]
    ids = [row.trade_id for row in desk.market.pairs[0].tape.trades]
    assert ids == list(range(1, len(ids) + 1))


def _within_limit(order: Order, price: Decimal) -> bool:
    return price <= order.price if order.is_buy else price >= order.price
