"""One run from its start to its end: where it trades, what stops it, and the last line that sums it up."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final, Protocol

from core.contracts.control import Program
from core.contracts.events import Summary
from core.contracts.told import Tell, Telling
from core.errors import ConfigurationError
from core.names import parse_timeframe
from core.owner import OwnersWord
from core.priority import run_first
from core.private import close_data_folder
from core.releases import Release, lay_out
from core.settings import Settings
from core.strategy import Source
from core.traded import remember
from core.warming import Wanted, wanted_in
from services.trader.assembling import assemble
from services.trader.exchanges.binance import Binance
from services.trader.exchanges.patience import Patience
from services.trader.limits import Limits, limits_for
from services.trader.plan import Plan
from services.trader.staging import release_of
from services.trader.trader import Trader
from services.trader.venue import Venue, never_began, starting, summary, venue_of
from services.trader.waiting import answered_before, finished_before
from services.trader.window import Window

ENDING_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a service manager or a shutdown, a terminal that was closed: each is an orderly end."""


class Commander(Protocol):
    """Who decides what trades, and may change it while it trades."""

    async def start(self) -> Program:
        """What trades, once the workspace is in order."""

    def serve(self, trader: Trader) -> None:
        """Take a warm trader in hand."""

    def hear(self, told: Telling) -> None:
        """Something worth telling happened."""

    def leave(self) -> None:
        """The trader ends, and its hosts with it: nothing of that is heard any more."""

    async def close(self) -> None:
        """The trader has ended."""


async def run(
    plan: Plan,
    settings: Settings,
    tell: Tell,
    watch: Callable[[Window], None],
    commander: Commander | None = None,
) -> Summary:
    """Trade until the time is over, the feed ends or SIGINT, SIGTERM or SIGHUP arrives; returns the summary.

    `tell` hears every event worth telling, `watch(window)` may look at the trader once it is warm.
    Without a commander the strategy of the plan trades, and cannot be changed.
    """
    if commander is None:
        source = Source.read(plan.strategy) if plan.strategy else Source.shipped()
        release = lay_out(source, settings.data_dir / "releases")
        return await trade(plan, settings, tell, lambda trader: watch(trader.window), release)

    def tell_both(told: Telling) -> None:
        tell(told)
        commander.hear(told)

    def watch_both(trader: Trader) -> None:
        watch(trader.window)
        commander.serve(trader)

    try:
        release = release_of(await commander.start())
        return await trade(plan, settings, tell_both, watch_both, release, commander.leave)
    finally:
        await commander.close()


async def trade(
    plan: Plan,
    settings: Settings,
    tell: Tell,
    on_warm: Callable[[Trader], None],
    release: Release,
    on_leave: Callable[[], None] = lambda: None,
) -> Summary:
    """Trade with `release`, as `run` says; `on_warm` gets the trader, `on_leave` hears of the end before the hosts."""
    limits, limits_hash = limits_for(settings)
    close_data_folder(settings.data_dir)
    run_first(realtime=settings.trader.realtime)
    stop = asyncio.Event()
    for number in ENDING_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # `nohup`: the terminal may go, trading goes on
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    wanted = wanted_in(release.folder)
    warm_bars = max(settings.trader.warm_bars, wanted.all_bars(parse_timeframe(settings.trader.timeframe)))
    async with venue_of(plan, settings, limits_hash, warm_bars, stop.set) as venue, obeying(settings):
        refuse_unfit(wanted, venue.timeframe)
        trading = settings.trader.model_copy(update={"timeframe": venue.timeframe})
        settings = settings.model_copy(update={"exchange": venue.exchange, "trader": trading})
        exchange = Binance(venue.exchange)
        exchange.be_patient(Patience(trading.start_patience_seconds, tell))
        try:
            trader = await _made(stop, venue, settings, limits, exchange, release, tell)
        except BaseException:
            await exchange.close()
            raise
        if trader is None:
            await exchange.close()
            return never_began(trading.mode)
        try:
            tell(starting(venue, trader))
            trader.failed.add_done_callback(lambda _: stop.set())
            if await finished_before(stop, trader.start()):
                exchange.be_patient(None)
                on_warm(trader)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(plan.seconds):
                        await stop.wait()
            if trader.failed.done():
                await trader.failed
            return summary(venue, trader, resident_mb(trader))
        finally:
            on_leave()
            await trader.close()


def refuse_unfit(wanted: Wanted, timeframe: str) -> None:
    """ConfigurationError when the strategy counts bars that are no multiple of those that it would be given."""
    if (unfit := wanted.unfit(parse_timeframe(timeframe))) is not None:
        raise ConfigurationError(
            f"The strategy counts bars of {unfit}, which cannot be made of bars of {timeframe}.",
            "Set trader.timeframe to a shorter one, or remove the indicators on those bars.",
        )


async def _made(
    stop: asyncio.Event,
    venue: Venue,
    settings: Settings,
    limits: Limits,
    exchange: Binance,
    release: Release,
    tell: Tell,
) -> Trader | None:
    """A trader of the venue's pairs; None when `stop` was set before the exchange had said their rules."""
    pairs = await answered_before(stop, exchange.pairs(venue.symbols))
    if pairs is None:
        return None
    remember(settings.data_dir, list(venue.symbols))
    tables = settings.data_dir / "qtables"
    return assemble(
        settings,
        limits,
        exchange,
        pairs,
        parse_timeframe(venue.timeframe),
        release,
        tell=tell,
        folder=venue.folder,
        qtables=tables.resolve() if tables.is_dir() else None,
    )


@contextlib.asynccontextmanager
async def obeying(settings: Settings) -> AsyncIterator[None]:
    """Be one whom the owner's word in the data folder reaches, for as long as the block runs."""
    with OwnersWord(settings.data_dir).heard():
        yield


def resident_mb(trader: Trader) -> float:
    """Resident memory of the trader and its hosts, added up; pages that they share are counted in each."""
    pids = [os.getpid(), *(host.pid for host in trader.slots.hosts)]
    return round(sum(map(_resident_kb, pids)) / 1024, 1)


def _resident_kb(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")), 0)
