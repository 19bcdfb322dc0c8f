"""What positions of before an epoch have gained or lost since: no doing of the release that found them open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Held(Protocol):
    """What is looked at of a holding (`services.trader.portfolio.Holding`)."""

    amount: float  # base currency
    price: float  # quote currency; 0 when never seen


class Inherited:
    """Follows the part of each position that was there when the epoch began, for as long as it is held."""

    def __init__(self) -> None:
        self.gained = 0.0  # quote currency, since the epoch began
        self._kept: dict[str, float] = {}  # symbol -> base currency
        self._prices: dict[str, float] = {}

    def begin(self, holdings: Mapping[str, Held]) -> None:
        """A new epoch: all that is held now is of before it."""
        self.gained = 0.0
        self._kept = {symbol: holding.amount for symbol, holding in holdings.items() if holding.amount > 0.0}
        self._prices = {symbol: holdings[symbol].price for symbol in self._kept}

    def step(self, holdings: Mapping[str, Held]) -> float:
        """Take the prices of now in; returns what was gained. What was sold meanwhile counts up to this moment."""
        for symbol, kept in list(self._kept.items()):
            holding = holdings[symbol]
            self.gained += kept * (holding.price - self._prices[symbol])
            self._prices[symbol] = holding.price
            self._kept[symbol] = min(kept, holding.amount)
            if self._kept[symbol] <= 0.0:
                del self._kept[symbol]
        return self.gained
