"""A backtest as it was asked for: the words of the command line become histories, parameters and Q-tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np

from core import history
from core.backtest.cautions import cautions, few_returns
from core.backtest.inputs import Costs, Market
from core.backtest.naming import names_of
from core.backtest.result import Result
from core.backtest.tested import Tested
from core.backtest.venue import OpenVenue, Venue, here
from core.errors import ConfigurationError, DataError
from core.history import Hints, History
from core.history.importing.hints import NOTHING_SAID
from core.kernel import Table
from core.metrics import Metrics, measure
from core.names import format_timeframe
from core.qtables import read_tables
from core.strategy import Strategy
from core.warming import Wanted, wanted


@dataclass(frozen=True, slots=True)
class BacktestRequest:
    """What was asked for; None leaves it to the data, the strategy or the folder that the option names."""

    names: Sequence[str]  # symbols and files
    timeframe: str | None
    since_ns: int | None
    until_ns: int | None
    tested: Tested
    parameters: Mapping[str, float]
    cash: float
    fee: float
    slippage: float
    lot: float
    tick: float | None
    qtables: Path | None
    root: Path | None
    detail: bool = False  # play the finest bars there are inside those of the timeframe
    zone: str = "UTC"  # whose hours and days the strategy sees, and the report tells times in
    hints: Hints = NOTHING_SAID  # what files leave open


@dataclass(frozen=True, slots=True)
class Report:
    """A finished run and all that the reader of its figures needs to know about it."""

    strategy: Strategy
    place: str  # where its code ran; empty for here
    markets: Sequence[Market]
    timeframe: str
    first_ns: int  # the first bar's open
    last_ns: int  # the last bar's close
    cash: float
    costs: Costs
    result: Result
    metrics: Metrics
    notes: tuple[str, ...]  # about the files and what they can bear
    names: Sequence[str]  # of each fill, the rule that stood behind it; see `core.backtest.naming`
    tested: Tested
    parameters: Mapping[str, float]  # other values than the strategy's own, for this run
    zone: str = "UTC"  # whose hours and days the strategy saw


def run(request: BacktestRequest, show: Callable[[int, int], None], open_venue: OpenVenue = here) -> Report:
    """The whole run, without a word printed. Small mistakes are found before large files are read."""
    source = request.tested.source
    with open_venue(source, request.parameters) as venue:
        return play(request, show, venue, wanted(source.files))


def play(request: BacktestRequest, show: Callable[[int, int], None], venue: Venue, wants: Wanted) -> Report:
    strategy, costs = venue.strategy, Costs(request.fee, request.slippage)
    histories = load_histories(request)
    refuse_unfit(wants, histories[0].timeframe_ns)
    markets = [market_of(history, request) for history in histories]
    if request.detail:
        markets = with_detail(markets, request)
    notes = [f"{history.symbol}: {note}" for history in histories for note in history.notes] + [*cautions(markets)]
    tables = tables_of(request.qtables, [market.symbol for market in markets], strategy.table_shape)
    result = venue.simulate(markets, request.cash, costs, tables, show, request.zone)
    edges = [venue.edges(market.symbol) for market in markets]
    return Report(
        strategy=strategy,
        place=venue.place,
        markets=markets,
        timeframe=format_timeframe(markets[0].timeframe_ns),
        first_ns=min(int(market.rows["time_ns"][0]) for market in markets),
        last_ns=max(int(market.rows["time_ns"][-1]) for market in markets) + markets[0].timeframe_ns,
        cash=request.cash,
        costs=costs,
        result=result,
        metrics=measure(result.times_ns, result.equity, result.fills, result.exposed_ns),
        notes=(*notes, *few_returns(result.times_ns)),
        names=names_of(strategy, edges, result.fills),
        tested=request.tested,
        parameters=request.parameters,
        zone=request.zone,
    )


def refuse_unfit(wants: Wanted, timeframe_ns: int) -> None:
    """DataError when the strategy counts bars that cannot be made of those of the history."""
    if (unfit := wants.unfit(timeframe_ns)) is not None:
        raise DataError(
            f"The strategy counts bars of {unfit}, which cannot be made of bars of {format_timeframe(timeframe_ns)}.",
            f"Choose a --timeframe that is shorter than {unfit} and fits into it.",
        )


def split_names(data: Sequence[str]) -> list[str]:
    """Symbols and files; a comma separates them unless there is a file of that very name."""
    parts = [part.strip() for name in data for part in ([name] if Path(name).is_file() else name.split(","))]
    names = [part for part in parts if part]
    if not names:
        raise ConfigurationError("--data names nothing.", "Write a symbol or a file: --data BTCUSDT, --data bars.csv")
    return names


def parse_settings(settings: Sequence[str]) -> dict[str, float]:
    """`["stop_loss=3%"]`, or 0.03, as `{"stop_loss": 0.03}`; whether it exists and fits is the strategy's to say."""
    values = {}
    for setting in settings:
        name, equals, text = (part.strip() for part in setting.partition("="))
        try:
            values[name] = fraction(text)
        except ValueError:
            what = f"--set {setting} gives no number." if equals else f"--set {setting} has no =."
            raise ConfigurationError(what, f"Write --set {name or 'stop_loss'}=0.03, or 3%.") from None
    return values


