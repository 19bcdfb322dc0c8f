"""Everything that answering a request may need, in one value."""

from __future__ import annotations

from dataclasses import dataclass

from services.simulator.faults import Faults
from services.simulator.limits import WeightLimit
from services.simulator.market import Market, PairMarket
from services.simulator.matching import Exchange
from services.simulator.params import SYMBOL, Params, required
from services.simulator.refusals import invalid_symbol
from services.simulator.settings import SimSettings
from services.simulator.streams import Connection
from services.simulator.users import Users


@dataclass(frozen=True, slots=True)
class Venue:
    """One running exchange, as its requests see it."""

    settings: SimSettings
    market: Market
    exchange: Exchange
    users: Users
    faults: Faults
    limit: WeightLimit


@dataclass(frozen=True, slots=True)
class Request:
    """One request on its way to its operation."""

    venue: Venue
    params: Params
    connection: Connection | None = None
    """The WebSocket API connection it came by; None for REST."""

    def state(self) -> PairMarket:
        """The pair that `symbol` names, or the refusal."""
        return self.named(required(self.params.text("symbol", SYMBOL), "symbol"))

    def states(self) -> list[PairMarket]:
        """The pairs of `symbol` or `symbols`, or all of them."""
        symbol, symbols = self.params.text("symbol", SYMBOL), self.params.symbols()
        if symbol is not None:
            return [self.named(symbol)]
        return [self.named(name) for name in symbols] or self.venue.market.pairs

    def named(self, symbol: str) -> PairMarket:
        state = self.venue.market.by_symbol.get(symbol)
        if state is None:
            raise invalid_symbol()
        return state

    def one_or_all(self, rows: list[dict[str, object]]) -> object:
        """A request with `symbol` is answered with one object, any other with a list."""
        return rows[0] if self.params.text("symbol") is not None else rows
