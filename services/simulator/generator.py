"""A seeded market with regimes: each pair wanders through rising, falling, quiet and wild times.

A pair's price is a random walk whose drift and volatility belong to its regime; regimes follow a Markov chain and last
exponentially long. On top acts a *pressure*, an Ornstein-Uhlenbeck process with a memory of 20 s, which pushes the
price and shows, blurred by noise, in the sizes at the best prices and in who trades aggressively. Order book and flow
signals therefore carry some information about the next move, as they do in markets (Cont, Kukanov, Stoikov, "The price
impact of order book events", 2014). Measured: imbalance correlates with the return of the next 20 s at 0.14, the side
of a trade at 0.08.

Every random number comes from the seed and the symbol, and every step has a fixed length in market time, so one seed
gives one market whatever the machine does. The past is made by the same steps, only longer ones, and scaled so that the
live market starts at the start price.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from services.simulator.grid import Grid
from services.simulator.intervals import MINUTE_MS
from services.simulator.kept import KeptMarket
from services.simulator.settings import SimSettings
from services.simulator.sources import Move

PRESSURE_MEMORY_SECONDS: Final = 20.0
PRESSURE_SHARE: Final = 0.5
"""How much of a regime's volatility the pressure makes: its square is the share of the variance, a quarter."""
HALF_SPREAD: Final = 0.00003
"""Of price; a pair whose tick is wider quotes one tick."""
TRADE_CHANCE: Final = 0.35
"""Of a live step; the others change the quote."""
PAST_STEPS: Final = 6
"""Steps, each with one trade, in a minute of the past."""
TURNOVER: Final = 0.05
"""Traded value per second of market time, as a share of what typically rests at the best price; regimes scale it.
Trades are the larger the fewer there are, so a minute's volume depends neither on the event rate nor on the speed."""
_SECONDS_IN_YEAR: Final = 365 * 86_400


class Regime(NamedTuple):
    """`drift` is a fraction of price per day, `volatility` per square root of a year, `pull` back to the regime's first
    price per second."""

    name: str
    drift: float
    volatility: float
    pull: float
    mean_minutes: float
    turnover: float
    next: tuple[float, float, float, float]
    """Chances of the regimes that may follow, in the order of REGIMES."""


REGIMES: Final = (
    Regime("trend up", 0.10, 0.50, 0.0, 90, 1.2, (0.0, 0.15, 0.60, 0.25)),
    Regime("trend down", -0.10, 0.55, 0.0, 90, 1.2, (0.15, 0.0, 0.60, 0.25)),
    Regime("range", 0.0, 0.35, 1 / 1800, 120, 0.7, (0.40, 0.40, 0.0, 0.20)),
    Regime("volatile", 0.0, 1.20, 0.0, 30, 2.5, (0.30, 0.30, 0.40, 0.0)),
)


class Walk:
    """One pair: where its price is, what presses it, and the quote it shows."""

    def __init__(self, symbol: str, grid: Grid, start_price: float, settings: SimSettings) -> None:
        # Two sources of chance, so that the number of quotes drawn never changes the path of the price.
        chance = f"{settings.seed}:{symbol}:{settings.chapter}" if settings.chapter else f"{settings.seed}:{symbol}"
        self._path = random.Random(f"{chance}:path")  # noqa: S311 - a market, not a secret
        self._show = random.Random(f"{chance}:show")  # noqa: S311
        self._tick = float(grid.tick)
        self._top_value = settings.top_value / float(grid.lot)
        self.price = start_price
        self.pressure = self._path.gauss(0, 1)
        self._floor = 10 * self._tick
        self.regime = REGIMES[0]
        self._enter(self._path.randrange(len(REGIMES)))
        self._step_seconds = 0.0
        self.bid = self.ask = self.bid_lots = self.ask_lots = 0

    def resume(self, market: KeptMarket) -> None:
        """Go on from where the pair stood; what comes next is by new chances."""
        regime = next((regime for regime in REGIMES if regime.name == market.regime), self.regime)
        self.regime, self.seconds_left, self.anchor = regime, market.regime_seconds, market.anchor
        self.price, self.pressure, self._step_seconds = market.price, market.pressure, 0.0

    def _enter(self, regime: int) -> None:
        self.regime = REGIMES[regime]
        self.seconds_left = self._path.expovariate(1 / (self.regime.mean_minutes * 60))
        self.anchor = self.price
        self._step_seconds = 0.0

    def advance(self, seconds: float) -> None:
        """Move the price by one step of market time."""
        self.seconds_left -= seconds
        if self.seconds_left <= 0:
            self._enter(self._path.choices(range(len(REGIMES)), self.regime.next)[0])
        if seconds != self._step_seconds:
            self._set_step(seconds)
        gauss = self._path.gauss
        move = self._drift + self._push * self.pressure + self._noise * gauss(0, 1)
        if self._pull:
            move += self._pull * (self.anchor / self.price - 1)
        self.price = max(self._floor, self.price * (1 + move))
        self.pressure = self.pressure * self._memory + self._fresh * gauss(0, 1)

    def _set_step(self, seconds: float) -> None:
        # The pressure's integral over a long time T has the variance 2 x memory x T; `push` scales it to its share.
        volatility = self.regime.volatility / math.sqrt(_SECONDS_IN_YEAR)
        memory = PRESSURE_MEMORY_SECONDS
        self._step_seconds = seconds
        self._memory = math.exp(-seconds / memory)
        self._fresh = math.sqrt(1 - self._memory**2)
        self._drift = self.regime.drift / 86_400 * seconds
        self._pull = min(1.0, self.regime.pull * seconds)
        self._noise = volatility * math.sqrt((1 - PRESSURE_SHARE**2) * seconds)
        self._push = volatility * PRESSURE_SHARE / math.sqrt(2 * memory) * memory * (1 - self._memory)

    def quote(self) -> None:
        """Show the price as a best bid and ask whose sizes lean, blurred, the way the pressure does."""
        chance = self._show.random
        half = max(self._tick / 2, self.price * HALF_SPREAD * (0.5 + chance()))
        self.bid = int((self.price - half) / self._tick)
        self.ask = max(self.bid + 1, math.ceil((self.price + half) / self._tick))
        lean = 0.8 * math.tanh(0.6 * (self.pressure + self._show.gauss(0, 0.8)))
        typical = self._top_value / self.price
        self.bid_lots = max(1, int(typical * (1 + lean) * (0.4 + 1.2 * chance())))
        self.ask_lots = max(1, int(typical * (1 - lean) * (0.4 + 1.2 * chance())))

    def trade(self, seconds: float) -> tuple[int, int, bool]:
        """(ticks, lots, buyer is maker) of a trade at the shown quote, the only one in `seconds` of market time."""
        chance = self._show.random
        buys = chance() < 0.5 + 0.35 * math.tanh(self.pressure + self._show.gauss(0, 0.6))
        typical = self._top_value / self.price * TURNOVER * self.regime.turnover * seconds
        return self.ask if buys else self.bid, max(1, int(typical * -math.log(1 - chance()))), not buys

    def move(self, time_ms: int, pair: int, trade_seconds: float = 0.0) -> Move:
        """The shown quote, with a trade when that is given how much time it stands for."""
        quote = (self.bid, self.ask, self.bid_lots, self.ask_lots)
        return Move(time_ms, pair, *quote, *self.trade(trade_seconds)) if trade_seconds else Move(time_ms, pair, *quote)