def fraction(text: str) -> float:
    """`0.03`, `3%` and, as it is written in Brazil, `3,5%`. Raises ValueError for what is no number."""
    if not text.endswith("%"):
        return float(text)
    return float(Decimal(repr(float(text[:-1].replace(",", ".")))) / 100)


def parse_window(since: str | None, until: str | None) -> tuple[int | None, int | None]:
    """Both ends in UTC nanoseconds."""
    start, stop = parse_date("--from", since), parse_date("--to", until)
    if start is not None and stop is not None and stop <= start:
        raise ConfigurationError(
            f"--to {until} is not after --from {since}.", "Bars from --from on and before --to are taken."
        )
    return start, stop


def parse_date(option: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigurationError(f"{option} {text} is no date.", "Write 2024-01-31 or 2024-01-31T12:00, UTC.") from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return int(moment.timestamp()) * 1_000_000_000


def load_histories(request: BacktestRequest) -> list[History]:
    """Every history in the same timeframe: the one asked for, else the finest that the first one has."""
    loaded: list[History] = []
    for name in request.names:
        timeframe = request.timeframe or (loaded[0].timeframe_ns if loaded else None)
        loaded.append(history.load(name, timeframe, request.root, request.hints))
        if loaded[-1].symbol in [other.symbol for other in loaded[:-1]]:
            raise ConfigurationError(f"{loaded[-1].symbol} is named twice.", "Name each pair once.")
    return loaded


def market_of(history: History, request: BacktestRequest) -> Market:
    """The pair with the bars from --from on and before --to."""
    times = history.bars["time_ns"]
    start = 0 if request.since_ns is None else int(np.searchsorted(times, request.since_ns))
    stop = len(times) if request.until_ns is None else int(np.searchsorted(times, request.until_ns))
    if start >= stop:
        has = f"It goes from {utc(int(times[0]))} to {utc(int(times[-1]))}." if len(times) else "It is empty."
        raise DataError(f"{history.symbol} has no bars between --from and --to.", has)
    price_tick = float(f"1e-{history.price_decimals}") if request.tick is None else request.tick
    return Market(history.symbol, history.bars[start:stop], history.timeframe_ns, price_tick, request.lot)


def with_detail(markets: Sequence[Market], request: BacktestRequest) -> list[Market]:
    """The markets with the finest bars that all of them have. Raises DataError when there is nothing finer."""
    finest = [history.load(name, None, request.root, request.hints) for name in request.names]
    detail_ns = max(each.timeframe_ns for each in finest)
    if detail_ns >= markets[0].timeframe_ns:
        coarse = [each.symbol for each in finest if each.timeframe_ns == detail_ns]
        raise DataError(
            f"{', '.join(coarse)} has no bars finer than {format_timeframe(markets[0].timeframe_ns)} to play inside.",
            "Choose a coarser --timeframe than the data have, or import finer bars.",
        )
    finer = [
        each if each.timeframe_ns == detail_ns else history.load(name, detail_ns, request.root, request.hints)
        for name, each in zip(request.names, finest, strict=True)
    ]
    return [replace(market, detail=each.bars, detail_ns=detail_ns) for market, each in zip(markets, finer, strict=True)]


def tables_of(folder: Path | None, symbols: Sequence[str], shape: tuple[int, int]) -> list[Table | None]:
    """Each pair's Q-table in the folder, at least one; none at all for no folder."""
    if folder is None:
        return []
    if not folder.is_dir():
        raise ConfigurationError(f"There is no folder {folder}.", "Point --qtables to a folder of SYMBOL.npz files.")
    tables = read_tables(folder, symbols, shape)
    if all(table is None for table in tables):
        raise ConfigurationError(
            f"{folder} holds no Q-table of {', '.join(symbols)}.", f"It would be {symbols[0]}.npz."
        )
    return tables


def utc(time_ns: int) -> str:
    """2024-01-31T12:00:00Z."""
    return datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
