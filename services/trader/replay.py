"""Recorded history as a market: what the simulated exchange needs to play it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core import history
from core.errors import DataError

LEAST_BARS = 10


@dataclass(frozen=True, slots=True)
class Recorded:
    """What there is to play: a file for `sorte sim --replay`, its symbols, and the timeframe of its bars."""

    file: Path
    symbols: tuple[str, ...]
    timeframe: str


def prepare(data: str, warm_bars: int, folder: Path, hints: history.Hints | None = None) -> Recorded:
    """Write the bars of `data` (files or symbols, with commas between them) for the simulated exchange.

    The first `warm_bars`, which the strategy warms up on, but at most half are the past; the rest is played. `hints`
    say what the files leave open. Raises DataError for what cannot be read, is too short, or differs in its timeframe.
    """
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    timeframes = set()
    for name in filter(None, data.split(",")):
        loaded = history.load(name, hints=hints or history.Hints())
        timeframes.add(loaded.timeframe_ns)
        if len(loaded.bars) < LEAST_BARS:
            raise DataError(f"{name} has only {len(loaded.bars)} bars.", f"A replay needs {LEAST_BARS} or more.")
        past = min(warm_bars, len(loaded.bars) // 2)
        arrays[f"{loaded.symbol}.past"] = loaded.bars[:past]
        arrays[loaded.symbol] = loaded.bars[past:]
    if len(timeframes) != 1:
        raise DataError("The histories have different timeframes, or there is none.", "Replay files of one timeframe.")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "replay.npz"
    np.savez(file, allow_pickle=False, **arrays)
    symbols = tuple(name for name in arrays if not name.endswith(".past"))
    return Recorded(file, symbols, history.format_timeframe(timeframes.pop()))
