"""Which of its reasons a decision had: pure.

A strategy decides as `decide.py` of the shipped one does: the score against its threshold, the confidence against the
least, then the rules. One that was rewritten may decide otherwise; what it says itself (score, rule) is right anyway.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from core.contracts.reasons import Reason
from core.kernel import HOLD
from core.symbols import Symbols
from services.trader.reasons.seen import SIGNALS, Happened, Looked

DIGITS: Final = 12
"""Of a tree's hash."""


class Bounds(NamedTuple):
    """What a release compares with; None for what it has no parameter for."""

    buy: float | None = None
    sell: float | None = None
    confidence: float | None = None

    @classmethod
    def of(cls, symbols: Symbols, pair: str | None = None) -> Bounds:
        """As its parameters stand for this pair; None is for one that has no values of its own."""
        values = {name: float(parameter.of(pair)) for name, parameter in symbols.parameters.items()}
        return cls(values.get("buy_threshold"), values.get("sell_threshold"), values.get("min_confidence"))


def reason_of(seen: Looked, bounds: Bounds, trading: str, release: str) -> Reason | None:
    """Why a pair was let be; None when it was not: what became of the order is told by itself."""
    if seen.action != HOLD:
        return None
    code = _code(seen, bounds)
    return Reason(
        time_ns=seen.time_ns,
        pair=seen.pair,
        code=code,
        detail=seen.rule if code == "rule" else "",
        held=seen.held,
        score=seen.score,
        threshold=bounds.sell if seen.held else bounds.buy,
        confidence=seen.confidence,
        min_confidence=bounds.confidence,
        signals=named(seen.signals),
        trading=trading,
        release=release[:DIGITS],
    )


def _code(seen: Looked, bounds: Bounds) -> str:
    if seen.rule:
        return "rule"
    if seen.held:
        short = bounds.sell is None or seen.score > bounds.sell
        return "kept" if short else "confidence"
    if bounds.buy is None or seen.score < bounds.buy:
        return "score"
    if bounds.confidence is not None and seen.confidence < bounds.confidence:
        return "confidence"
    return "warming" if seen.signals[0] is None else "score"


def reason_for(what: Happened, last: Looked | None, bounds: Bounds, trading: str, release: str) -> Reason:
    """What became of an order, with the figures that it was decided by, or the last that are known of its pair."""
    held = what.code == "sells" or (what.code != "buys" and last is not None and last.held)
    score = what.score if what.score is not None else last.score if last is not None else 0.0
    sure = what.confidence if what.confidence is not None else last.confidence if last is not None else 0.0
    return Reason(
        time_ns=what.time_ns,
        pair=what.pair,
        code=what.code,
        detail=what.detail,
        held=held,
        score=score,
        threshold=bounds.sell if held else bounds.buy,
        confidence=sure,
        min_confidence=bounds.confidence,
        signals=named(what.signals or (last.signals if last is not None else ())),
        trading=trading,
        release=release[:DIGITS],
        sequence=what.sequence,
    )


def named(signals: tuple[float | None, ...]) -> dict[str, float | None]:
    """Each signal by its name."""
    return dict(zip(SIGNALS, signals, strict=False))
