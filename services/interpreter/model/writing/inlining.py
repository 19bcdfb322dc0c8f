"""A function without names of its own: each comparison then says for itself what is compared with what.

A price at which a rule closes a position is found by `core.levels` where a feature is compared with numbers and
parameters, and not with a name that stands for them: the stop would not rest at the exchange.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Final

from services.interpreter.code_filling import TooLongError, Values, filled

MOST_STATEMENTS: Final = 24
"""What stands behind an `if` is written into both of its ways."""


def inlined(function: ast.FunctionDef) -> ast.FunctionDef:
    """The function that does the same; as it is where it has no names of its own, or would become too long."""
    if not any(isinstance(node, ast.Assign) for node in ast.walk(function)):
        return function
    try:
        body = _written(function.body, {})
    except TooLongError:
        return function
    if sum(isinstance(node, ast.stmt) for statement in body for node in ast.walk(statement)) > MOST_STATEMENTS:
        return function
    whole = ast.FunctionDef(function.name, function.args, body, function.decorator_list, function.returns)
    return ast.fix_missing_locations(whole)


def _written(body: Sequence[ast.stmt], values: Values, depth: int = 0) -> list[ast.stmt]:
    if depth > MOST_STATEMENTS:
        raise TooLongError
    for place, statement in enumerate(body):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                values = {**values, name: filled(value, values)}
            case ast.Return(value=ast.expr() as value):
                return [ast.Return(filled(value, values))]
            case ast.If(test=test, body=then, orelse=otherwise):
                rest = body[place + 1 :]
                holds = _written((*then, *rest), values, depth + 1)
                return [ast.If(filled(test, values), holds, []), *_written((*otherwise, *rest), values, depth + 1)]
            case _:
                raise TooLongError
    raise TooLongError
