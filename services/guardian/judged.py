"""What the backtest gate counted, as curves and trades: of the parent and of the candidate on the held-out window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from core.backtest.naming import LEVELS
from core.kernel import BUY
from core.strategy import Source, rule_names
from services.guardian.play import Play

MOST_POINTS: Final = 400
MOST_TRADES: Final = 300
"""Of each side, the newest."""


class Trade(NamedTuple):
    """A round trip; see `core.contracts.ledger.JudgedTrade`."""

    pair: str
    entered_ns: int
    left_ns: int
    quantity: float
    entry: float
    exit: float
    profit: float
    entered_for: str
    left_for: str


@dataclass(frozen=True, slots=True)
class Judged:
    """Both sides at the same times; quote currency."""

    symbols: tuple[str, ...]
    begin_ns: int  # of the window; what comes before warmed up
    times_ns: tuple[int, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]
    trades_before: tuple[Trade, ...] = ()
    trades_after: tuple[Trade, ...] = ()

    @classmethod
    def of(cls, before: Play, after: Play, begin_ns: int, parent: Source, candidate: Source) -> Judged | None:
        """Of two plays of one tape, so few points that no peak and no valley is lost; None for plays that differ."""
        if len(before.times_ns) != len(after.times_ns) or not len(before.times_ns):
            return None
        first = max(int(np.searchsorted(before.times_ns, begin_ns)) - 1, 0)
        kept = _kept(before.equity[first:], after.equity[first:]) + first
        return cls(
            symbols=tuple(before.tape.symbols),
            begin_ns=begin_ns,
            times_ns=tuple(before.times_ns[kept].tolist()),
            before=tuple(np.round(before.equity[kept], 4).tolist()),
            after=tuple(np.round(after.equity[kept], 4).tolist()),
            trades_before=trades_of(before, parent),
            trades_after=trades_of(after, candidate),
        )


def trades_of(play: Play, source: Source) -> tuple[Trade, ...]:
    """The newest round trips of a play: a sale is of all that was bought since the last one."""
    rules = rule_names(source.files["rules.py"].decode())
    bought: dict[int, list[Any]] = {}
    found: list[Trade] = []
    for fill in play.fills:
        if fill["side"] == BUY:
            bought.setdefault(int(fill["pair"]), []).append(fill)
        elif entries := bought.pop(int(fill["pair"]), []):
            found.append(_trade(play.tape.symbols[int(fill["pair"])], entries, fill, rules))
    return tuple(found[-MOST_TRADES:])


def _trade(symbol: str, entries: list[Any], fill: Any, rules: tuple[str, ...]) -> Trade:
    quantity = sum(float(entry["quantity"]) for entry in entries)
    paid = sum(float(entry["quantity"] * entry["price"]) for entry in entries)
    return Trade(
        pair=symbol,
        entered_ns=int(entries[0]["time_ns"]),
        left_ns=int(fill["time_ns"]),
        quantity=round(float(fill["quantity"]), 8),
        entry=round(paid / quantity, 8) if quantity else 0.0,
        exit=round(float(fill["price"]), 8),
        profit=round(float(fill["profit"]), 4),
        entered_for=_named(entries[0], rules),
        left_for=_named(fill, rules),
    )


def _named(fill: Any, rules: tuple[str, ...]) -> str:
    rule = int(fill["rule"])
    return LEVELS.get(rule) or (rules[rule] if 0 <= rule < len(rules) else "score")


def _kept(*curves: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The first, the last, and of each stretch the lowest and the highest of each curve, in order."""
    count = len(curves[0])
    if count <= MOST_POINTS:
        return np.arange(count, dtype=np.int64)
    size = -(-count // (MOST_POINTS // (2 * len(curves))))
    kept = {0, count - 1}
    for start in range(0, count, size):
        for curve in curves:
            stretch = curve[start : start + size]
            kept |= {start + int(stretch.argmin()), start + int(stretch.argmax())}
    return np.array(sorted(kept), np.int64)
