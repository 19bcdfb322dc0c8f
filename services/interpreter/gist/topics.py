"""Which parameter a piece of a sentence is about: what its words point to, narrowed by the unit of its amount."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from core.symbols import Parameter, Symbols
from services.interpreter.gist.labels import NAMED, STRONG, Word
from services.interpreter.gist.pieces import Piece
from services.interpreter.grammar.numbers import Quantity
from services.interpreter.grammar.resolving import UNIT_ENDINGS

LEAST: Final = 2
"""The weight without which a piece is about nothing."""
OUTCOMES: Final = ("stop_loss", "take_profit", "trailing_stop")
EACH: Final = frozenset({"por", "per", "em", "cada", "each", "every", "on", "in", "for", "a", "numa", "num"})
"""What `per trade` begins with."""
RATIOS: Final = ("weight", "score", "ratio")


@dataclass(frozen=True, slots=True)
class Topic:
    """The parameters that may be meant, most likely first; `sure` when nothing points elsewhere."""

    names: tuple[str, ...]
    sure: bool
    weight: int


def topic(piece: Piece, others: Sequence[Piece], symbols: Symbols) -> Topic | None:
    """What a piece is about; what stands in other pieces under several names may be its heading."""
    quantity = piece.amount.amount if piece.amount is not None else None
    own = _weighed(piece.words, symbols, quantity)
    headings = [word for other in others for word in other.words if _is_heading(word)]
    heads = _weighed(headings, symbols, quantity)
    if not own and not heads:
        return None
    total = Counter(own)
    if own:
        total.update({name: weight for name, weight in heads.items() if name in own})
    if max(total.values(), default=0) < LEAST:
        total = own + heads
    if not total or max(total.values()) < LEAST:
        return None
    if total["order_fraction"] < NAMED and any(total[name] >= STRONG for name in OUTCOMES) and not _of_money(piece):
        del total["order_fraction"]  # `lose 3% per trade`
    follows = STRONG <= total["trailing_stop"] < NAMED and total["stop_loss"] > 0
    if follows:  # `follow the price with a 2% stop`
        total["trailing_stop"] += total.pop("stop_loss")
    best = max(total.values())
    names = tuple(name for name, weight in total.most_common() if weight == best)
    ranked = tuple(name for name, _ in total.most_common())
    meant = (*names, "stop_loss") if follows else names
    if names[0] in OUTCOMES and not _of_money(piece):
        meant = (*meant, "order_fraction")
    agree = all(_agrees(word, meant, symbols, quantity) for word in piece.words)
    return Topic(names if len(names) > 1 else ranked[:1], agree and len(names) == 1, best)


def _of_money(piece: Piece) -> bool:
    """Whether a share is said of what the owner has, and not of each trade."""
    pointing = [word for word in piece.words if any(p.names == ("order_fraction",) for p in word.topics("param"))]
    return any(word.said.split()[0] not in EACH for word in pointing)


def _weighed(words: Iterable[Word], symbols: Symbols, quantity: Quantity | None) -> Counter[str]:
    found: Counter[str] = Counter()
    for word in words:
        best: dict[str, int] = {}
        for pointer in word.topics("param"):
            for name in pointer.names:
                if quantity is None or fits(quantity, symbols.parameters[name]):
                    best[name] = max(best.get(name, 0), pointer.weight)
        found.update(best)
    return found


def _is_heading(word: Word) -> bool:
    return any(len(pointer.names) > 1 for pointer in word.topics("param"))


def _agrees(word: Word, names: tuple[str, ...], symbols: Symbols, quantity: Quantity | None) -> bool:
    """Whether a word points to one of these, if to any. Evidence that the unit rules out is none, a name stays one."""
    pointers = list(word.topics("param"))
    if any(name in names for pointer in pointers for name in pointer.names):
        return True
    return not any(
        pointer.weight == NAMED
        or (pointer.weight > 1 and (quantity is None or fits(quantity, symbols.parameters[name])))
        for pointer in pointers
        for name in pointer.names
    )


def named(words: Iterable[Word]) -> list[str]:
    """The parameters that are named outright, each once."""
    found: dict[str, None] = {}
    for word in words:
        for pointer in word.topics("param"):
            if pointer.weight == NAMED and len(pointer.names) == 1:
                found[pointer.names[0]] = None
    return list(found)


def alone(words: Iterable[Word]) -> list[str]:
    """The parameters that a word points to and to no other, where another word points to all of them."""
    found: dict[str, None] = {}
    for word in words:
        for pointer in word.topics("param"):
            if len(pointer.names) == 1:
                found[pointer.names[0]] = None
    headings = [set(p.names) for word in words for p in word.topics("param") if len(p.names) > 1]
    return list(found) if any(set(found) <= heading for heading in headings) else []


def fits(quantity: Quantity, parameter: Parameter) -> bool:
    """Whether an amount may be one of a parameter, by its unit."""
    unit, counted = quantity.unit, parameter.range.unit
    share = counted.startswith("of ")
    if unit == "":
        whole = quantity.number == quantity.number.to_integral_value()
        return whole or parameter.kind is not int
    if unit in ("percent", "points_percent"):
        return share or counted in RATIOS
    if unit == "bps":
        return share
    if unit == "points" and share:
        return abs(quantity.number) < Decimal(10)  # `half a point more` of a percentage
    return unit in UNIT_ENDINGS and counted.endswith(UNIT_ENDINGS[unit])
