"""A backtest in a box, of a strategy that nobody here has signed. Its figures are checked outside, by its fills."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, NoReturn, cast

import msgspec
import numpy as np

from core.backtest.inputs import Costs, Market
from core.backtest.naming import RuleEdges
from core.backtest.result import Result, offsets_over
from core.backtest.venue import Progress, Tables, Venue
from core.contracts import Box
from core.errors import SandboxError, StrategyError
from core.kernel import BUY, FILL
from core.levels import Edge
from core.settings import Settings
from core.strategy import Source, Strategy
from sandbox.compiled import PLAYED, BoxCode
from services.guardian.boxes import open_boxes
from services.guardian.session import Session

SECONDS: Final = 600.0
"""For all of a history. Ten million bars take a minute."""
CLOSE_TO: Final = 1e-6
"""Relative: what sums of thousands of fills may differ by."""
TRUST: Final = "Read its code, and add --trusted when you would run it as your own."


class Declared(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a strategy says of itself; see `sandbox.tasks.history`."""

    tree: str
    fault: str
    hint: str = ""
    parameters: dict[str, int | float] = {}
    rules: list[str] = []
    rows: int = 0
    columns: int = 0
    edges: dict[str, list[Edge]] = {}
    own: dict[str, dict[str, list[Edge]]] = {}
    """By symbol, the edges of a pair that has values of its own."""


