"""Event-by-event simulation of a strategy on recorded history, through the very kernel that trades live.

An order sent at one event is filled at the next event of its pair, at that event's price moved against us by the
slippage and rounded to the tick: never at the price that made the signal. A bar is played as open, then low before high
in a rising bar and high before low in a falling one, then close with its volume. Bars of several pairs that open
together advance together, step by step, so that no pair sees another's future through the shared account.

What a simulation cannot know is left out: our own market impact, the queue of a limit order, and where inside a bar a
price lay. Long only, one position per pair, market orders.

What compiles is imported when it is asked for: who only reads results, or leaves the work to a box, is spared Numba's
quarter of a second and 70 MB.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from core.backtest.inputs import Costs, Market, merge
from core.backtest.result import Result, fingerprint

if TYPE_CHECKING:
    from core.backtest.engine import Engine, compile_engine
    from core.backtest.simulation import allocate, simulate

__all__ = ["Costs", "Engine", "Market", "Result", "allocate", "compile_engine", "fingerprint", "merge", "simulate"]

COMPILES: Final = {"Engine": "engine", "compile_engine": "engine", "allocate": "simulation", "simulate": "simulation"}


def __getattr__(name: str) -> Any:
    if name not in COMPILES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{COMPILES[name]}"), name)
