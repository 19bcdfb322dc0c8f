"""An unmodified ccxt trades on the simulated exchange as on the real one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import ccxt.async_support as ccxt
import pytest

from services.trader.exchanges.sim import Sim, serve
from tests.exchanges.sim.client import in_loop, quiet, settings


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