class Played(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a box says that came of it."""

    fault: str
    hint: str = ""
    fills: bytes = b""
    times_ns: bytes = b""
    equity: bytes = b""
    events: int = 0
    exposed_ns: int = 0
    rejected: int = 0
    inside: int = 0
    both: int = 0
    same_bar: int = 0
    detailed: int = 0
    engine_seconds: float = 0.0
    compile_seconds: float = 0.0
    made: bytes = b""


class Boxed:
    """One strategy in one box."""

    def __init__(self, source: Source, parameters: Mapping[str, float], session: Session, box: Box) -> None:
        self._session = session
        self._parameters = sorted(parameters.items())
        self._code = BoxCode(PLAYED)
        self.place = f"in a box by {box.kind}"
        told = session.ask("history.prepare", Declared, seconds=SECONDS, parameters=dict(parameters))
        if told.fault:
            raise StrategyError(told.fault, told.hint)
        if told.tree != source.tree_hash:
            raise SandboxError("The box loaded another strategy than it was given.")
        self.strategy = as_strategy(told)
        self._edges = {symbol: as_edges(edges) for symbol, edges in {**told.own, "": told.edges}.items()}

    def edges(self, symbol: str) -> RuleEdges:
        """See `core.backtest.venue`."""
        return self._edges.get(symbol, self._edges[""])

    def simulate(
        self, markets: Sequence[Market], cash: float, costs: Costs, tables: Tables, progress: Progress, zone: str
    ) -> Result:
        """See `core.backtest.simulate`."""
        detailed = any(market.detail is not None for market in markets)
        own = [market.symbol for market in markets if market.symbol in self._edges]
        variant = f"{self._parameters} {own} {len(own) < len(markets)} {'detail' if detailed else 'bars'}"
        told = self._session.ask(
            "history.play",
            Played,
            seconds=SECONDS,
            markets=[as_map(market) for market in markets],
            cash=cash,
            fee=costs.fee,
            slippage=costs.slippage,
            offsets=offsets_over(markets, zone).tolist(),
            tables=[None if table is None else np.ascontiguousarray(table).tobytes() for table in tables],
            compiled=self._code.find(self.strategy.tree_hash, variant),
        )
        if told.fault:
            raise StrategyError(told.fault, told.hint)
        self._code.keep(self.strategy.tree_hash, told.made, variant)
        result = as_result(told, tuple(market.symbol for market in markets))
        if wrong := find_unlikely(result, markets, cash, costs):
            raise SandboxError(f"The box of the strategy told {wrong}; its figures are worth nothing.", TRUST)
        progress(1, 1)
        return result


@contextmanager
def boxed(settings: Settings, source: Source, parameters: Mapping[str, float]) -> Iterator[Venue]:
    """A box with that strategy. Raises SandboxError when there is none: its code then runs nowhere."""
    try:
        with open_boxes(settings.guardian, settings.workspace) as boxes, boxes.open(source) as session:
            yield Boxed(source, parameters, session, boxes.box)
    except SandboxError as error:
        if "no box to judge in" not in error.message:
            raise
        raise SandboxError(
            "This strategy is neither the shipped one nor signed by this workspace, and there is no box to run it in.",
            f"Install the system package bubblewrap or start a Docker daemon. {TRUST}",
        ) from None


def as_strategy(told: Declared) -> Strategy:
    """The strategy without its code, which is in the box."""

    def decide(*_: object) -> NoReturn:
        raise RuntimeError("this strategy runs in its box")

    names = tuple(name for name in told.parameters if name.isidentifier() and name[0] != "_")
    parameters = NamedTuple("Parameters", [(name, float) for name in names])  # type: ignore[misc]  # known only now
    return Strategy(
        tree_hash=told.tree,
        parameters=parameters(*(told.parameters[name] for name in names)),
        ranges={},
        rule_names=tuple(told.rules),
        feature_names=(),
        state_dtype=np.dtype([]),
        table_shape=(told.rows, told.columns),
        decide=cast(Callable[..., None], decide),
    )


def as_edges(told: Mapping[str, Sequence[Edge]]) -> RuleEdges:
    """Edges that crossed the wall as lists."""
    return {name: tuple(found) for name, found in told.items()}


def as_map(market: Market) -> dict[str, Any]:
    return {
        "symbol": market.symbol,
        "rows": np.ascontiguousarray(market.rows).tobytes(),
        "detail": b"" if market.detail is None else np.ascontiguousarray(market.detail).tobytes(),
        "detail_ns": market.detail_ns,
        "timeframe_ns": market.timeframe_ns,
        "tick": market.price_tick,
        "lot": market.lot,
        "min_notional": market.min_notional,
    }


def as_result(told: Played, symbols: tuple[str, ...]) -> Result:
    try:
        fills = np.frombuffer(told.fills, FILL)
        times_ns, equity = np.frombuffer(told.times_ns, np.int64), np.frombuffer(told.equity, np.float64)
    except ValueError:
        raise SandboxError("The box told of half a fill; its figures are worth nothing.", TRUST) from None
    return Result(
        symbols=symbols,
        events=told.events,
        engine_seconds=told.engine_seconds,
        fills=fills,
        times_ns=times_ns,
        equity=equity,
        exposed_ns=told.exposed_ns,
        rejected=told.rejected,
        compile_seconds=told.compile_seconds,
        inside=told.inside,
        both=told.both,
        same_bar=told.same_bar,
        detailed=told.detailed,
    )


def find_unlikely(result: Result, markets: Sequence[Market], cash: float, costs: Costs) -> str:
    """What is wrong with figures that a box told: fills that the market did not offer, or another sum; else empty."""
    held = [0.0] * len(markets)
    if not len(result.equity) or len(result.equity) != len(result.times_ns) or not np.isfinite(result.equity).all():
        return "no equity"
    for fill in result.fills:
        if not 0 <= fill.pair < len(markets):
            return "of a pair that is not traded"
        market, quantity = markets[fill.pair], held[fill.pair]
        if not was_offered(market, fill, costs):
            return f"of a price of {fill.price:.8g} for {market.symbol} that its bar did not offer"
        if not (0 < fill.quantity < math.inf and math.isclose(fill.fee, fill.price * fill.quantity * costs.fee)):
            return "of a fill without its fee"
        if (quantity != 0.0) if fill.side == BUY else (quantity != fill.quantity):
            return "of a fill of what was not there"
        value = fill.price * fill.quantity
        cash += (-value if fill.side == BUY else value) - fill.fee
        held[fill.pair] = fill.quantity if fill.side == BUY else 0.0
    worth = cash + sum(amount * float(market.rows["close"][-1]) for amount, market in zip(held, markets, strict=True))
    return "" if math.isclose(worth, result.equity[-1], rel_tol=CLOSE_TO) else "another equity than its fills come to"


def was_offered(market: Market, fill: np.void, costs: Costs) -> bool:
    """Whether the bar of a fill came to its price, or to a worse one."""
    at = int(np.searchsorted(market.rows["time_ns"], fill["time_ns"], side="right")) - 1
    if at < 0:
        return False
    bar, slack = market.rows[at], 1.0 + 1e-9
    if fill["side"] == BUY:
        return bool(bar["low"] * (1 + costs.slippage) <= fill["price"] * slack < math.inf)
    least = max(bar["high"] * (1 - costs.slippage), market.price_tick)
    return bool(0 < fill["price"] <= least * slack)
