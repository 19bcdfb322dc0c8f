"""What a piece of a sentence says of its parameter: the value, by how much more or less, or nothing of it at all."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

from core.symbols import Parameter
from services.interpreter.gist.labels import Word
from services.interpreter.gist.pieces import Piece
from services.interpreter.grammar.adjustment import DOWN, UP, Adjustment, How
from services.interpreter.grammar.changing import STRETCHED
from services.interpreter.grammar.numbers import Quantity

UPWARDS: Final = ("up", "raise", "widen", "plus", "upwards", "more_adjective", "more_by")
DOWNWARDS: Final = ("down", "lower", "tighten", "minus", "downwards", "less_adjective")
BESIDE: Final = ("up", "down", "more_adjective", "less_adjective", "more_by", "upwards", "downwards")
"""What says by how much when it stands beside the amount."""
EXACT: Final = (
    "set",
    "equals",
    "pause",
    "less_than",
    "strict_to",
    "to",
    "at",
    "comma",
    "is",
    "op_gt",
    "op_lt",
    "instead",
)
LEANING: Final = ("more_adjective", "less_adjective", "down", "up")
"""After an amount: `3% wider`, `duas barras a menos`."""
MOVING: Final = ("raise", "lower", "widen", "tighten", "plus", "minus")
"""Verbs, after which `em 3` says by how much."""
LITTLE: Final = frozenset(
    [
        *("tiquinho", "tiquim", "pouquinho", "pouco", "tantinho", "bocado", "cadinho", "bit", "little", "touch", "tad"),
        *("smidge", "smidgen", "notch", "hair", "whisker", "teensy"),
    ]
)
"""Beside a verb that moves these say that the amount is by how much."""
PASSED_OVER: Final = ("filler", "skip")
FACTORS: Final = {
    "double": Fraction(2),
    "double_amount": Fraction(2),
    "triple": Fraction(3),
    "thrice": Fraction(3),
    "quadruple": Fraction(4),
    "halve": Fraction(1, 2),
    "half": Fraction(1, 2),
}
"""What multiplies a value, by its role."""
NEARER: Final = {"nearer": 1, "farther": -1}
SMALLER: Final = {"too_small": UP, "too_large": DOWN}


def change(piece: Piece, names: tuple[tuple[str, ...], ...], parameter: Parameter) -> Adjustment | None:
    """The change that a piece says of these names; None when it says none."""
    if piece.amount is None:
        return _without_amount(piece, names, parameter)
    quantity = piece.amount.amount
    if quantity is None:
        return None
    if (nearer := _nearer(piece)) is not None and not quantity.unit:
        amount = replace(quantity, readings=tuple(abs(reading) for reading in quantity.readings))
        return Adjustment(names, How.BY, quantity=amount, nearer=nearer) if nearer else None
    was = piece.words[piece.was].amount if piece.was is not None else None
    course = _course(piece)
    if _is_stretched(piece) and parameter.name == "min_confidence" and course and was is None:
        relaxed = _how(piece, -course, parameter)  # who relaxes it asks for less
        return Adjustment(names, relaxed, quantity=quantity, direction=-course, exact=relaxed is How.TO)
    if _is_stretched(piece) and parameter.name not in STRETCHED:
        return None  # `relax the confidence`: which way that goes is not clear
    if not course and piece.value and piece.words[piece.value - 1].said == "by":
        return None  # `ease the stop by half a point`: which way?
    if course is None or piece.has(*FACTORS) or (piece.has("off") and quantity.number):
        return None
    if was is not None:
        return Adjustment(names, How.TO, quantity=quantity, was=was, exact=True)
    if quantity.number < 0 <= parameter.range.low or _is_signed(piece):
        minus = quantity.number < 0
        amount = replace(quantity, readings=tuple(abs(reading) for reading in quantity.readings))
        return Adjustment(names, How.BY, quantity=_percent_points(amount, parameter), direction=DOWN if minus else UP)
    how = _how(piece, course, parameter)
    if how is How.BY:
        return Adjustment(names, How.BY, quantity=_percent_points(quantity, parameter), direction=course)
    return Adjustment(names, how, quantity=quantity, direction=course, exact=how is How.TO)


def _nearer(piece: Piece) -> int | None:
    """Whether the value goes nearer to zero, 1, or farther from it, -1; 0 when both are said."""
    ways = {way for role, way in NEARER.items() if any(role in word.chosen for word in piece.words)}
    return None if not ways else sum(ways)


def _percent_points(quantity: Quantity, parameter: Parameter) -> Quantity:
    """`Half a point more` of what is said in per cent."""
    share = parameter.range.unit.startswith("of ")
    return replace(quantity, unit="points_percent") if share and quantity.unit == "points" else quantity


def _how(piece: Piece, course: int, parameter: Parameter) -> How:
    """Whether the amount is the value, or how much more or less; a remark that it is too small says neither."""
    before, after = _beside(piece, piece.value or 0, -1), _beside(piece, piece.value or 0, 1)
    moved = piece.has(*MOVING) or any(word is not None and word.has(*LEANING) for word in (before, after))
    if not course or (piece.has(*SMALLER) and not moved):
        return How.TO
    little = any(LITTLE.intersection(word.said.split()) for word in piece.words)
    if little and not (before is not None and before.has("strict_to", "to", "equals", "set")):
        return How.BY if _is_step(piece, parameter) else How.TO
    if before is not None and before.said == "by":
        return How.BY
    if before is not None and before.has("by") and piece.has(*MOVING) and not before.has("strict_to"):
        return How.BY
    paused = before is not None and before.has("comma")  # `give the flow more weight, 0.35`
    adding = not paused and any(word.has("plus", "minus") and not word.chosen for word in piece.words)
    if adding or not piece.words[piece.value or 0].chosen.isdisjoint(("up", "down")):
        return How.BY  # `another minute`
    if before is not None and before.said in ("from", "a partir de", "de") and after is not None and after.has("down"):
        return How.TO  # `from 25 down`
    leaning = after is not None and after.has(*LEANING) and not after.has("set")
    if before is not None and (before.has("strict_to") or (before.has(*EXACT, "by") and not leaning)):
        return How.TO
    if any(word is not None and word.has(*BESIDE) and not word.has("set") for word in (before, after)):
        return How.BY
    return How.UNCLEAR


def _is_step(piece: Piece, parameter: Parameter) -> bool:
    """Whether an amount is less than the way to it from the value now: of the two `a little` is the smaller."""
    quantity = piece.amount.amount if piece.amount is not None else None
    if quantity is None:
        return False
    share = parameter.range.unit.startswith("of ") or quantity.unit == "percent"
    said = quantity.number / (100 if share else 1)
    return abs(said) < abs(Decimal(repr(parameter.value)) - said)


def _way(piece: Piece, roles: tuple[str, ...]) -> bool:
    return any(word.chosen.intersection(roles) for word in piece.words)


def _beside(piece: Piece, place: int, way: int) -> Word | None:
    """The next word that says something."""
    place += way
    while 0 <= place < len(piece.words):
        word = piece.words[place]
        if not (word.has(*PASSED_OVER) and not word.has(*BESIDE, *EXACT, "by")):
            return word
        place += way
    return None


def _is_signed(piece: Piece) -> bool:
    before = piece.words[piece.value - 1] if piece.value else None
    return before is not None and before.said == "+"


def _is_stretched(piece: Piece) -> bool:
    """Whether it is widened or tightened, and by no word that says which way the number goes."""
    return any(word.has("widen", "tighten") and word.chosen.isdisjoint(("up", "down")) for word in piece.words)


def _course(piece: Piece) -> int | None:
    """Which way the value goes; 0 when it is not said, None when the words contradict one another."""
    ways: set[int] = set()
    snug = any(word.has("tighten") and not any(word.topics("param")) for word in piece.words)
    for place, word in enumerate(piece.words):
        if snug and word.said == "up":
            continue  # `snug the stop up`
        if (place == piece.value and word.chosen.isdisjoint(("up", "down"))) or word.has("less_than"):
            continue
        says = word.chosen - {"points"} or word.roles
        ways.update(way for role, way in SMALLER.items() if role in word.chosen)
        if any(True for _ in word.topics("param")) and word.chosen.isdisjoint(("up", "down")):
            continue
        if says.intersection(UPWARDS):
            ways.add(UP)
        if says.intersection(DOWNWARDS):
            ways.add(DOWN)
    if len(ways) > 1:
        return None
    return ways.pop() if ways else 0


def _without_amount(piece: Piece, names: tuple[tuple[str, ...], ...], parameter: Parameter) -> Adjustment | None:
    course = _course(piece)
    if piece.has("shipped"):
        return Adjustment(names, How.SHIPPED) if not (course or piece.has("off", *FACTORS)) else None
    for role, factor in FACTORS.items():
        if piece.has(role) and course in (0, UP if factor > 1 else DOWN):
            return Adjustment(names, How.TIMES, factor=factor)
    if _way(piece, ("off",)):
        free = parameter.range.low <= 0 and not course
        return Adjustment(names, How.TO, quantity=Quantity((Decimal(0),), "", "0"), exact=True) if free else None
    return (
        Adjustment(names, How.MISSING, direction=course or 0) if piece.has("set", "alter", *SMALLER) or course else None
    )
