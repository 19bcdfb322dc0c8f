"""`In an uptrend`, which everybody sees elsewhere, and a crossing that does not say from where."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from core.contracts import Action, EditPlan, Language, Offer
from services.interpreter.grammar import timeframes
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.outcome import Ask, Refusal

UPPER: Final = frozenset({"bollinger_upper"})
LOWER: Final = frozenset({"bollinger_lower"})
BOUNDED: Final = frozenset({"rsi"})
OVERBOUGHT: Final = 65
OVERSOLD: Final = 35
"""Levels from which on one of BOUNDED is at an end of its range."""
LEVEL: Final = re.compile(r"\d+(?:\.\d+)?")
BEFORE: Final = frozenset(
    [
        *("in", "on", "during", "with", "a", "an", "the", "when", "if", "while", "it", "is", "market", "there", "are"),
        *("em", "na", "no", "numa", "num", "durante", "com", "se", "quando", "o", "mercado", "estiver", "esta", "uma"),
        *("houver", "tiver", "for", "um", "we", "a", "price", "preco", "ativo", "enquanto", "uma", "within"),
    ]
)
"""What may stand before it and belongs to it."""
MEANT: Final = (("ema_fast", "ema_slow"), ("price", "ema_slow"))
"""What a trend may mean: this one above that one; the likeliest first."""
SAID: Final = {
    (Language.PT, "uptrend"): "se {0} estiver acima de {1}",
    (Language.PT, "downtrend"): "se {0} estiver abaixo de {1}",
    (Language.EN, "uptrend"): "if {0} is above {1}",
    (Language.EN, "downtrend"): "if {0} is below {1}",
}


def offers(lattice: Lattice, read: Callable[[str], EditPlan | Action | Ask | Refusal]) -> list[Offer]:
    """The plans of a sentence for each of these; none when it speaks of no trend."""
    found = [
        (start, end, trend)
        for start, edges in enumerate(lattice.edges)
        for trend in TRENDS
        for _, end in edges.get(trend, ())
    ]
    if not found:
        return []
    start, end, trend = max(found, key=lambda each: each[1] - each[0])
    if any(not start <= first < end for first, _, _ in found):
        return []
    while start and lattice.tokens[start - 1].key in BEFORE:
        start -= 1
    text = lattice.text.lower
    begin = lattice.tokens[start].start
    chart, end = _chart(lattice, end)
    rest = text[lattice.tokens[end - 1].end :]
    said = [SAID[lattice.language, trend].format(*_on(chart, names, lattice)) for names in MEANT]
    meant = [read(f"{text[:begin]}{each}{rest}") for each in said]
    return [Offer(plan=each) for each in meant if isinstance(each, EditPlan)]


def _chart(lattice: Lattice, end: int) -> tuple[str, int]:
    """What is said of longer bars behind it (`on the daily`), and where that ends."""
    timeframes.add_frames(lattice)
    last = max((last for frame, last in lattice.at(end, "FRAME") if frame.whole), default=end)
    return lattice.said(end, last), last


def _on(chart: str, names: tuple[str, str], lattice: Lattice) -> Iterator[str]:
    """The averages of the same length on such bars."""
    for name in names:
        known = lattice.symbols.parameters.get(name)
        yield name if not chart or known is None else f"ema {known.value} {chart}"


def directed(lattice: Lattice) -> tuple[str, ...]:
    """A crossing without its direction, said with either; the one first that whoever buys or sells probably means.

    A level that lies at an end of what it measures is crossed outwards (`sell when the RSI crosses 80`), any other
    upwards to buy and downwards to sell.
    """
    buys, sells = lattice.has("buy"), lattice.has("sell")
    told = any(lattice.has(category) for category in ("CROSS", "WAY", "PLACE", "positive", "negative"))
    if buys == sells or (told and not lattice.has("averages_cross")):
        return ()
    first = _outwards(lattice) or ("above" if buys else "below")
    sides = (first, "below" if first == "above" else "above")
    return tuple(said for side in sides if (said := _crossing(lattice, side)) is not None)


def _outwards(lattice: Lattice) -> str | None:
    """The side on which a band, or a level of the RSI, is left; None for what has no such side."""
    features = {name for edges in lattice.edges for names, _ in edges.get("FEATURE", ()) for name in names}
    levels = [float(token.key) for token in lattice.tokens if LEVEL.fullmatch(token.key)]
    if features & UPPER or (features & BOUNDED and levels and min(levels) >= OVERBOUGHT):
        return "above"
    if features & LOWER or (features & BOUNDED and levels and max(levels) <= OVERSOLD):
        return "below"
    return None


def _crossing(lattice: Lattice, side: str) -> str | None:
    """The sentence with the side in it."""
    text = lattice.text.lower
    for category, said in (("averages_cross", AVERAGES), ("cross", CROSSES)):
        found = [(start, end) for start, edges in enumerate(lattice.edges) for _, end in edges.get(category, ())]
        if found:
            start, end = max(found, key=lambda each: each[1] - each[0])
            while category == "averages_cross" and start and lattice.tokens[start - 1].key in BEFORE:
                start -= 1
            begin, last = lattice.tokens[start].start, lattice.tokens[end - 1].end
            return f"{text[:begin]}{said[lattice.language, side]}{text[last:]}"
    return None


AVERAGES: Final = {
    (Language.PT, "above"): "se ema_fast cruzar acima de ema_slow",
    (Language.PT, "below"): "se ema_fast cruzar abaixo de ema_slow",
    (Language.EN, "above"): "if ema_fast crosses above ema_slow",
    (Language.EN, "below"): "if ema_fast crosses below ema_slow",
}
CROSSES: Final = {
    (Language.PT, "above"): "cruzar acima de",
    (Language.PT, "below"): "cruzar abaixo de",
    (Language.EN, "above"): "crosses above",
    (Language.EN, "below"): "crosses below",
}
TRENDS: Final = ("uptrend", "downtrend")
