"""A whole backtest inside the box: for a strategy that nobody here has signed, whose code may run nowhere else.

Bars go in, fills and samples of the account come out. They are a stranger's word; who asked looks at them outside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.backtest import Costs, Market, Result, simulate
from core.backtest.naming import level_edges
from core.compiled import Carried
from core.errors import SorteError
from core.kernel import BAR_ROW
from core.strategy import Strategy, load

ROOT = Path("/strategy")


class Bench:
    """The strategy of this box."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.strategy: Strategy | None = None

    def prepare(self, parameters: Mapping[str, float]) -> dict[str, Any]:
        """Load it with these parameters. What it declares of itself; with a `fault` when it does not load."""
        try:
            self.strategy = strategy = load(self.folder, parameters)
        except SorteError as error:
            return {"tree": "", "fault": error.message, "hint": error.hint}
        return {
            "tree": strategy.tree_hash,
            "fault": "",
            "parameters": dict(strategy.parameters._asdict()),
            "rules": list(strategy.rule_names),
            "rows": strategy.table_shape[0],
            "columns": strategy.table_shape[1],
            "edges": level_edges(strategy),
            "own": {symbol: level_edges(own) for symbol, own in strategy.own.items()},
        }

    def play(
        self,
        markets: Sequence[Mapping[str, Any]],
        cash: float,
        fee: float,
        slippage: float,
        offsets: Sequence[Sequence[int]],
        tables: Sequence[bytes | None],
        compiled: bytes = b"",
    ) -> dict[str, Any]:
        """Trade on bars; see `core.backtest.simulate`. `offsets` are those of a Run: no box knows the zones.

        `compiled` is what an earlier box of this tree and these parameters had `made`, before it played anything.
        """
        strategy = self.strategy
        if strategy is None:
            raise RuntimeError("the strategy was not prepared")
        shape, carried = strategy.table_shape, Carried(compiled)
        try:
            result = simulate(
                strategy,
                [as_market(market) for market in markets],
                cash=cash,
                costs=Costs(fee, slippage),
                zone=np.array(offsets, np.int64),
                tables=[None if data is None else np.frombuffer(data).reshape(shape) for data in tables],
                kept=carried,
            )
        except SorteError as error:
            return {"fault": error.message, "hint": error.hint}
        return {"fault": "", "made": carried.made, **as_map(result)}


def as_market(market: Mapping[str, Any]) -> Market:
    rows = np.frombuffer(market["rows"], BAR_ROW)
    return Market(market["symbol"], rows, market["timeframe_ns"], market["tick"], market["lot"], market["min_notional"])


def as_map(result: Result) -> dict[str, Any]:
    counted = (
        "events",
        "exposed_ns",
        "rejected",
        "inside",
        "both",
        "same_bar",
        "detailed",
        "engine_seconds",
        "compile_seconds",
    )
    arrays = {name: np.ascontiguousarray(getattr(result, name)).tobytes() for name in ("fills", "times_ns", "equity")}
    return arrays | {name: getattr(result, name) for name in counted}


BENCH = Bench(ROOT)
TASKS = (BENCH.prepare, BENCH.play)
