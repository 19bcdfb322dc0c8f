"""Recorded history as a market: what the simulated exchange needs to play it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core import history
from core.errors import DataError
from core.settings import Settings

LEAST_BARS = 10


def prepare(data: str, settings: Settings, folder: Path) -> tuple[Path, tuple[str, ...]]:
    """Write the bars of `data` (files or symbols, with commas between them) for the simulated exchange; and the symbols.

    The first bars, as many as a strategy warms up on but at most half, are the past; the rest is played.
    """
    arrays: dict[str, np.ndarray] = {}
    for name in filter(None, data.split(",")):
        loaded = history.load(name, settings.trader.timeframe if not Path(name).exists() else None)
        if len(loaded.bars) < LEAST_BARS:
            raise DataError(f"{name} has only {len(loaded.bars)} bars.", f"A replay needs {LEAST_BARS} or more.")
        past = min(settings.trader.warm_bars, len(loaded.bars) // 2)
        arrays[f"{loaded.symbol}.past"] = loaded.bars[:past]
        arrays[loaded.symbol] = loaded.bars[past:]
    path = folder / "replay.npz"
    np.savez(path, **arrays)
    return path, tuple(name for name in arrays if not name.endswith(".past"))
