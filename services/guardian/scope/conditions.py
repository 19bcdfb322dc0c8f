"""Conditions in one form, whether a plan means them or code says them, so that two of them can be compared."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from typing import Final

from core.contracts import Condition
from services.guardian.scope.pieces import side_of

OPERATORS: Final = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}


def side_names(rule: str) -> Iterator[str]:
    """What a rule remembers of its crossings, from left to right."""
    return (side_of(rule, number) for number in itertools.count(1))


def form_of_plan(condition: Condition, sides: Iterator[str]) -> object:
    """What a plan's condition says; to cross is to have been on one side, and to be on the other."""
    if condition.branches:
        return ("all" if condition.all else "any", tuple(form_of_plan(part, sides) for part in condition.branches))
    if condition.cross is not None:
        was, now = ("<", ">") if condition.cross == "above" else (">", "<")
        side = next(sides)
        against = (condition.other, 1.0) if condition.value is None else float(condition.value)
        return ("all", ((side, was, 0.0), (condition.feature, now, against)))
    if condition.other is not None:
        factor = 1.0 if condition.factor is None else float(condition.factor)
        return (condition.feature, condition.op, (condition.other, factor))
    return (condition.feature, condition.op, None if condition.value is None else float(condition.value))


def form_of_code(node: ast.expr) -> object:
    """What a condition in code says, as `form_of_plan` does; its own text when it has none of a plan's shapes."""
    match node:
        case ast.BoolOp(op=operator, values=values):
            return ("all" if isinstance(operator, ast.And) else "any", tuple(form_of_code(value) for value in values))
        case ast.Compare(left=ast.Attribute(value=ast.Name(id="f"), attr=feature), ops=[op], comparators=[right]):
            return (feature, OPERATORS.get(type(op)), right_side(right))
    return ast.unparse(node)


def right_side(node: ast.expr) -> object:
    """What a feature is compared with: another one and its factor, or a number."""
    match node:
        case ast.Attribute(value=ast.Name(id="f"), attr=other):
            return (other, 1.0)
        case ast.BinOp(op=ast.Mult(), left=factor, right=ast.Attribute(value=ast.Name(id="f"), attr=other)):
            return (other, literal(factor))
    return literal(node)


def literal(node: ast.expr) -> object:
    """The number that a literal is; the text of anything else."""
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return ast.unparse(node)
    return float(value) if type(value) in (int, float) else ast.unparse(node)
