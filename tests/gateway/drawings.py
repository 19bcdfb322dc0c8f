"""What pictures are drawn of, in tests."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np

from core.contracts.ledger import (
    Candle,
    CandlesShown,
    EquityPoint,
    EquityShown,
    FillMark,
    JudgedShown,
    JudgedTrade,
    ReleaseBegan,
)

BEGAN_NS = 1_795_800_000 * 10**9
MINUTE_NS = 60 * 10**9


def worth(count: int = 400, *, releases: int = 3) -> EquityShown:
    """A random walk with a fall in its midst."""
    dice, equity, points = np.random.default_rng(7), 10_000.0, []
    for place in range(count):
        equity *= 1 + dice.normal(0.0002, 0.0025) - (0.004 if 180 < place < 200 else 0.0)
        points.append(EquityPoint(BEGAN_NS + place * 15 * MINUTE_NS, equity, exact=place % 10 == 0))
    began = [
        ReleaseBegan(time_ns=BEGAN_NS + count * place // max(releases, 1) * 15 * MINUTE_NS, release=f"{place:040x}")
        for place in range(releases)
    ]
    return EquityShown(
        period="all", from_ns=0, until_ns=BEGAN_NS + count * 15 * MINUTE_NS, account="paper", currency="USDT",
        points=points, drawdown=0.0812 if points else None, releases=began,
    )  # fmt: skip


def candles(count: int = 90) -> CandlesShown:
    """A wave with noise, and three round trips on it of which one lost."""
    dice, found = np.random.default_rng(3), []
    close = 65_000.0
    for place in range(count):
        opened = close
        close = 65_000 + 900 * math.sin(place / 9) + dice.normal(0, 90)
        high, low = max(opened, close) + dice.random() * 80, min(opened, close) - dice.random() * 80
        found.append(Candle(BEGAN_NS + place * MINUTE_NS, opened, high, low, close, dice.random() * 40))
    trades = ((8, "BUY"), (17, "SELL"), (24, "BUY"), (38, "SELL"), (52, "BUY"), (70, "SELL"))
    fills = [_mark(at, side, found[at].close) for at, side in trades if at < count]
    return CandlesShown(account="paper", pair="BTCUSDT", timeframe="1m", candles=found, fills=fills)


def _mark(at: int, side: str, price: float) -> FillMark:
    return FillMark(
        time_ns=BEGAN_NS + at * MINUTE_NS + 20 * 10**9,
        side=side,
        price=Decimal(str(round(price, 2))),
        quantity=Decimal("0.01"),
        order=f"s1-{at}",
        reason="score",
    )


def judged(count: int = 300) -> JudgedShown:
    """Two walks that begin together."""
    dice, before, after = np.random.default_rng(11), [10_000.0], [10_000.0]
    for _ in range(count - 1):
        step = dice.normal(0.0001, 0.003)
        before.append(before[-1] * (1 + step))
        after.append(after[-1] * (1 + step * 0.7 + dice.normal(0.0002, 0.001)))
    times = [BEGAN_NS + place * 60 * MINUTE_NS for place in range(count)]
    trades = [
        JudgedTrade("BTCUSDT", times[place], times[place] + MINUTE_NS, 0.1, 65_000.0, 65_100.5, 8.7, "score", "stop")
        for place in range(0, count, 50)
    ]
    return JudgedShown(
        change="1a2b3c4d",
        pairs=["BTCUSDT"],
        begin_ns=times[0],
        times_ns=times,
        before=before,
        after=after,
        trades_before=trades[:1],
        trades_after=trades,
    )
