"""Where a run trades: the exchange of the settings, or a simulated one, whose paper account goes on from run to run."""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec import UNSET
from msgspec.structs import asdict, replace

from core.contracts.events import NeverBegan, Starting, Summary
from core.contracts.figures import Percentiles
from core.errors import ConfigurationError
from core.settings import ExchangeSettings, Settings
from services.trader.arming import refuse_unless_armed
from services.trader.paper import EXCHANGE, FIRST_SEED, Account, seed_of_next
from services.trader.paper import folder_of as paper_folder
from services.trader.plan import Plan
from services.trader.reconcile import quote_asset
from services.trader.simulated import simulated_exchange
from services.trader.trader import Trader


@dataclass(frozen=True, slots=True)
class Venue:
    """Where to trade: the exchange, its pairs, the bars' timeframe, and the folder of this account's journal."""

    exchange: ExchangeSettings
    symbols: tuple[str, ...]
    timeframe: str
    folder: Path
    account: Account | None = None  # the paper account, when that is traded with


@contextlib.asynccontextmanager
async def venue_of(
    plan: Plan, settings: Settings, limits_hash: str, warm_bars: int, on_end: Callable[[], None]
) -> AsyncIterator[Venue]:
    """The exchange of the settings, or a simulated one for as long as the block runs; `warm_bars` are past in a replay.

    A simulated exchange goes on with the paper account, or has a new account each time: then each run has a folder of
    its own.
    """
    timeframe = settings.trader.timeframe
    if plan.feed == "exchange":
        refuse_unless_armed(settings, limits_hash)
        yield Venue(settings.exchange, plan.symbols, timeframe, settings.data_dir / "trader")
        return
    if settings.trader.mode == "live":
        raise ConfigurationError("Live mode trades on a real exchange.", "Add --feed exchange.")
    if plan.keeps(settings):
        async with paper_venue(plan, settings, on_end) as venue:
            yield venue
        return
    folder = settings.data_dir / "runs" / f"{datetime.datetime.now(datetime.UTC):%Y%m%dT%H%M%S}-{os.getpid()}"
    replay, symbols = None, plan.symbols
    if plan.replays:
        from services.trader.replay import prepare

        recorded = prepare(plan.replays, warm_bars, folder, plan.hints)
        replay, symbols, timeframe = recorded.file, recorded.symbols, recorded.timeframe
    async with simulated_exchange(
        symbols=symbols,
        seed=FIRST_SEED if plan.seed is None else plan.seed,
        speed=plan.speed,
        events_per_second=plan.events_per_second,
        replay=replay,
        on_end=on_end,
    ) as address:
        yield Venue(address, symbols, timeframe, folder)


@contextlib.asynccontextmanager
async def paper_venue(plan: Plan, settings: Settings, on_end: Callable[[], None]) -> AsyncIterator[Venue]:
    """The simulated exchange of the paper account."""
    folder = paper_folder(settings.data_dir)
    told: dict[str, Any] = {}
    async with simulated_exchange(
        symbols=plan.symbols,
        seed=seed_of_next(settings.data_dir),
        speed=plan.speed,
        events_per_second=plan.events_per_second,
        replay=None,
        keep=folder / EXCHANGE,
        on_ready=told.update,
        on_end=on_end,
    ) as address:
        account = Account.of(told["account"], plan.symbols)
        yield Venue(address, plan.symbols, settings.trader.timeframe, folder, account)


def starting(venue: Venue, trader: Trader) -> Starting:
    """The first line; what the paper account holds of pairs that are not traded counts from here on."""
    mode, folder = trader.settings.trader.mode, str(venue.folder)
    line = Starting(mode=mode, pairs=venue.symbols, release=trader.release.tree_hash, folder=folder)
    if (account := venue.account) is None:
        return line
    quote = quote_asset(trader.portfolio)
    trader.valuation.aside = float(sum(value for _, value in account.aside(quote).values()))
    fills = trader.portfolio.fills if account.continued else UNSET
    told = account.told(quote)
    return replace(line, account=told.account, since=told.since, not_traded=told.not_traded, fills=fills)


def summary(venue: Venue, trader: Trader, rss_mb: float) -> Summary:
    """The last line; memory in MB."""
    line = Summary(**asdict(trader.window.figures().run()), rss_mb=rss_mb)
    if (account := venue.account) is None:
        return line
    quote = quote_asset(trader.portfolio)
    told, profit = account.told(quote), account.profit(quote, trader.valuation.equity)
    line = replace(line, account=told.account, since=told.since, not_traded=told.not_traded)
    return replace(line, starts=account.starts, profit=profit)


def never_began(mode: str) -> NeverBegan:
    """The last line of a run that was ended before there was a trader."""
    nothing = Percentiles(p50=None, p99=None)
    return NeverBegan(
        mode=mode,
        trading="halted",
        events=0,
        events_lost=0,
        events_doubled=0,
        events_refilled=0,
        events_unanswered=0,
        decisions=0,
        orders=0,
        fills=0,
        equity=0.0,
        fees=0.0,
        unreconciled=True,
        held_back=[],
        fees_unpriced={},
        open_positions=0,
        faults=0,
        latency_us=nothing,
        order_latency_us=nothing,
        rss_mb=0.0,
    )
