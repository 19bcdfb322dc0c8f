"""Quantities that meet: what comes of it, and what is wrong with it, with what to write instead."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from services.guardian.bounds.values import (
    NANOS,
    NONE,
    PLAIN,
    UNKNOWN,
    Number,
    Unit,
    agree,
    in_words,
    join,
    literal,
    over,
    plus,
    power,
    same,
    times,
)
from services.guardian.policy.text import words

WEEK: Final = 7 * 86_400 * 1e9
MINUTE: Final = 60 * 1e9
DATE: Final = (
    "absolute time is used as a number: no history shows what a strategy does from a date on. Use the time between two"
    " events, or the hour and the weekday of Features"
)
COUNTS: Final = "the number of an event or of a pair is used: it means nothing, and is another after each restart"
PINNED: Final = (
    "a parameter is compared with a number: what the strategy does then hangs on a value that its owner may change."
    " Compare it with 0 (turned off), or with another parameter"
)
SAME: Final = words("abs ceil fabs floor fmod round trunc float int nextafter ulp copysign")
LOGS: Final = words("log log10 log1p log2 exp expm1 isnan isfinite isinf")
COMPARED: Final = "{one} is compared with {other}"
ADDED: Final = "{one} is added to {other}"
LESS: Final = "{one} is less {other}"
DIVIDED: Final = "{one} is divided by {other}"
INSTEAD: Final = "write a ratio, a multiple of the ATR or of an average, or a parameter with its unit"
TINY: Final = 1e-9
"""Constants up to here keep a division from failing, and those above the next are no price of anything."""
HUGE: Final = 1e15


def comparison(one: Number, other: Number) -> str:
    """What is wrong with comparing them; empty for nothing."""
    if one.counts or other.counts:
        return COUNTS
    if one.clock or other.clock:
        return "" if same_clock(one, other) else DATE
    return mismatch(one, other, COMPARED)


def same_clock(one: Number, other: Number) -> bool:
    """Whether two times, or a time and the zero that stands for never, may be compared."""
    if one.clock and other.clock:
        return math.isclose(one.clock, other.clock)
    clock, still = (one, other) if one.clock else (other, one)
    return still.unit is None or (still.constant == 0.0 and not clock.moved)


def mismatch(one: Number, other: Number, how: str) -> str:
    """What is wrong with two numbers that should be of one kind."""
    if agree(one, other) or is_guard(one) or is_guard(other):
        return ""
    constant, measured = (one, other) if one.constant is not None else (other, one)
    if constant.constant is not None:
        return f"{how.format(one=in_words(measured), other=in_words(constant))}: {INSTEAD}"
    return how.format(one=in_words(one), other=in_words(other))


def is_guard(number: Number) -> bool:
    """A constant that no quantity of a market comes to."""
    return number.constant is not None and not TINY < abs(number.constant) < HUGE


def arithmetic(op: ast.operator, one: Number, other: Number) -> tuple[Number, str]:
    """What comes of an operator, and what is wrong with it."""
    if one.counts or other.counts:
        return UNKNOWN, COUNTS
    match op:
        case ast.Add() | ast.Sub():
            clocks = one.clock or other.clock
            why = "" if clocks else mismatch(one, other, ADDED if isinstance(op, ast.Add) else LESS)
            return plus(one, other, 1 if isinstance(op, ast.Add) else -1), why
        case ast.Mult():
            return times(one, other), DATE if strange_clock(one, other) else ""
        case ast.Div() | ast.FloorDiv():
            return over(one, other), DATE if other.clock or strange_clock(one, other) else ""
        case ast.Mod():
            return remainder(one, other)
        case ast.BitAnd() | ast.BitOr():  # of two answers; of numbers it would be a comparison of a kind
            return PLAIN, DATE if one.clock or other.clock else mismatch(one, other, COMPARED)
        case ast.Pow():
            return power(one, other.constant), DATE if one.clock or other.clock else ""
    return UNKNOWN, ""


def strange_clock(one: Number, other: Number) -> bool:
    """Absolute time, times or over what is neither constant nor known to have a bound."""
    clock, by = (one, other) if one.clock else (other, one)
    return bool(clock.clock) and (bool(by.clock) or (by.constant is None and not math.isfinite(by.most)))


def remainder(one: Number, other: Number) -> tuple[Number, str]:
    """What a calendar is made of: absolute time modulo a part of the week."""
    most = other.most - 1 if math.isfinite(other.most) else math.inf
    if not one.clock:
        why = mismatch(one, other, DIVIDED)
        return replace(one, constant=None, most=most), why
    period = (other.constant or 0.0) / one.clock
    fits = period >= MINUTE and math.isclose(WEEK / period, round(WEEK / period))
    return (Number(NANOS if math.isclose(one.clock, 1.0) else NONE, most=most)), "" if fits else DATE


def of_math(name: str, given: Sequence[Number]) -> tuple[Number, str]:
    """A function of `math`."""
    if any(each.clock or each.counts for each in given):
        return UNKNOWN, DATE
    if not given or name in LOGS:
        return UNKNOWN, ""
    if name == "sqrt":
        return power(given[0], 0.5), ""
    if name in SAME:
        return replace(given[0], constant=None), ""
    return PLAIN if all(each.unit == NONE for each in given) else UNKNOWN, ""


def builtin(name: str, given: Sequence[Number]) -> tuple[Number, str]:
    """A function of Python's own."""
    if not given:
        return UNKNOWN, ""
    if name in ("min", "max"):
        found, why = given[0], ""
        for each in given[1:]:
            why = why or comparison(found, each)
            found = _met(found, each, max if name == "max" else min)
        most = (min if name == "min" else max)(each.most for each in given)
        return replace(found, most=most), why
    if name in SAME:
        return given[0] if name in ("float", "int", "abs") else replace(given[0], constant=None), ""
    return UNKNOWN, ""


def _met(one: Number, other: Number, choose: Callable[[float, float], float]) -> Number:
    """Either of two that were compared: a constant has taken the unit of the other."""
    if one.constant is not None and other.constant is not None:
        return literal(choose(one.constant, other.constant))
    if one.constant is not None or other.constant is not None:
        return replace(other if one.constant is not None else one, constant=None)
    found = join(one, other)
    return found if isinstance(found, Number) else UNKNOWN


def answered(name: str, value: Number, wanted: Unit | None, copied: Number | None) -> str:
    """What is wrong with a value that a decision is given."""
    if value.counts:
        return "" if copied is not None and copied.counts else COUNTS
    if value.clock:
        return DATE
    if wanted is None or value.unit is None or value.constant is not None or same(value.unit, wanted):
        return ""
    return f"{name} of the decision is {in_words(value)}, not {in_words(Number(wanted))}"


def members(node: ast.expr) -> list[ast.expr]:
    """What a value is looked for among: a tuple's parts, or the numbers that a range is written with."""
    match node:
        case ast.Tuple(elts=parts):
            return parts
        case ast.Call(args=args):
            return args
    return [node]


def pins(sides: Sequence[ast.expr]) -> bool:
    """Whether a parameter is compared with a number that is not zero, and with nothing that ever changes."""
    parameters = [isinstance(side, ast.Attribute) and _name(side.value) == "P" for side in sides]
    numbers = [side for side, found in zip(sides, parameters, strict=True) if not found]
    return any(parameters) and bool(numbers) and all(_is_number(side) for side in numbers)


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _is_number(node: ast.expr) -> bool:
    inner = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(inner, ast.Constant) and inner.value != 0