class Generator:
    """The price source of an invented market; never ends."""

    def __init__(self, settings: SimSettings, start_ms: int, resumed: Sequence[KeptMarket] = ()) -> None:
        """`resumed` are pairs that go on from where they stood."""
        self.start_ms = start_ms
        self._settings = settings
        self.walks = [
            Walk(pair.symbol, Grid(pair), float(settings.start_price(pair.symbol)), settings) for pair in settings.pairs
        ]
        coin = f"{settings.seed}:coin:{settings.chapter}" if settings.chapter else f"{settings.seed}:coin"
        self._coin = random.Random(coin)  # noqa: S311
        markets = {market.pair.symbol: market for market in resumed}
        self._resumed = {index for index, pair in enumerate(settings.pairs) if pair.symbol in markets}
        for index in self._resumed:
            self.walks[index].resume(markets[settings.pairs[index].symbol])

    def past(self) -> Iterator[Move]:
        """Whole minutes up to the one in which the market starts, then each pair's quote at the start."""
        for pair, walk in enumerate(self.walks):
            if pair not in self._resumed:
                yield from self._past_of(pair, walk)
            walk.quote()
            yield walk.move(self.start_ms, pair)

    def _past_of(self, pair: int, walk: Walk) -> Iterator[Move]:
        step_ms = MINUTE_MS // PAST_STEPS
        first_ms = self.start_ms - self.start_ms % MINUTE_MS - self._settings.history_bars * MINUTE_MS
        start_price, path = walk.price, []
        for _ in range(self._settings.history_bars * PAST_STEPS):
            walk.advance(step_ms / 1000)
            path.append((walk.price, walk.pressure))
        last_price, last_pressure = walk.price, walk.pressure
        for step, (price, pressure) in enumerate(path):
            walk.price, walk.pressure = price * start_price / last_price, pressure
            walk.quote()
            yield walk.move(first_ms + step * step_ms, pair, step_ms / 1000)
        walk.price, walk.pressure = start_price, last_pressure
        walk.anchor *= start_price / last_price

    def live(self) -> Iterator[Move]:
        """The pairs take turns; each step is as long as one round of them."""
        speed, rate, pairs = self._settings.speed, self._settings.events_per_second, len(self.walks)
        event_ms = 1000 / rate * speed
        step_seconds = pairs * event_ms / 1000
        chance = self._coin.random
        event = 0
        while True:
            pair = event % pairs
            walk = self.walks[pair]
            walk.advance(step_seconds)
            trade_seconds = step_seconds / TRADE_CHANCE if chance() < TRADE_CHANCE else 0.0
            if not trade_seconds:
                walk.quote()
            event += 1
            yield walk.move(self.start_ms + int(event * event_ms), pair, trade_seconds)

    def end_ms(self) -> int:
        raise RuntimeError("the generated market never ends")
