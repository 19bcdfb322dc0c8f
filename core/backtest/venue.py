"""Where a strategy's code runs during a backtest: in this process when somebody here answers for it, else elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import numpy as np

from core.backtest.inputs import Costs, Market
from core.backtest.naming import RuleEdges, level_edges
from core.backtest.result import Result
from core.compiled.own import OwnCode
from core.strategy import Source, Strategy, load

Tables = Sequence[np.ndarray[Any, Any] | None]
Progress = Callable[[int, int], None]


class Venue(Protocol):
    """One loaded strategy. `place` says in words where its code runs; empty for here."""

    strategy: Strategy
    place: str

    def edges(self, symbol: str) -> RuleEdges:
        """Of its rules, as they are for this pair."""

    def simulate(
        self, markets: Sequence[Market], cash: float, costs: Costs, tables: Tables, progress: Progress, zone: str
    ) -> Result: ...


OpenVenue = Callable[[Source, Mapping[str, float]], AbstractContextManager[Venue]]
"""(source, parameters) -> the strategy, loaded; StrategyError when it does not load."""


class Here:
    """In this process."""

    place = ""

    def __init__(self, strategy: Strategy) -> None:
        self.strategy = strategy

    def edges(self, symbol: str) -> RuleEdges:
        """See `Venue`."""
        return level_edges(self.strategy.of(symbol))

    def simulate(
        self, markets: Sequence[Market], cash: float, costs: Costs, tables: Tables, progress: Progress, zone: str
    ) -> Result:
        """See `core.backtest.simulate`."""
        from core.backtest.simulation import simulate  # here, because who only asks a box needs no compiler

        kept = OwnCode(self.strategy.tree_hash)
        return simulate(
            self.strategy, markets, cash=cash, costs=costs, tables=tables, progress=progress, zone=zone, kept=kept
        )


@contextmanager
def here(source: Source, parameters: Mapping[str, float]) -> Iterator[Venue]:
    """In this process: for code that is trusted. What is compiled is kept for its next time."""
    yield Here(load(source, parameters))
