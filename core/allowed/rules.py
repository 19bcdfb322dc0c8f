"""The rules in force, as far as their answer follows from the event alone: from position, clock and account.

A rule such as `FORCE_EXIT if f.profit <= -P.stop_loss else ALLOW` is read from the tree and worked out here. What a
rule about the market answers nobody here can know; it may answer whatever its code names.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from core.allowed.shapes import body_of, function_in
from core.constants import worth

ALLOW, FORBID_ENTRY, FORCE_ENTRY, FORBID_EXIT, FORCE_EXIT = range(5)
NAMES: Final = ("ALLOW", "FORBID_ENTRY", "FORCE_ENTRY", "FORBID_EXIT", "FORCE_EXIT")
FEATURES: Final = ("profit", "retreat", "held_seconds", "rested_seconds", "drawdown", "price", "score")
"""What is known of an event without the market's past, in the order in which `checking` works it out."""
NEAR: Final = 1e-9
"""Of a limit: closer to it than this nobody here says on which side a value is."""
NEGATED: Final = {ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt}
HELD: Final[Mapping[type[ast.cmpop], Callable[[float, float], bool]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
MIRRORED: Final = {ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE}
Parameters = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Limit:
    """One comparison: it holds for sure below `surely` (or above, where `above`), and may hold up to `perhaps`."""

    feature: int
    above: bool
    limit: float
    surely: float
    perhaps: float


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule in force. Without `tests` what it answers is not known, and `answers` is what it may answer."""

    name: str
    answers: frozenset[int]
    tests: tuple[Limit, ...] | None = None  # where all hold it answers, else it allows
    never: bool = False  # a rule that is turned off by its parameters


def rules_of(tree: ast.Module, parameters: Parameters) -> tuple[Rule, ...]:
    """Those that `verdicts` lists, in its order."""
    verdicts = function_in(tree, "verdicts")
    returned = verdicts.body[-1] if verdicts else None
    if not isinstance(returned, ast.Return) or not isinstance(returned.value, ast.Tuple):
        return ()
    sound = _constants_are_as_known(tree)
    return tuple(_rule(tree, element, parameters, sound=sound) for element in returned.value.elts)


def _constants_are_as_known(tree: ast.Module) -> bool:
    found: dict[str, list[object]] = {}
    for node in tree.body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=value)) if name in NAMES:
                found.setdefault(name, []).append(value)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=value)) if name in NAMES:
                found.setdefault(name, []).append(value)
    return found == {name: [value] for value, name in enumerate(NAMES)}


def _rule(tree: ast.Module, element: ast.expr, parameters: Parameters, *, sound: bool) -> Rule:
    name = element.func.id if isinstance(element, ast.Call) and isinstance(element.func, ast.Name) else ""
    function = function_in(tree, name)
    if function is None or not sound:
        return Rule(name, frozenset(range(5)))
    named = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    calls = any(isinstance(node, ast.Call) for node in ast.walk(function))
    answers = frozenset(range(5)) if calls else frozenset(NAMES.index(one) for one in named & set(NAMES))
    match body_of(function):
        case [ast.Return(value=ast.IfExp(test=test, body=ast.Name(id=yes), orelse=ast.Name(id=no)))]:
            if {yes, no} <= set(NAMES) and "ALLOW" in (yes, no) and len(function.args.args) == 1:
                tests = _tests(test, function.args.args[0].arg, parameters, negated=yes == "ALLOW")
                other = frozenset({NAMES.index(no if yes == "ALLOW" else yes)})
                if tests is not None:
                    known = tuple(one for one in tests if isinstance(one, Limit))
                    return Rule(name, other, known, never=False in tests or other == {ALLOW})
    return Rule(name, answers or frozenset(range(5)))


def _tests(node: ast.expr, given: str, parameters: Parameters, *, negated: bool) -> list[Limit | bool] | None:
    """The comparisons that must all hold, constant ones as what they come to; None for what is not read here."""
    match node:
        case ast.BoolOp(op=ast.And(), values=values) if not negated:
            found = [_tests(value, given, parameters, negated=False) for value in values]
            return None if None in found else [test for tests in found if tests is not None for test in tests]
        case ast.BoolOp(op=ast.Or(), values=values) if negated:
            found = [_tests(value, given, parameters, negated=True) for value in values]
            return None if None in found else [test for tests in found if tests is not None for test in tests]
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in NEGATED:
            kind = NEGATED[type(op)] if negated else type(op)
            return _comparison(left, kind, right, given, parameters)
    return None


def _comparison(
    left: ast.expr, kind: type[ast.cmpop], right: ast.expr, given: str, parameters: Parameters
) -> list[Limit | bool] | None:
    for one, other, sense in ((left, right, kind), (right, left, MIRRORED[kind])):
        feature, limit = _feature(one, given), worth(other, parameters)
        if feature is not None and limit is not None:
            return [_test(feature, sense, limit)]
    first, second = worth(left, parameters), worth(right, parameters)
    return None if first is None or second is None else [HELD[kind](first, second)]


def _test(feature: int, sense: type[ast.cmpop], limit: float) -> Limit:
    above, slack = sense in (ast.Gt, ast.GtE), NEAR * abs(limit)
    first = math.nextafter(limit, math.inf if above else -math.inf) if sense in (ast.Gt, ast.Lt) else limit
    inside, outside = (first + slack, first - slack) if above else (first - slack, first + slack)
    return Limit(feature, above, limit, inside, outside)


def _feature(node: ast.expr, given: str) -> int | None:
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr=attr) if name == given and attr in FEATURES:
            return FEATURES.index(attr)
    return None
