"""What one simulated exchange is made of: its pairs, its account, its market and its pace.

Everything has a default, so `SimSettings()` is a usable exchange with eight liquid pairs and 10,000 USDT. The key and
the secret are made for each run and protect nothing.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np

from core.contracts import Pair
from core.errors import ConfigurationError

UNIT: Final = Decimal("0.00000001")
"""The finest step of any price, quantity or balance, as on the real exchange; a recorded market may be finer."""
FINEST: Final = Decimal("1e-18")


def _usdt_pair(base: str, price_tick: str, lot: str) -> Pair:
    return Pair(base + "USDT", base, "USDT", Decimal(price_tick), Decimal(lot), Decimal(5))


DEFAULT_PAIRS: Final[tuple[Pair, ...]] = (
    _usdt_pair("BTC", "0.01", "0.00001"),
    _usdt_pair("ETH", "0.01", "0.0001"),
    _usdt_pair("BNB", "0.01", "0.001"),
    _usdt_pair("SOL", "0.01", "0.001"),
    _usdt_pair("XRP", "0.0001", "0.1"),
    _usdt_pair("ADA", "0.0001", "0.1"),
    _usdt_pair("DOGE", "0.00001", "1"),
    _usdt_pair("LINK", "0.01", "0.01"),
)

DEFAULT_PRICES: Final[Mapping[str, Decimal]] = {
    "BTCUSDT": Decimal(65000),
    "ETHUSDT": Decimal(3300),
    "BNBUSDT": Decimal(600),
    "SOLUSDT": Decimal(150),
    "XRPUSDT": Decimal("2.2"),
    "ADAUSDT": Decimal("0.7"),
    "DOGEUSDT": Decimal("0.15"),
    "LINKUSDT": Decimal(15),
}


def make_pairs(count: int) -> tuple[Pair, ...]:
    """`count` pairs for load tests: the default ones first, then C009USDT, C010USDT and so on."""
    invented = (_usdt_pair(f"C{number:03d}", "0.01", "0.001") for number in range(len(DEFAULT_PAIRS) + 1, count + 1))
    return (*DEFAULT_PAIRS, *invented)[:count]


@dataclass(frozen=True, kw_only=True)
class SimSettings:
    """One simulated exchange, checked when it is made."""

    pairs: tuple[Pair, ...] = DEFAULT_PAIRS
    start_prices: Mapping[str, Decimal] = field(default_factory=lambda: DEFAULT_PRICES)
    """By symbol, in quote currency, at the moment the market starts; a pair without one starts at 100."""
    balances: Mapping[str, Decimal] = field(default_factory=lambda: {"USDT": Decimal(10000)})
    """What the account owns at the start, by asset."""
    api_key: str = field(default_factory=lambda: secrets.token_hex(32))
    api_secret: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    seed: int = 7
    """The same seed with otherwise the same settings gives the same prices, sizes and trades."""
    speed: float = 1.0
    """Seconds of market time per second of the wall clock."""
    events_per_second: float = 50
    """Generator only: quotes and trades per second of the wall clock, over all pairs."""
    history_bars: int = 1000
    """Generator only: minutes of klines before the start."""
    latency_ms: float = 1.0
    """Wall clock between the acceptance of an order and its matching."""
    maker_fee: Decimal = Decimal("0.001")
    taker_fee: Decimal = Decimal("0.001")
    bnb_fees: bool = False
    """Pay fees in BNB, a quarter less, while the account holds enough of it and its price is known."""
    weight_per_minute: int = 6000
    """Request weight that one minute of the wall clock allows before 429."""
    host: str = "127.0.0.1"
    port: int = 0
    """0 takes any free port."""
    bars: Mapping[str, np.ndarray[Any, Any]] | None = None
    """Recorded bars by symbol (dtype `core.kernel.BAR_ROW`) to replay in place of the generator."""
    past_bars: Mapping[str, np.ndarray[Any, Any]] | None = None
    """Replay only: bars by symbol that lie before `bars`, served as klines and never played."""
    top_value: float = 20_000
    """Typical value resting at the best price of each side, in quote currency."""
    keep: Path | None = None
    """Generator only: the folder in which account and market are kept, and gone on with at the next start."""
    keep_waits_seconds: float = 5.0
    """For who still keeps that folder, and may be ending."""
    kept_closed: int = 5_000
    """Orders that are done, and fills, that can still be asked for."""
    log_bytes: int = 16 << 20
    """After so much of what changed a new snapshot of what is kept replaces the log."""
    backlog_bytes: int = 16 << 20
    """A client that does not read is disconnected when so much waits for it."""
    chapter: int = 0
    """How often this market was gone on with; each time it has new chances, of the same seed."""
    start_on_client: bool = False
    """Let the market stand still until somebody subscribes to a stream, so that a replay is not over before."""
    start_ms: int | None = None
    """Market time of the start; None is the wall clock's now. Replay starts at its first bar."""

    def __post_init__(self) -> None:
        self._check_numbers()
        self._check_pairs()

    def _check_numbers(self) -> None:
        for name in ("speed", "events_per_second", "top_value"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise ConfigurationError(f"sim: {name} is {getattr(self, name)}.", "It must be a number above zero.")
        for name in ("history_bars", "weight_per_minute", "latency_ms", "port"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise ConfigurationError(f"sim: {name} is {getattr(self, name)}.", "It must be zero or more.")
        for name in ("maker_fee", "taker_fee"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigurationError(f"sim: {name} is {getattr(self, name)}.", "Fees are fractions: 0.001 is 0.1%.")
        for asset, amount in self.balances.items():
            if amount < 0 or amount % UNIT:
                raise ConfigurationError(
                    f"sim: the balance of {asset} is {amount}.", f"Zero or more, in steps of {UNIT}."
                )

    def _check_pairs(self) -> None:
        symbols = [pair.symbol for pair in self.pairs]
        if not symbols or len(set(symbols)) != len(symbols):
            raise ConfigurationError("sim: pairs are empty or named twice.")
        for pair in self.pairs:
            # The value of an order is tick x lot fine, and 28 digits must hold it.
            if any(step % FINEST for step in (pair.price_tick, pair.lot, pair.price_tick * pair.lot)):
                raise ConfigurationError(f"sim: {pair.symbol}: price_tick, lot or their product is finer than 1e-18.")
            if (start := self.start_price(pair.symbol)) < 10 * pair.price_tick:
                raise ConfigurationError(
                    f"sim: {pair.symbol}: the start price of {start:f} is below ten ticks of {pair.price_tick:f}.",
                    "One tick would move it by a tenth: give prices with more decimals.",
                )
        if self.bars is not None and self.keep is not None:
            raise ConfigurationError("sim: a replay is not kept.", "Leave one of both out.")
        if self.bars is not None and set(self.bars) != set(symbols):
            raise ConfigurationError("sim: replay needs bars for each pair and for no other symbol.")

    def start_price(self, symbol: str) -> Decimal:
        return Decimal(self.start_prices.get(symbol, Decimal(100)))
