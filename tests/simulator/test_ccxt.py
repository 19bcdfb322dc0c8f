"""An unmodified ccxt trades on the simulated exchange as on the real one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import ccxt.async_support as ccxt
import pytest

from services.simulator import Sim, serve
from tests.simulator.client import in_loop, quiet, settings


@asynccontextmanager
async def binance(sim: Sim, **changes: Any) -> AsyncIterator[Any]:
    options = {
        "defaultType": "spot",
        "fetchMarkets": {"types": ["spot"]},
        "fetchCurrencies": False,
        "fetchMargins": False,
    }
    usual = {"apiKey": sim.settings.api_key, "secret": sim.settings.api_secret, "options": options}
    exchange = ccxt.binance({**usual, **changes})
    exchange.urls["api"] = dict.fromkeys(exchange.urls["api"], f"{sim.rest_url}/api/v3")
    try:
        yield exchange
    finally:
        await exchange.close()


@in_loop
async def test_markets_carry_the_pairs_grid_and_limits() -> None:
    async with serve(quiet()) as sim, binance(sim) as exchange:
        market = (await exchange.load_markets())["BTC/USDT"]
        assert (market["base"], market["quote"], market["active"], market["spot"]) == ("BTC", "USDT", True, True)
        assert market["precision"]["price"] == 0.01
        assert market["precision"]["amount"] == 0.00001
        assert market["limits"]["cost"]["min"] == 5


@in_loop
async def test_public_data_is_read() -> None:
    async with serve(quiet()) as sim, binance(sim) as exchange:
        await exchange.load_markets()
        rows = await exchange.fetch_ohlcv("BTC/USDT", "1m", limit=5)
        assert len(rows) == 5
        assert all(low <= min(opened, close) <= max(opened, close) <= high for _, opened, high, low, close, _ in rows)
        book = await exchange.fetch_order_book("BTC/USDT", 10)
        ticker = await exchange.fetch_ticker("BTC/USDT")
        assert (ticker["bid"], ticker["ask"]) == (book["bids"][0][0], book["asks"][0][0])
        assert len(book["bids"]) == len(book["asks"]) == 10
        trades = await exchange.fetch_trades("BTC/USDT", limit=3)
        assert ticker["last"] == trades[-1]["price"]
        assert abs(await exchange.fetch_time() - exchange.milliseconds()) < 5_000


@in_loop
async def test_orders_live_their_whole_life() -> None:
    async with serve(quiet()) as sim, binance(sim) as exchange:
        await exchange.load_markets()
        bought = await exchange.create_order("BTC/USDT", "market", "buy", 0.01)
        assert (bought["status"], bought["filled"]) == ("closed", 0.01)
        assert bought["fee"] == {"currency": "BTC", "cost": 0.00001}  # 0.01 x 0.001

        resting = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 60_000, {"clientOrderId": "mine-1"})
        assert (resting["status"], resting["clientOrderId"]) == ("open", "mine-1")
        assert [order["id"] for order in await exchange.fetch_open_orders("BTC/USDT")] == [resting["id"]]
        assert (await exchange.fetch_balance())["USDT"]["used"] == 600  # 0.01 x 60,000
        assert (await exchange.fetch_order(resting["id"], "BTC/USDT"))["remaining"] == 0.01
        assert (await exchange.cancel_order(resting["id"], "BTC/USDT"))["status"] == "canceled"

        balance = await exchange.fetch_balance()
        assert balance["BTC"]["total"] == 2.00999  # 2 + 0.01 - 0.00001
        assert balance["USDT"]["used"] == 0
        trades = await exchange.fetch_my_trades("BTC/USDT")
        assert [(trade["order"], trade["amount"]) for trade in trades] == [(bought["id"], 0.01)]
        assert [order["status"] for order in await exchange.fetch_orders("BTC/USDT")] == ["closed", "canceled"]


@in_loop
async def test_a_market_buy_may_name_its_cost() -> None:
    async with serve(quiet()) as sim, binance(sim) as exchange:
        await exchange.load_markets()
        order = await exchange.create_market_buy_order_with_cost("BTC/USDT", 1_000)
        assert order["status"] == "closed"
        assert 999 < order["cost"] <= 1_000


@in_loop
async def test_the_exchanges_state_and_the_fees_are_read() -> None:
    async with serve(quiet()) as sim, binance(sim) as exchange:
        await exchange.load_markets()
        assert (await exchange.fetch_status())["status"] == "ok"
        fee = await exchange.fetch_trading_fee("BTC/USDT")
        assert (fee["maker"], fee["taker"]) == (0.001, 0.001)
        assert set(await exchange.fetch_trading_fees()) == {"BTC/USDT", "ETH/USDT"}


@in_loop
async def test_the_wallet_may_be_asked_at_its_own_address() -> None:
    async with serve(quiet()) as sim, binance(sim) as exchange:
        exchange.urls["api"]["sapi"] = f"{sim.rest_url}/sapi/v1"
        assert (await exchange.fetch_status())["status"] == "ok"
        assert (await exchange.fetch_trading_fee("ETH/USDT"))["taker"] == 0.001


@in_loop
async def test_bars_of_every_length_begin_where_the_exchange_lets_them_begin() -> None:
    start = datetime(2026, 11, 18, 13, 37, 11, tzinfo=UTC)  # a Wednesday
    begins = {
        "1s": start,
        "1m": start.replace(second=0),
        "3m": start.replace(minute=36, second=0),
        "2h": start.replace(hour=12, minute=0, second=0),
        "12h": start.replace(hour=12, minute=0, second=0),
        "1d": datetime(2026, 11, 18, tzinfo=UTC),
        "3d": datetime(2026, 11, 18, tzinfo=UTC),
        "1w": datetime(2026, 11, 16, tzinfo=UTC),
        "1M": datetime(2026, 11, 1, tzinfo=UTC),
    }
    chosen = quiet(start_ms=int(start.timestamp() * 1000), history_bars=1_500)
    async with serve(chosen) as sim, binance(sim) as exchange:
        minutes = await exchange.fetch_ohlcv("BTC/USDT", "1m", limit=1000)
        for timeframe, begin in begins.items():
            rows = await exchange.fetch_ohlcv("BTC/USDT", timeframe, limit=3)
            assert rows[-1][0] == int(begin.timestamp() * 1000), timeframe
            assert [row[0] for row in rows] == sorted({row[0] for row in rows}), timeframe
            within = [row for row in minutes if row[0] >= rows[-1][0]]
            if timeframe in ("3m", "2h"):
                assert rows[-1][5] == pytest.approx(sum(row[5] for row in within))
                assert rows[-1][2:4] == [max(row[2] for row in within), min(row[3] for row in within)]


@in_loop
@pytest.mark.parametrize("limit", [5, 100, 500, 1000, 5000])
async def test_an_order_book_is_as_deep_as_it_is_asked_for(limit: int) -> None:
    async with serve(quiet()) as sim, binance(sim) as exchange:
        book = await exchange.fetch_order_book("BTC/USDT", limit)
        assert len(book["bids"]) == len(book["asks"]) == limit
        assert book["bids"][0][0] < book["asks"][0][0]
        for side, sign in ((book["bids"], -1), (book["asks"], 1)):
            assert all((far[0] - near[0]) * sign > 0 for near, far in pairwise(side))
            assert all(amount > 0 for _, amount in side)
        again = await exchange.fetch_order_book("BTC/USDT", limit)
        assert (book["bids"], book["asks"]) == (again["bids"], again["asks"])


@in_loop
async def test_an_order_is_edited_by_replacing_it() -> None:
    async with serve(quiet()) as sim, binance(sim) as exchange:
        await exchange.load_markets()
        old = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 60_000)
        new = await exchange.edit_order(old["id"], "BTC/USDT", "limit", "buy", 0.02, 61_000)
        assert (new["status"], new["amount"], new["price"]) == ("open", 0.02, 61_000)
        assert (await exchange.fetch_order(old["id"], "BTC/USDT"))["status"] == "canceled"
        assert (await exchange.fetch_balance())["USDT"]["used"] == 1_220
        with pytest.raises(ccxt.ExchangeError):
            await exchange.edit_order(old["id"], "BTC/USDT", "limit", "buy", 0.02, 61_500)
        assert [order["id"] for order in await exchange.fetch_open_orders("BTC/USDT")] == [new["id"]]


@in_loop
@pytest.mark.parametrize(
    ("kind", "price", "params"),
    [
        ("limit", 58_000, {"stopLossPrice": 59_000}),
        ("market", None, {"stopLossPrice": 59_000}),
        ("limit", 72_000, {"takeProfitPrice": 71_000}),
        ("market", None, {"takeProfitPrice": 71_000}),
        ("STOP_LOSS_LIMIT", 58_000, {"stopPrice": 59_000}),
    ],
    ids=["stop loss limit", "stop loss market", "take profit limit", "take profit market", "by the exchange's name"],
)
async def test_stops_and_targets_wait_and_are_cancelled(kind: str, price: float | None, params: dict[str, Any]) -> None:
    async with serve(quiet()) as sim, binance(sim) as exchange:
        await exchange.load_markets()
        order = await exchange.create_order("BTC/USDT", kind, "sell", 0.5, price, params)
        found = await exchange.fetch_order(order["id"], "BTC/USDT")
        assert (found["status"], found["triggerPrice"], found["filled"]) == ("open", next(iter(params.values())), 0)
        assert (await exchange.fetch_balance())["BTC"]["used"] == 0.5
        assert (await exchange.cancel_order(order["id"], "BTC/USDT"))["status"] == "canceled"
        with pytest.raises(ccxt.OrderImmediatelyFillable):
            await exchange.create_order("BTC/USDT", "limit", "sell", 0.5, 60_000, {"stopLossPrice": 69_000})


@in_loop
@pytest.mark.parametrize("old", [True, False])
async def test_a_pair_of_orders_of_which_one_cancels_the_other(old: bool) -> None:
    async with serve(quiet()) as sim, binance(sim) as exchange:
        await exchange.load_markets()
        wish = {"symbol": "BTCUSDT", "side": "SELL", "quantity": "0.5"}
        if old:
            stop = {"stopPrice": "59000", "stopLimitPrice": "58900", "stopLimitTimeInForce": "GTC"}
            answer = await exchange.privatePostOrderOco({**wish, "price": "72000", **stop})
        else:
            above = {"aboveType": "LIMIT_MAKER", "abovePrice": "72000"}
            below = {"belowType": "STOP_LOSS", "belowStopPrice": "59000"}
            answer = await exchange.privatePostOrderListOco({**wish, **above, **below})
        assert (answer["contingencyType"], len(answer["orderReports"])) == ("OCO", 2)
        first, second = await exchange.fetch_open_orders("BTC/USDT")
        await exchange.cancel_order(first["id"], "BTC/USDT")
        assert (await exchange.fetch_order(second["id"], "BTC/USDT"))["status"] == "canceled"


@in_loop
async def test_refusals_become_the_right_exceptions() -> None:
    async with serve(quiet()) as sim, binance(sim) as exchange:
        await exchange.load_markets()
        with pytest.raises(ccxt.InsufficientFunds):
            await exchange.create_order("BTC/USDT", "limit", "buy", 9, 60_000)
        with pytest.raises(ccxt.BadSymbol):
            await exchange.publicGetTickerPrice({"symbol": "NOSUCHPAIR"})
        with pytest.raises(ccxt.OrderNotFound):
            await exchange.fetch_order("99", "BTC/USDT")
        with pytest.raises(ccxt.OrderNotFound):
            await exchange.cancel_order("99", "BTC/USDT")
        with pytest.raises(ccxt.OrderImmediatelyFillable):
            await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 70_000, {"postOnly": True})


@in_loop
@pytest.mark.parametrize("wrong", [{"secret": "0" * 64}, {"apiKey": "0" * 64}], ids=["signature", "key"])
async def test_a_wrong_secret_or_key_is_an_authentication_error(wrong: dict[str, str]) -> None:
    async with serve(quiet()) as sim, binance(sim, **wrong) as exchange:
        with pytest.raises(ccxt.AuthenticationError):
            await exchange.fetch_balance()


@in_loop
async def test_a_client_that_asks_too_much_meets_the_rate_limit() -> None:
    async with serve(settings(weight_per_minute=100)) as sim, binance(sim, enableRateLimit=False) as exchange:

        async def ask_too_much() -> None:
            for _ in range(200):  # weight 2 each, so enough even when a minute begins in between
                await exchange.publicGetTickerPrice({"symbol": "BTCUSDT"})

        with pytest.raises(ccxt.DDoSProtection):
            await ask_too_much()
