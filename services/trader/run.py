"""Wires a trader: settings, limits, exchange, strategy and the view of it; one plain function that tests call too."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from core.contracts.control import Program
from core.errors import ConfigurationError
from core.names import parse_timeframe
from core.owner import OwnersWord
from core.priority import run_first
from core.private import close_data_folder
from core.releases import Release, lay_out
from core.settings import ExchangeSettings, Settings
from core.strategy import Source
from services.trader.arming import armed
from services.trader.control import release_of
from services.trader.exchanges.binance import Binance
from services.trader.exchanges.patience import Patience
from services.trader.limits import PAPER_LIMITS, Limits, load_limits, owners_limits
from services.trader.paper import EXCHANGE, FIRST_SEED, Account, seed_of_next
from services.trader.paper import folder_of as paper_folder
from services.trader.reconcile import quote_asset
from services.trader.simulated import simulated_exchange
from services.trader.trader import Trader

Tell = Callable[..., None]

Answer = TypeVar("Answer")

REPLAY: Final = "replay:"
ENDING_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a service manager or a shutdown, a terminal that was closed: each is an orderly end."""
NOT_STARTED: Final[dict[str, Any]] = {
    "trading": "halted",
    **dict.fromkeys(("events", "events_lost", "events_doubled", "events_refilled", "events_unanswered"), 0),
    **dict.fromkeys(("decisions", "orders", "fills", "open_positions", "faults"), 0),
    **dict.fromkeys(("equity", "fees", "rss_mb"), 0.0),
    "unreconciled": True,
    "held_back": [],
    "fees_unpriced": {},
    "latency_us": {"p50": None, "p99": None},
    "order_latency_us": {"p50": None, "p99": None},
}
"""The summary of a run that was ended before there was a trader."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What `sorte run` was asked for. Raises ConfigurationError for what makes no sense."""

    symbols: tuple[str, ...]
    feed: str = "sim"  # sim, replay:FILE, or exchange (the one of the settings)
    seconds: float | None = None  # None: until stopped
    speed: float = 60.0  # seconds of market time per second; sim and replay
    events_per_second: float = 200.0  # sim
    seed: int | None = None  # sim; None: the paper account's market
    strategy: Path | None = None  # None: the shipped one
    fresh: bool = False  # sim: an account of its own

    def __post_init__(self) -> None:
        if self.feed not in ("sim", "exchange") and not self.replays:
            raise ConfigurationError(f"There is no feed {self.feed!r}.", "Use sim, replay:FILE_OR_SYMBOL or exchange.")
        if not self.symbols and not self.replays:
            raise ConfigurationError("No pair was named.", "Name some: --pairs BTCUSDT,ETHUSDT.")

    def keeps(self, settings: Settings) -> bool:
        """Whether it trades with the paper account, which goes on from run to run."""
        return self.feed == "sim" and settings.trader.mode == "paper" and self.seed is None and not self.fresh

    @property
    def replays(self) -> str:
        """The files or symbols whose history is played; empty when none is."""
        return self.feed.removeprefix(REPLAY) if self.feed.startswith(REPLAY) else ""


class Commander(Protocol):
    """Who decides what trades, and may change it while it trades."""

    async def start(self) -> Program:
        """What trades, once the workspace is in order."""

    def serve(self, trader: Trader) -> None:
        """Take a warm trader in hand."""

    def hear(self, kind: str, fields: dict[str, Any]) -> None:
        """Something worth telling happened."""

    def leave(self) -> None:
        """The trader ends, and its hosts with it: nothing of that is heard any more."""

    async def close(self) -> None:
        """The trader has ended."""


