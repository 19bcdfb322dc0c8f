"""Public operations: what anybody may ask without a key."""

from __future__ import annotations

from typing import Any, Final

from services.simulator import market_answers
from services.simulator.clock import wall_ms
from services.simulator.faults import SymbolStatus
from services.simulator.intervals import INTERVALS, MINUTE_MS
from services.simulator.params import required
from services.simulator.refusals import Refusal
from services.simulator.tape import Tape, Trade
from services.simulator.venue import Request

AVERAGE_MINUTES: Final = 5


def ping(request: Request) -> dict[str, Any]:  # noqa: ARG001 - one signature for all operations
    return {}


def server_time(request: Request) -> dict[str, Any]:
    return {"serverTime": wall_ms() + request.venue.faults.clock_ms}


def exchange_info(request: Request) -> dict[str, Any]:
    request.params.text("permissions")
    request.params.text("showPermissionSets")
    status = request.params.choice("symbolStatus", SymbolStatus, Refusal(-1122, "Invalid symbolStatus."))
    infos = [market_answers.symbol_info(state) for state in request.states()]
    return {
        "timezone": "UTC",
        "serverTime": wall_ms() + request.venue.faults.clock_ms,
        "rateLimits": [request.venue.limit.described()],
        "exchangeFilters": [],
        "symbols": [info for info in infos if status in (None, info["status"])],
    }


def klines(request: Request) -> list[list[Any]]:
    state, params = request.state(), request.params
    interval = INTERVALS.get(required(params.text("interval"), "interval"))
    if interval is None:
        raise Refusal(-1120, "Invalid interval.")
    if params.text("timeZone") not in (None, "0", "00:00", "+00:00"):
        raise Refusal(-1130, "Data sent for parameter 'timeZone' is not valid.")
    market = request.venue.market
    start_ms, end_ms = params.integer("startTime"), params.integer("endTime")
    bars = state.tape.bars(interval, start_ms, end_ms, params.limit(500, 1000), now_ms=market.now_ms())
    return [market_answers.kline(state.grid, bar, interval.step(bar.open_ms) - 1) for bar in bars]


def depth(request: Request) -> dict[str, Any]:
    state, limit = request.state(), request.params.limit(100, 5000)
    book = state.book
    return {
        "lastUpdateId": book.update_id,
        "bids": market_answers.levels(state.grid, book.depth_bids(limit)),
        "asks": market_answers.levels(state.grid, book.depth_asks(limit)),
    }


def trades(request: Request) -> list[dict[str, Any]]:
    state, limit = request.state(), request.params.limit(500, 1000)
    return [market_answers.public_trade(state.grid, trade) for trade in state.tape.trades[-limit:]]


def aggregate_trades(request: Request) -> list[dict[str, Any]]:
    state = request.state()
    return [market_answers.aggregate_trade(state.grid, trade) for trade in _asked_trades(request, state.tape)]


def _asked_trades(request: Request, tape: Tape) -> list[Trade]:
    params, limit = request.params, request.params.limit(500, 1000)
    from_id, start_ms, end_ms = params.integer("fromId"), params.integer("startTime"), params.integer("endTime")
    if from_id is None:
        return tape.between(start_ms, end_ms, limit)
    if start_ms is not None or end_ms is not None:
        raise Refusal(-1128, "Combination of optional parameters invalid.")
    return tape.from_id(from_id, limit)


def old_trades(request: Request) -> list[dict[str, Any]]:
    state, limit, from_id = request.state(), request.params.limit(500, 1000), request.params.integer("fromId")
    found = state.tape.trades[-limit:] if from_id is None else state.tape.from_id(from_id, limit)
    return [market_answers.public_trade(state.grid, trade) for trade in found]


def average_price(request: Request) -> dict[str, Any]:
    state, now = request.state(), request.venue.market.now_ms()
    trades = state.tape.between(now - AVERAGE_MINUTES * MINUTE_MS, None, len(state.tape.trades))
    return market_answers.average_price(state, trades, AVERAGE_MINUTES)


def system_status(request: Request) -> dict[str, Any]:  # noqa: ARG001
    return {"status": 0, "msg": "normal"}


def ticker_price(request: Request) -> object:
    rows: list[dict[str, object]] = [
        {"symbol": state.symbol, "price": state.grid.price_text(state.last_ticks())} for state in request.states()
    ]
    return request.one_or_all(rows)


def book_ticker(request: Request) -> object:
    return request.one_or_all([market_answers.book_ticker(state) for state in request.states()])


def day_ticker(request: Request) -> object:
    request.params.text("type")
    now = request.venue.market.now_ms()
    return request.one_or_all([market_answers.day_ticker(state, now) for state in request.states()])
