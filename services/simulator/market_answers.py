"""The shapes of answers about the market, field by field as the exchange names them."""

from __future__ import annotations

from typing import Any

from services.simulator import filters
from services.simulator.grid import Grid
from services.simulator.market import PairMarket
from services.simulator.orders import OrderType
from services.simulator.tape import Bar, Trade

ZERO = "0.00000000"
PREVENTION = "EXPIRE_MAKER"

Json = dict[str, Any]


def symbol_info(state: PairMarket) -> Json:
    pair = state.grid.pair
    return {
        "symbol": pair.symbol,
        "status": state.halted or "TRADING",
        "baseAsset": pair.base,
        "baseAssetPrecision": 8,
        "quoteAsset": pair.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": [str(kind) for kind in OrderType],
        "icebergAllowed": False,
        "ocoAllowed": True,
        "otoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": filters.described(pair),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": PREVENTION,
        "allowedSelfTradePreventionModes": [PREVENTION],
    }


def kline(grid: Grid, bar: Bar, close_ms: int) -> list[Any]:
    return [
        bar.open_ms,
        grid.price_text(bar.open),
        grid.price_text(bar.high),
        grid.price_text(bar.low),
        grid.price_text(bar.close),
        grid.quantity_text(bar.volume),
        close_ms,
        grid.value_text(bar.value),
        bar.count,
        grid.quantity_text(bar.taker_volume),
        grid.value_text(bar.taker_value),
        "0",
    ]


def aggregate_trade(grid: Grid, trade: Trade) -> Json:
    return {
        "a": trade.trade_id,
        "p": grid.price_text(trade.ticks),
        "q": grid.quantity_text(trade.lots),
        "f": trade.trade_id,
        "l": trade.trade_id,
        "T": trade.time_ms,
        "m": trade.buyer_is_maker,
        "M": True,
    }


def public_trade(grid: Grid, trade: Trade) -> Json:
    return {
        "id": trade.trade_id,
        "price": grid.price_text(trade.ticks),
        "qty": grid.quantity_text(trade.lots),
        "quoteQty": grid.value_text(trade.ticks * trade.lots),
        "time": trade.time_ms,
        "isBuyerMaker": trade.buyer_is_maker,
        "isBestMatch": True,
    }


def levels(grid: Grid, rows: list[tuple[int, int]]) -> list[list[str]]:
    return [[grid.price_text(ticks), grid.quantity_text(lots)] for ticks, lots in rows]


def book_ticker(state: PairMarket) -> Json:
    grid, (bid, bid_lots), (ask, ask_lots) = state.grid, state.book.best_bid(), state.book.best_ask()
    return {
        "symbol": state.symbol,
        "bidPrice": grid.price_text(bid),
        "bidQty": grid.quantity_text(bid_lots),
        "askPrice": grid.price_text(ask),
        "askQty": grid.quantity_text(ask_lots),
    }


def day_ticker(state: PairMarket, now_ms: int) -> Json:
    grid, day = state.grid, state.tape.last_24_hours(now_ms)
    last = state.tape.trades[-1] if state.tape.trades else None
    change = grid.price(day.close - day.open)
    average = grid.value(day.value) / grid.quantity(day.volume) if day.volume else grid.price(day.close)
    return {
        **book_ticker(state),
        "priceChange": _signed(day.close - day.open, grid),
        "priceChangePercent": f"{change / grid.price(day.open) * 100 if day.open else 0:.3f}",
        "weightedAvgPrice": f"{average:.8f}",
        "prevClosePrice": grid.price_text(day.open),
        "lastPrice": grid.price_text(state.last_ticks()),
        "lastQty": grid.quantity_text(last.lots) if last else ZERO,
        "openPrice": grid.price_text(day.open),
        "highPrice": grid.price_text(day.high),
        "lowPrice": grid.price_text(day.low),
        "volume": grid.quantity_text(day.volume),
        "quoteVolume": grid.value_text(day.value),
        "openTime": day.open_ms,
        "closeTime": now_ms,
        "firstId": day.first_id,
        "lastId": day.last_id,
        "count": day.count,
    }


def average_price(state: PairMarket, trades: list[Trade], minutes: int) -> Json:
    """The volume-weighted average of these trades, or the last price when there are none."""
    grid, lots = state.grid, sum(trade.lots for trade in trades)
    value = sum(trade.ticks * trade.lots for trade in trades)
    price = grid.value(value) / grid.quantity(lots) if lots else grid.price(state.last_ticks())
    closed_ms = trades[-1].time_ms if trades else state.tape.last_ms
    return {"mins": minutes, "price": f"{price:.8f}", "closeTime": closed_ms}


def _signed(ticks: int, grid: Grid) -> str:
    return ("-" if ticks < 0 else "") + grid.price_text(abs(ticks))
