"""The strategy in the folder above, loaded as the trader loads it, and small tools to show it a market.

Nothing here names the strategy's place, so that the tests run wherever the package was copied to. And nothing breaks
when the owner tunes a number or adds and removes rules: parameters are pinned to the values that the arithmetic of the
tests is written for, a test of a rule that is no longer in force is skipped, and so is one that a later rule decided.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.kernel import BAR, DECISION, EVENT, NANOSECONDS, QUOTE, TRADE, Records
from core.strategy import Source, Strategy, load

SOURCE = Source.read(Path(__file__).parents[1])
START_NS = int(datetime(2024, 5, 6, tzinfo=UTC).timestamp()) * NANOSECONDS  # a Monday, midnight
SHIPPED_RULES = ("stop_loss", "take_profit", "trailing_stop", "max_hold", "min_hold", "cooldown")
PINNED = {
    "ema_fast": 12,
    "ema_slow": 26,
    "macd_signal": 9,
    "rsi_period": 14,
    "rsi_oversold": 30,
    "rsi_overbought": 70,
    "bollinger_period": 20,
    "bollinger_width": 2.0,
    "volume_period": 20,
    "atr_period": 14,
    "weight_technical": 0.35,
    "weight_orderbook": 0.30,
    "weight_flow": 0.25,
    "weight_qlearning": 0.10,
    "weight_advice": 0.0,
    "buy_threshold": 0.30,
    "sell_threshold": -0.30,
    "min_confidence": 0.60,
    "order_fraction": 0.10,
    "stop_loss": 0.02,
    "take_profit": 0.04,
    "trailing_stop": 0.0,
    "min_hold_seconds": 30,
    "max_hold_seconds": 0,
    "cooldown_seconds": 60,
}
"""What the numbers in these tests are worked out for, whatever the owner has set since."""


@functools.cache
def loaded(overrides: tuple[tuple[str, float], ...]) -> Strategy:
    return load(SOURCE, dict(overrides))


class Package:
    """A loaded strategy and the modules it is made of: `package.rules.stop_loss(f)`."""

    def __init__(self, strategy: Strategy) -> None:
        self.strategy = strategy
        name = strategy.decide.__module__.rpartition(".")[0]
        self.state = sys.modules[f"{name}.state"]
        self.indicators = sys.modules[f"{name}.indicators"]
        self.signals = sys.modules[f"{name}.signals"]
        self.rules = sys.modules[f"{name}.rules"]
        self.decide = sys.modules[f"{name}.decide"]

    def rule(self, name: str) -> Callable[[Any], int]:
        """The rule of that name; skips the test when it was removed or disabled."""
        if name not in self.strategy.rule_names:
            pytest.skip(f"the rule {name} is not in force")
        return getattr(self.rules, name)  # type: ignore[no-any-return]

    def only_shipped(self, *names: str) -> None:
        """Skip the test when one of these rules is not in force, or one that was added later may have a level."""
        for name in names:
            self.rule(name)
        for name in self.strategy.rule_names:
            if name not in SHIPPED_RULES:
                pytest.skip(f"the rule {name} decided")

    def reason(self, decision: Any) -> str | None:
        """The rule that decided, None for the score; skips the test when it is a rule that was added later."""
        name = self.strategy.rule_name(int(decision.rule))
        if name not in (None, *SHIPPED_RULES):
            pytest.skip(f"the rule {name} decided")
        return name

    def world(self, **features: float) -> Any:
        """Features of a flat, quiet market, all zero but the ones given."""
        kinds = self.state.Features.__annotations__
        quiet = {name: 0 if kinds[name] in ("int", int) else 0.0 for name in kinds}
        return self.state.Features(**quiet | {name: type(quiet[name])(value) for name, value in features.items()})


class Desk:
    """One pair of a strategy with its memory: show it events, read its decisions."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.state: Records = np.zeros(1, package.strategy.state_dtype)
        self.table = np.zeros(package.strategy.table_shape)
        self.event: Records = np.zeros(1, EVENT)
        self.event["advice"] = np.nan
        self.time_ns = START_NS

    def show(self, kind: int, price: float, *, after_seconds: float = 1.0, **fields: float) -> Any:
        """Play one event, with what it says about position and advice, and return the decision."""
        self.time_ns += int(after_seconds * NANOSECONDS)
        self.event[:] = 0
        self.event["advice"] = np.nan
        for name, value in {"kind": kind, "price": price, "time_ns": self.time_ns, **fields}.items():
            self.event[name] = value
        decision = np.zeros(1, DECISION)
        decision["stop"] = decision["target"] = np.nan
        self.package.strategy.decide(self.event, self.state, self.table, decision)
        return decision[0]

    def bar(self, close: float, volume: float = 1.0, **fields: float) -> Any:
        """Close a bar an hour after the last event; high and low are those of its close unless given."""
        given = {"open": close, "high": close, "low": close, "volume": volume} | fields
        return self.show(BAR, close, after_seconds=3600, **given)

    def quote(self, bid_size: float, ask_size: float, price: float = 100.0, **fields: float) -> Any:
        """A book around `price`, two hundredths wide."""
        book = {"bid": price - 0.01, "ask": price + 0.01, "bid_size": bid_size, "ask_size": ask_size}
        return self.show(QUOTE, price, **book | fields)

    def trade(self, price: float = 100.0, bought: float = 0.0, sold: float = 0.0, **fields: float) -> Any:
        """A batch of trades at one price."""
        return self.show(TRADE, price, **{"buy_volume": bought, "sell_volume": sold} | fields)

    def crowd(self, bought: float = 0.0, sold: float = 0.0) -> Any:
        """Ten equal batches of trades at once, which is enough for the flow to speak."""
        for _ in range(9):
            self.trade(bought=bought, sold=sold, after_seconds=0.0)
        return self.trade(bought=bought, sold=sold, after_seconds=0.0)

    def warm_up(self, price: float = 100.0) -> None:
        """Close as many bars of one price as the strategy wants to see. The chart has nothing to say after it."""
        for _ in range(self.package.indicators.WARM_BARS):
            self.bar(price)

    def invested(self, price: float = 100.0, held_seconds: float = 0.0) -> dict[str, float]:
        """What the next event, a second from now, says about a position bought at `price` that long before it."""
        entry_ns = self.time_ns + NANOSECONDS - int(held_seconds * NANOSECONDS)
        return {"position": 1.0, "entry_price": price, "best_price": price, "entry_ns": entry_ns}

    @property
    def features(self) -> Any:
        """What the strategy sees at the last event."""
        return self.package.indicators.features(self.state, self.event, 0.0)


@pytest.fixture(scope="session")
def package_with() -> Callable[..., Package]:
    """The strategy with the pinned parameters but these: `package_with(stop_loss=0.05)`."""
    known = load(SOURCE).ranges

    def package(**changes: float) -> Package:
        pinned = {name: value for name, value in (PINNED | changes).items() if name in known}
        return Package(loaded(tuple(sorted(pinned.items()))))

    return package


@pytest.fixture(scope="session")
def package(package_with: Callable[..., Package]) -> Package:
    """The strategy with the pinned parameters."""
    return package_with()


@pytest.fixture
def desk(package: Package) -> Desk:
    """A pair with no memory."""
    return Desk(package)


@pytest.fixture
def warm_desk(desk: Desk) -> Desk:
    """A pair whose price stood at 100 for long enough."""
    desk.warm_up()
    return desk
