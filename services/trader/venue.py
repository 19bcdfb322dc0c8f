"""Where a run trades: the exchange of the settings, or a simulated one, whose paper account goes on from run to run."""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    plan: Plan, settings: Settings, limits_hash: str, on_end: Callable[[], None]
) -> AsyncIterator[Venue]:
    """The exchange of the settings, or a simulated one for as long as the block runs.

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

        recorded = prepare(plan.replays, settings, folder)
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


def said_of(venue: Venue, trader: Trader) -> dict[str, Any]:
    """What the first line says of the paper account; what it holds of pairs that are not traded counts from here on."""
    if venue.account is None:
        return {}
    quote = quote_asset(trader.portfolio)
    trader.valuation.aside = float(sum(value for _, value in venue.account.aside(quote).values()))
    told = venue.account.told(quote)
    return told | {"fills": trader.portfolio.fills} if venue.account.continued else told


def earned(venue: Venue, trader: Trader) -> dict[str, Any]:
    """What the summary says of the paper account."""
    if venue.account is None:
        return {}
    return venue.account.summed_up(quote_asset(trader.portfolio), trader.valuation.equity)
