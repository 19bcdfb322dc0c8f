"""What history there is to judge on: imported by the owner, recorded by the trader, or made from a seed.

The first source that has enough is taken. One that is damaged is passed over, and `Evidence.origin` says so: a judge
without history would be no judge, but nobody should believe that he looked at a market when he did not.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from polars.exceptions import PolarsError

from core.backtest.inputs import SHORTEST_BAR, Market, check_rows, merge
from core.errors import DataError, SorteError
from core.history import default_root, store
from core.kernel import BAR, BAR_ROW, EVENT, Records
from core.names import CLOSE_BEFORE_NEXT_OPEN_NS, format_timeframe, parse_timeframe
from core.recording import Recording
from core.settings import Settings
from core.zone import clock
from services.guardian.case import Evidence
from services.guardian.made import made_markets

MOST_SYMBOLS: Final = 4
FEWEST_BARS: Final = 500
"""Of each pair. The seeded history is a better judge than less of a real one."""
PRICE_DECIMALS: Final = 8  # of a recorded price, whose grid is not recorded


def gather(
    settings: Settings,
    *,
    history_root: Path | None = None,
    recordings: Path | None = None,
    now_ns: int | None = None,
) -> Evidence:
    """The history to judge on. Never raises for what the disk holds.

    `history_root` is where `sorte data import` keeps bars, `recordings` where runs keep what they recorded. Of the
    latter the owner's day that is not over is left out, so that all changes of one day are judged on the same.
    """
    today_ns = midnight(time.time_ns() if now_ns is None else now_ns, settings.time_zone)
    most = settings.guardian.most_bars
    passed_over: list[str] = []
    sources = (
        ("imported history", read_imported(history_root or default_root(), most, passed_over)),
        ("recorded history", read_recorded(recordings or settings.data_dir, most, passed_over, today_ns)),
    )
    for name, found in sources:
        markets = choose_fitting(found, passed_over)
        if markets:
            return Evidence(markets, describe(name, markets, passed_over), settings.time_zone)
    origin = describe("no history of a real market; made from a seed", made_markets(), passed_over)
    return Evidence(made_markets(), origin, settings.time_zone)


def midnight(now_ns: int, zone: str) -> int:
    """When the owner's day began."""
    today = clock(zone).local(now_ns).date()
    return clock(zone).time_ns(datetime.combine(today, datetime.min.time()))


def describe(name: str, markets: Sequence[Market], passed_over: Sequence[str]) -> str:
    """In words: the source, the pairs, the dates, how much."""
    symbols = ", ".join(market.symbol for market in markets)
    first, last = (
        datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).strftime("%Y-%m-%d")
        for time_ns in (min(m.rows["time_ns"][0] for m in markets), max(m.rows["time_ns"][-1] for m in markets))
    )
    bars = sum(len(market.rows) for market in markets)
    told = f"{name}: {symbols}, {bars:,} bars of {format_timeframe(markets[0].timeframe_ns)}, {first} to {last}"
    return f"{told}; passed over: {'; '.join(passed_over)}" if passed_over else told


def choose_fitting(found: Iterable[Market], passed_over: list[str]) -> list[Market]:
    """Those that are sound, long enough, of the same days as the longest one, and go together with it."""
    sound = []
    for market in found:
        try:
            check_rows(market)
        except DataError as error:
            passed_over.append(error.message.rstrip("."))
            continue
        if len(market.rows) < FEWEST_BARS:
            passed_over.append(f"{market.symbol} has only {len(market.rows)} bars")
        else:
            sound.append(market)
    sound.sort(key=lambda market: (-len(market.rows), -int(market.rows["time_ns"][-1])))
    kept: list[Market] = []
    for market in sound:
        if not kept or (same_days(kept[0], market) and not bars_overlap([*kept, market])):
            kept.append(market)
        else:
            passed_over.append(f"{market.symbol} does not go together with {kept[0].symbol}")
    return sorted(kept, key=lambda market: market.symbol)


def same_days(longest: Market, other: Market) -> bool:
    """Whether another market covers the end of the longest one, and not much more."""
    first, last = (int(longest.rows["time_ns"][i]) for i in (0, -1))
    begins, ends = (int(other.rows["time_ns"][i]) for i in (0, -1))
    half = (last - first) // 2
    return begins < last and last - half < ends < last + half


def bars_overlap(markets: Sequence[Market]) -> bool:
    """Whether a bar opens while another is under way; see `core.backtest.inputs.check_grid`."""
    rows, _ = merge(markets)
    gaps = np.diff(rows["time_ns"])
    return bool(((gaps > 0) & (gaps < SHORTEST_BAR * markets[0].timeframe_ns)).any())


# Imported -------------------------------------------------------------------------------------------------------------


