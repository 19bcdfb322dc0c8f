"""What the strategy remembers of a pair (STATE), and what its signals and rules may speak of (Features)."""

from __future__ import annotations

from typing import Final, NamedTuple

from core.kernel import record_dtype

from .parameters import P

STATE: Final = record_dtype(
    [
        ("bars", "i8"),  # closed bars seen, from 0
        ("close", "f8"),  # of the last bar
        ("volume", "f8"),  # of the last bar, base currency
        ("ema_fast", "f8"),
        ("ema_slow", "f8"),
        ("macd_signal", "f8"),
        ("average_gain", "f8"),  # Wilder averages of the close's rises and falls
        ("average_loss", "f8"),
        ("atr", "f8"),
        ("closes", "f8", (P.bollinger_period,)),  # ring of the last closes
        ("close_moments", "f8", (2,)),  # their mean and sum of squared deviations
        ("volumes", "f8", (P.volume_period,)),  # ring of the last volumes
        ("volume_moments", "f8", (2,)),
        ("technical", "f8"),  # the technical signal at the last bar; NaN until warm
        ("chart_cell", "i8"),  # the chart's part of the Q-table's row at the last bar; see signals.chart_cell
        ("book_imbalance", "f8"),  # smoothed over time, in [-1, 1]
        ("book_ns", "i8"),  # when the book was last seen; 0 when never
        ("spread", "f8"),  # (ask - bid) / mid at the last quote
        ("buy_flow", "f8"),  # fading sums of what takers bought and sold, base currency
        ("sell_flow", "f8"),
        ("flow_trades", "f8"),  # how many trades these sums hold, fading with them
        ("flow_ns", "i8"),  # when a trade with a known side was last seen; 0 when never
    ]
)
"""One pair's memory; all zero at the start. A change of its layout starts cold and warms up on replayed events."""


class Features(NamedTuple):
    """The world at one event. Fractions are fractions (0.03 is 3 %); prices and volumes are of this pair."""

    price: float
    rsi: float
    ema_fast: float
    ema_slow: float
    macd: float
    macd_signal: float
    bollinger_upper: float
    bollinger_middle: float
    bollinger_lower: float
    volume: float  # of the last closed bar
    volume_average: float
    atr: float
    spread: float  # of the mid price; 0 without a book
    book_imbalance: float  # in [-1, 1]
    flow: float  # in [-1, 1]
    advice: float  # in [-1, 1]; 0 when there is none
    score: float  # in [-1, 1]
    profit: float  # of the open position, before fees; 0 when flat
    retreat: float  # fall from the best price since entry; 0 when flat
    held_seconds: float  # of the open position; 0 when flat
    rested_seconds: float  # since the last position was closed; a year when there was none, or one is open
    drawdown: float  # of the account, positive
    hour: int  # by the owner's clock, 0..23
    weekday: int  # Monday is 0