async def run(
    plan: Plan,
    settings: Settings,
    tell: Tell,
    watch: Callable[[Trader], None],
    commander: Commander | None = None,
) -> dict[str, Any]:
    """Trade until the time is over, the feed ends or SIGINT, SIGTERM or SIGHUP arrives; returns the summary.

    `tell(kind, **fields)` hears every event worth telling, `watch(trader)` gets the trader once it is warm. Without a
    commander the strategy of the plan trades, and cannot be changed.
    """
    if commander is None:
        source = Source.read(plan.strategy) if plan.strategy else Source.shipped()
        return await trade(plan, settings, tell, watch, lay_out(source, settings.data_dir / "releases"))

    def tell_both(kind: str, **fields: Any) -> None:
        tell(kind, **fields)
        commander.hear(kind, fields)

    def watch_both(trader: Trader) -> None:
        watch(trader)
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
    watch: Callable[[Trader], None],
    release: Release,
    on_leave: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Trade with `release`, as `run` says; `on_leave` hears of the end before the hosts do."""
    limits, limits_hash = limits_for(settings)
    close_data_folder(settings.data_dir)
    run_first(realtime=settings.trader.realtime)
    stop = asyncio.Event()
    for number in ENDING_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # `nohup`: the terminal may go, trading goes on
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with venue_of(plan, settings, limits_hash, stop.set) as venue, obeying(settings):
        trading = settings.trader.model_copy(update={"timeframe": venue.timeframe})
        settings = settings.model_copy(update={"exchange": venue.exchange, "trader": trading})
        exchange = Binance(venue.exchange)
        exchange.be_patient(Patience(trading.start_patience_seconds, tell))
        try:
            pairs = await answered_before(stop, exchange.pairs(venue.symbols))
            if pairs is None:
                await exchange.close()
                return NOT_STARTED | {"mode": trading.mode}
            timeframe_ns = parse_timeframe(venue.timeframe)
            tables = settings.data_dir / "qtables"
            trader = Trader(
                settings,
                limits,
                exchange,
                pairs,
                timeframe_ns,
                release,
                tell=tell,
                folder=venue.folder,
                qtables=tables.resolve() if tables.is_dir() else None,
            )
        except BaseException:
            await exchange.close()
            raise
        try:
            about = said_of(venue, trader)
            tell(
                "starting",
                mode=trading.mode,
                pairs=venue.symbols,
                release=release.tree_hash,
                folder=str(venue.folder),
                **about,
            )
            trader.failed.add_done_callback(lambda _: stop.set())
            if await finished_before(stop, trader.start()):
                exchange.be_patient(None)
                watch(trader)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(plan.seconds):
                        await stop.wait()
            if trader.failed.done():
                await trader.failed
            return trader.summary() | {"rss_mb": resident_mb(trader)} | earned(venue, trader)
        finally:
            on_leave()
            await trader.close()


@contextlib.asynccontextmanager
async def obeying(settings: Settings) -> AsyncIterator[None]:
    """Be one whom the owner's word in the data folder reaches, for as long as the block runs."""
    with OwnersWord(settings.data_dir).heard():
        yield


async def answered_before(stop: asyncio.Event, question: Coroutine[Any, Any, Answer]) -> Answer | None:
    """The answer, raising what the question raises; None when `stop` was set first, and it was given up."""
    answers: list[Answer] = []

    async def ask() -> None:
        answers.append(await question)

    await finished_before(stop, ask())
    return answers[0] if answers else None


async def finished_before(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Do `work`, and raise what it raises; False when `stop` was set first, and the rest of the work was given up."""
    working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if working.done():
        await working
        return True
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    return False


@dataclass(frozen=True, slots=True)
class Venue:
    """Where to trade: the exchange, its pairs, the bars' timeframe, and the folder of this account's journal."""

    exchange: ExchangeSettings
    symbols: tuple[str, ...]
    timeframe: str
    folder: Path
    account: Account | None = None  # the paper account, when that is traded with


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


def limits_for(settings: Settings) -> tuple[Limits, str]:
    """The limits in force and their file's SHA-256; raises ConfigurationError when live mode has none of its own."""
    given = owners_limits(settings)
    if given is None and settings.trader.mode == "live":
        raise ConfigurationError("Live mode needs a limits file of your own.", f"Copy {PAPER_LIMITS} to limits.toml.")
    return load_limits(given or PAPER_LIMITS)


def refuse_unless_armed(settings: Settings, limits_hash: str) -> None:
    """Live needs keys, limits and arming; the other modes send no order to a real exchange at all."""
    if settings.trader.mode == "paper":
        raise ConfigurationError(
            "Paper mode trades on the simulated exchange, never on a real one.",
            "Leave --feed out, or use --mode shadow to watch a real market without orders.",
        )
    if settings.exchange.api_key is None or settings.exchange.api_secret is None:
        raise ConfigurationError(
            "The exchange's key and secret are missing.", "Set SORTE_EXCHANGE__API_KEY and __API_SECRET."
        )
    if settings.trader.mode == "live" and not armed(settings, limits_hash):
        raise ConfigurationError("Live trading is not armed for these limits.", "Read them again, then `sorte arm`.")


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
