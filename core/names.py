"""Names that people write: timeframes ("5m") and symbols ("BTCUSDT"), in their many spellings."""

from __future__ import annotations

import re
from typing import Final

from core.errors import DataError
from core.kernel import NANOSECONDS

DAY_NS: Final = 86_400 * NANOSECONDS
MONTH_NS: Final = 30 * DAY_NS
CLOSE_BEFORE_NEXT_OPEN_NS: Final = 1_000_000  # a bar ends a millisecond before the next opens, as exchanges date it
"""What "1mo" counts as. Monthly bars are as long as their calendar months; only the name needs a number."""

UNITS_NS: Final = {
    "mo": MONTH_NS,
    "w": 7 * DAY_NS,
    "d": DAY_NS,
    "h": 3_600 * NANOSECONDS,
    "m": 60 * NANOSECONDS,
    "s": NANOSECONDS,
}
"""Longest first, so that the first unit that divides a timeframe names it."""

TIMEFRAME: Final = re.compile(r"(\d{1,6})\s*(mo|[smhdw])")

SYMBOL: Final = re.compile(
    r"([A-Z0-9]{1,20})"  # PETR4, BTC
    r"(?:[/_-]([A-Z0-9]{1,10})"  # /USDT, which is joined to it
    r"|\.([A-Z]{1,4}))?"  # .SA, a stock exchange's suffix, which stays
)


def parse_timeframe(text: str) -> int:
    """Nanoseconds of "30s", "5m", "4h", "1d", "1w" or "1mo". "1M" is a month too, as exchanges write it."""
    spelled = text.strip()
    found = TIMEFRAME.fullmatch(re.sub(r"M$", "mo", spelled).lower())
    if not found or int(found[1]) == 0:
        raise DataError(f"'{text}' is no timeframe.", "Write a number and a unit: 30s, 1m, 5m, 1h, 4h, 1d, 1w or 1mo.")
    return int(found[1]) * UNITS_NS[found[2]]


def format_timeframe(timeframe_ns: int) -> str:
    """The shortest name that `parse_timeframe` reads back; whole seconds only."""
    for name, unit_ns in UNITS_NS.items():
        if timeframe_ns > 0 and timeframe_ns % unit_ns == 0:
            return f"{timeframe_ns // unit_ns}{name}"
    raise DataError(f"{timeframe_ns} ns is no timeframe.", "A timeframe is a whole number of seconds, 1s at least.")


def normalise_symbol(text: str) -> str:
    """`BTC/USDT`, `btc-usdt` and `BTC_USDT` are `BTCUSDT`; `petr4.sa` is `PETR4.SA`. What is no symbol is refused."""
    found = SYMBOL.fullmatch(text.strip().upper())
    if not found or not re.search("[A-Z]", found[0]):
        raise DataError(
            f"'{text}' is no symbol.",
            "Write letters and digits, with at most one of / - _ between base and quote: BTCUSDT, BTC/USDT, PETR4.",
        )
    base, quote, exchange = found.groups()
    return f"{base}.{exchange}" if exchange else base + (quote or "")
