"""`sorte sim`: serves until it is told to stop, and tells people in text and programs in JSON lines."""

from __future__ import annotations

import asyncio
import difflib
import os
import signal
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import uvloop

from core.contracts import Pair
from core.errors import ConfigurationError
from services.simulator.grid import text
from services.simulator.kept import Kept
from services.simulator.orders import Report
from services.simulator.recorded import pair_for
from services.simulator.server import Sim, serve
from services.simulator.settings import DEFAULT_PAIRS, SimSettings, make_pairs

Tell = Callable[[dict[str, Any]], None]

PAST: Final = ".past"

EXAMPLE: Final = """\
Simulated exchange, Binance spot dialect. Nothing here is real; the key protects nothing.

  REST        {rest_url}/api/v3
  streams     {stream_url}/stream?streams=btcusdt@bookTicker
  order API   {ws_api_url}
  key         {api_key}
  secret      {api_secret}

With ccxt (pip install ccxt):

  import ccxt
  binance = ccxt.binance({{
      "apiKey": "{api_key}",
      "secret": "{api_secret}",
      "options": {{"defaultType": "spot", "fetchMarkets": {{"types": ["spot"]}},
                  "fetchCurrencies": False, "fetchMargins": False}},
  }})
  binance.urls["api"] = dict.fromkeys(binance.urls["api"], "{rest_url}/api/v3")
  print(binance.create_order("{example}", "market", "buy", {amount}))

Ctrl-C ends it."""


def run(
    *,
    port: int,
    symbols: str,
    seed: int,
    speed: float,
    events_per_second: float,
    replay: Path | None,
    until_input_ends: bool,
    as_json: bool,
    bnb_fees: bool = False,
    keep: Path | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, or until standard input ends, by which a child learns that its parent is gone."""
    market: dict[str, Any] = {"pairs": chosen_pairs(symbols)} if replay is None else recorded_market(replay)
    settings = SimSettings(
        port=port,
        seed=seed,
        speed=speed,
        events_per_second=events_per_second,
        start_on_client=until_input_ends or replay is not None,
        bnb_fees=bnb_fees,
        keep=keep,
        **market,
    )
    try:
        uvloop.run(_serve(settings, until_input_ends=until_input_ends, as_json=as_json))
    except OSError as error:
        said = f"sim: port {port} cannot be used: {error.strerror}."
        raise ConfigurationError(said, "Choose another --port.") from error


def chosen_pairs(symbols: str) -> tuple[Pair, ...]:
    """The default pairs that `symbols` names, in its order; all when it is empty; so many when it is a number."""
    if symbols.strip().isdigit() and int(symbols) > 0:
        return make_pairs(int(symbols))
    known = {pair.symbol: pair for pair in DEFAULT_PAIRS}
    names = [name.strip().upper() for name in symbols.split(",") if name.strip()]
    unknown = [name for name in names if name not in known]
    if unknown:
        near = difflib.get_close_matches(unknown[0], known, n=1)
        meant = f"Did you mean {near[0]}? " if near else ""
        raise ConfigurationError(f"sim: no pair {', '.join(unknown)}.", f"{meant}There are {', '.join(known)}.")
    return tuple(known[name] for name in dict.fromkeys(names)) or DEFAULT_PAIRS


def recorded_market(path: Path) -> dict[str, Any]:
    """The settings that replay an .npz file: BAR_ROW arrays named by symbol, and perhaps each one's `<symbol>.past`.

    A symbol that is not among the default pairs, or is finer than these, gets a grid that fits its prices. The account
    owns 10,000 of each quote currency.
    """
    arrays = recorded_bars(path)
    bars = {name: rows for name, rows in arrays.items() if not name.endswith(PAST)}
    pairs = tuple(
        pair_for(name, np.concatenate([rows, arrays.get(name + PAST, rows[:0])])) for name, rows in bars.items()
    )
    return {
        "pairs": pairs,
        "bars": bars,
        "past_bars": {name.removesuffix(PAST): rows for name, rows in arrays.items() if name.endswith(PAST)},
        "start_prices": {name: Decimal(repr(float(rows["open"][0]))) for name, rows in bars.items()},
        "balances": {pair.quote: Decimal(10_000) for pair in pairs},
    }


def recorded_bars(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays of an .npz file."""
    try:
        with np.load(path) as arrays:  # pickles stay refused, which is numpy's default
            return dict(arrays)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"sim: {path} cannot be read: {error}.", "numpy.savez writes such files.") from error