def read_imported(root: Path, most: int, passed_over: list[str]) -> Iterator[Market]:
    """The newest bars of up to four symbols, in the timeframe of which there is most."""
    stored = list(list_stored(root, passed_over))
    by_timeframe: dict[str, list[store.Stored]] = {}
    for entry in sorted(stored, key=lambda entry: (-min(entry.bars, most), -entry.last_ns, entry.symbol)):
        by_timeframe.setdefault(entry.timeframe, []).append(entry)
    if not by_timeframe:
        return
    chosen = max(
        by_timeframe.values(),
        key=lambda entries: (
            sum(min(entry.bars, most) for entry in entries[:MOST_SYMBOLS]),
            parse_timeframe(entries[0].timeframe),
        ),
    )
    for entry in chosen[:MOST_SYMBOLS]:
        try:
            yield read_newest(root, entry, most)
        except (DataError, OSError, ValueError) as error:
            passed_over.append(f"the history of {entry.symbol} cannot be read ({type(error).__name__})")


def list_stored(root: Path, passed_over: list[str]) -> Iterator[store.Stored]:
    """What is stored, but for what cannot be read."""
    try:
        symbols = store.stored_symbols(root)
    except OSError as error:
        passed_over.append(f"the imported history cannot be listed ({type(error).__name__})")
        return
    for symbol in symbols:
        folder = store.symbol_folder(root, symbol)
        try:
            with store.reading(folder):
                found = [store.describe(folder, symbol, length_ns) for length_ns in store.stored_timeframes(folder)]
        except (DataError, OSError, ValueError, PolarsError) as error:
            passed_over.append(f"the history of {symbol} cannot be read ({type(error).__name__})")
            continue
        yield from found


def read_newest(root: Path, entry: store.Stored, most: int) -> Market:
    """The newest `most` bars, without reading what is older."""
    folder, timeframe_ns = store.symbol_folder(root, entry.symbol), parse_timeframe(entry.timeframe)
    months: list[store.Month] = []
    with store.reading(folder):
        for name in reversed(entry.months):
            months.insert(0, store.read_month(store.month_file(folder, timeframe_ns, name)))
            if sum(len(month.bars) for month in months) >= most:
                break
    bars = np.concatenate([month.bars for month in months])[-most:]
    decimals = max(month.price_decimals for month in months)
    return Market(entry.symbol, bars, timeframe_ns, float(f"1e-{decimals}"))


# Recorded -------------------------------------------------------------------------------------------------------------


def read_recorded(folder: Path, most: int, passed_over: list[str], before_ns: int) -> Iterator[Market]:
    """Bars from before a moment that the trader's recordings hold, the newest first, in its timeframe."""
    timeframe_ns = 0
    found: dict[str, dict[int, np.void]] = {}
    for about in sorted(folder.rglob("events/*.json"), key=lambda file: file.name, reverse=True):
        try:
            recording = Recording.at(about.with_suffix(""), EVENT)
            said = msgspec.convert(recording.about, Recorded)
            timeframe_ns = timeframe_ns or parse_timeframe(said.timeframe)
            if parse_timeframe(said.timeframe) != timeframe_ns:
                continue
            for segment in reversed(recording.segments):
                add_bars(found, recording.of_kind(BAR, segment), said.symbols, timeframe_ns, before_ns)
                if has_enough(found, most):
                    break
        except (OSError, msgspec.MsgspecError, SorteError, IndexError) as error:
            passed_over.append(f"the recording {about.stem} cannot be read ({type(error).__name__})")
        if has_enough(found, most):
            break
    longest = sorted(found, key=lambda symbol: (-len(found[symbol]), symbol))
    for symbol in longest[:MOST_SYMBOLS]:
        bars = found[symbol]
        rows = np.array([bars[open_ns] for open_ns in sorted(bars)[-most:]], BAR_ROW)
        yield Market(symbol, rows, timeframe_ns, 10.0**-PRICE_DECIMALS)


class Recorded(msgspec.Struct):
    """What a recording of events says about its records; it says more."""

    symbols: list[str]
    timeframe: str


def has_enough(found: dict[str, dict[int, np.void]], most: int) -> bool:
    return len(found) >= MOST_SYMBOLS and all(len(bars) >= most for bars in found.values())


def add_bars(
    found: dict[str, dict[int, np.void]], events: Records, symbols: Sequence[str], timeframe_ns: int, before_ns: int
) -> None:
    """Bars by symbol and opening time. What is not of this timeframe, too new, or was there before, is left out."""
    opens = events["time_ns"] + CLOSE_BEFORE_NEXT_OPEN_NS - timeframe_ns
    fits = (opens % timeframe_ns == 0) & (opens + timeframe_ns <= before_ns)
    rows: Records = np.zeros(int(fits.sum()), BAR_ROW)
    rows["time_ns"], rows["close"] = opens[fits], events["price"][fits]
    for name in ("open", "high", "low", "volume"):
        rows[name] = events[name][fits]
    for pair, row in zip(events["pair"][fits].tolist(), rows, strict=True):
        found.setdefault(symbols[pair], {}).setdefault(int(row["time_ns"]), row)
