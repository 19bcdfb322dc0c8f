"""A rule's function read back as the operation that would write it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, cast

from core.contracts import AddRule, Condition
from core.syntax import syntax_tree
from services.editor.conditions import ABOUT, ANSWERS, function_of
from services.editor.sides import is_side

OPERATORS: Final[Mapping[type[ast.cmpop], str]] = MappingProxyType(
    {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
)


def rule_of(source: str) -> AddRule | None:
    """The operation; None when the function is not just what an operation writes, to the last byte."""
    text = "\n".join(source.splitlines())
    function = syntax_tree(text).body[0]
    if not isinstance(function, ast.FunctionDef):
        return None
    about = ast.get_docstring(function) or ""
    for (side, effect), start in ABOUT.items():
        if about.startswith(start):
            try:
                when = _condition(_tested(function), function.name)
                rule = AddRule(
                    side=cast(Literal["entry", "exit"], side),
                    effect=cast(Literal["require", "forbid", "force"], effect),
                    when=when,
                    name=function.name,
                )
            except ValueError:
                return None
            return rule if (side, effect) in ANSWERS and function_of(rule) == text else None
    return None


def _tested(function: ast.FunctionDef) -> ast.expr:
    match function.body[1:]:
        case [ast.Assign(value=test), ast.Return()]:
            return test
        case [ast.Return(value=ast.IfExp(test=test))]:
            return test
    raise ValueError("no rule of a plan")


def _condition(node: ast.expr, rule: str) -> Condition:
    match node:
        case ast.BoolOp(op=ast.And(), values=[ast.Compare(left=ast.Attribute(attr=side)), now]) if is_side(side, rule):
            found = _condition(now, rule)
            way: Literal["above", "below"] = "above" if found.op == ">" else "below"
            return Condition(cross=way, feature=found.feature, value=found.value, other=found.other)
        case ast.BoolOp(op=ast.And(), values=branches):
            return Condition(all=tuple(_condition(branch, rule) for branch in branches))
        case ast.BoolOp(op=ast.Or(), values=branches):
            return Condition(any=tuple(_condition(branch, rule) for branch in branches))
        case ast.Compare(left=ast.Attribute(attr=feature), ops=[op], comparators=[right]) if type(op) in OPERATORS:
            name = cast(Literal["<", "<=", ">", ">="], OPERATORS[type(op)])
            match right:
                case ast.Attribute(attr=other):
                    return Condition(feature=feature, op=name, other=other)
                case ast.BinOp(left=factor, op=ast.Mult(), right=ast.Attribute(attr=other)):
                    return Condition(feature=feature, op=name, other=other, factor=_number(factor))
            return Condition(feature=feature, op=name, value=_number(right))
    raise ValueError("no condition of a plan")


def _number(node: ast.expr) -> float | int:
    value = ast.literal_eval(node)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("no number")  # noqa: TRY004 - the text is wrong, not a type
    return value
