"""What a pair has of its own: the constant OVERRIDES of parameters.py, read from its syntax tree and never run.

    OVERRIDES = {
        "BTCUSDT": Parameters(stop_loss=0.03),
    }

A parameter that is not named there is as in `class Parameters`, for that pair too. Who runs a strategy loads it once
more for each set of values and gives each pair its own; the strategy's code cannot tell which pair it decides for.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from core.errors import StrategyError

NAME: Final = "OVERRIDES"
FILE: Final = "parameters.py"
ABOUT: Final = (
    "What a pair has of its own; for everything else it is as above. Who runs the strategy chooses by the pair."
)
"""The comment above it."""
SYMBOL: Final = re.compile(r"[A-Z0-9][A-Z0-9.]{0,30}")
"""A pair as `core.names.normalise_symbol` writes it."""
MOST_SETS: Final = 8
"""Different sets of values. Each is a kernel by itself, which may take a strategy host seconds; pairs may share one."""
SHAPE: Final = 'Write OVERRIDES = {"BTCUSDT": Parameters(stop_loss=0.03)}, with numbers only.'

Overrides = Mapping[str, Mapping[str, float | int]]
"""By symbol, the values of the parameters that it has of its own; no symbol without any."""


def overrides_of(tree: ast.Module) -> Overrides:
    """The overrides of parameters.py; none where it has no such constant. Raises StrategyError for another shape.

    Whether a parameter exists and its range allows the value is for who knows the class.
    """
    statement = statement_of(tree)
    if statement is None:
        return MappingProxyType({})
    found: dict[str, Mapping[str, float | int]] = {}
    for symbol, call in pairs_of(statement):
        if symbol in found:
            raise _error(call, f"{symbol} stands there twice")
        found[symbol] = MappingProxyType(_values(symbol, call))
    if len({frozenset(values.items()) for values in found.values()}) > MOST_SETS:
        raise StrategyError(
            f"{FILE}: pairs have more than {MOST_SETS} different sets of values.", "Give some pairs the same values."
        )
    return MappingProxyType(found)


def statement_of(tree: ast.Module) -> ast.Assign | None:
    """The statement that gives OVERRIDES its value."""
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="OVERRIDES")]):
                return node
            case ast.AnnAssign(target=ast.Name(id="OVERRIDES")):
                raise _error(node, "OVERRIDES is not written plainly")
    return None


def pairs_of(statement: ast.Assign) -> list[tuple[str, ast.Call]]:
    """Each symbol with its `Parameters(...)`, in order."""
    if not isinstance(statement.value, ast.Dict) or not statement.value.keys:
        raise _error(statement, "OVERRIDES is no plain dictionary, or an empty one")
    found = []
    for key, value in zip(statement.value.keys, statement.value.values, strict=True):
        match key, value:
            case (
                ast.Constant(value=str(symbol)),
                ast.Call(func=ast.Name(id="Parameters"), args=[], keywords=[_, *_]) as call,
            ) if SYMBOL.fullmatch(symbol):
                found.append((symbol, call))
            case _:
                raise _error(value, "OVERRIDES holds something else than a pair and its Parameters(...)")
    return found


def _values(symbol: str, call: ast.Call) -> dict[str, float | int]:
    values: dict[str, float | int] = {}
    for keyword in call.keywords:
        number = _number(keyword.value)
        if keyword.arg is None or keyword.arg in values or number is None:
            raise _error(keyword, f"a value of {symbol} is no plain number, or stands there twice")
        values[keyword.arg] = number
    return values


def _number(node: ast.expr) -> float | int | None:
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _error(node: ast.AST, what: str) -> StrategyError:
    return StrategyError(f"{FILE}, line {getattr(node, 'lineno', 0)}: {what}.", SHAPE)