async def _serve(settings: SimSettings, *, until_input_ends: bool, as_json: bool) -> None:
    stopped = asyncio.Event()
    if until_input_ends:
        asyncio.get_running_loop().add_reader(0, stopped.set)  # nothing is ever written to it
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    tell = _tell_json if as_json else _tell_text
    async with serve(settings) as sim:
        sim.exchange.reporters.append(lambda report: tell(described(report)))
        if as_json:
            tell(_ready(sim))
        else:
            _print(_example(sim))
        finished = asyncio.create_task(_tell_end(sim, tell))
        await stopped.wait()
        finished.cancel()
    tell({"kind": "stopped"})


async def _tell_end(sim: Sim, tell: Tell) -> None:
    await sim.finished
    tell({"kind": "finished", "time_ms": sim.market.last_ms})


def _ready(sim: Sim) -> dict[str, Any]:
    return {
        "kind": "ready",
        "rest_url": sim.rest_url,
        "stream_url": sim.stream_url,
        "ws_api_url": sim.ws_api_url,
        "api_key": sim.settings.api_key,
        "api_secret": sim.settings.api_secret,
        "pid": os.getpid(),
        **({} if sim.kept is None else {"account": account(sim, sim.kept)}),
    }


def account(sim: Sim, kept: Kept) -> dict[str, Any]:
    """The account that this exchange goes on with: since when, what was paid in, what it owns, and what that costs."""
    return {
        "starts": kept.starts,
        "began_ms": kept.began_ms,
        "time_ms": sim.market.last_ms,
        "deposited": kept.deposited,
        "balances": {asset: balance.total for asset, balance in sim.exchange.balances.items() if balance.total},
        "prices": {state.symbol: state.grid.price(state.last_ticks()) for state in sim.market.pairs},
    }


def _example(sim: Sim) -> str:
    pair = sim.settings.pairs[0]
    amount = max(pair.lot, pair.min_notional * 4 / sim.settings.start_price(pair.symbol) // pair.lot * pair.lot)
    return EXAMPLE.format(**_ready(sim), example=f"{pair.base}/{pair.quote}", amount=amount)


def described(report: Report) -> dict[str, Any]:
    """One step of an order as a line: `kind` is fill for a trade, order for everything else."""
    order, fill = report.order, report.fill
    line = {
        "kind": "fill" if fill else "order",
        "time_ms": report.time_ms,
        "symbol": order.symbol,
        "order_id": order.order_id,
        "client_order_id": order.client_order_id,
        "side": str(order.side),
        "type": str(order.type),
        "status": str(order.status),
    }
    if fill is None:
        return {**line, "quantity": text(order.quantity), "price": text(order.price)}
    return {
        **line,
        "trade_id": fill.trade_id,
        "quantity": text(fill.quantity),
        "price": text(fill.price),
        "commission": text(fill.commission),
        "commission_asset": fill.commission_asset,
        "maker": fill.is_maker,
    }


def _tell_json(line: dict[str, Any]) -> None:
    _print(msgspec.json.encode(line).decode())


def _tell_text(line: dict[str, Any]) -> None:
    if "symbol" in line:
        price = "market" if line["kind"] == "order" and line["type"] == "MARKET" else line["price"]
        _print(f"{line['kind']:5} {line['symbol']} {line['side']} {line['quantity']} at {price}: {line['status']}")
    else:
        _print(line["kind"])


def _print(line: str) -> None:
    # Flushed, because the reader of a pipe waits for this very line. When the reader is gone, the engine goes on: the
    # step of which this is told is not complete yet.
    try:
        print(line, file=sys.stdout, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
