"""How many closed bars a strategy wants to have seen, read from its source: the constants `WARM_...` of indicators.py.

Nothing is run: who fetches the past is trusted, and the strategy is not. A constant is made of numbers, parameters,
sums, `max` and `min`; what is written otherwise is not known, and counts for nothing.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from core.errors import StrategyError
from core.symbols import INDICATORS_FILE, PARAMETERS_FILE, STATE_FILE, Symbols, parse

WARM: Final = "WARM_"
MOST: Final = 20_000
"""Bars that are fetched at the most, whatever a strategy says: the slowest indicator that can be added wants fewer."""
OPERATORS: Final[Mapping[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}
CALLED: Final[Mapping[str, Callable[..., Any]]] = {"max": max, "min": min, "int": int}


def bars_wanted(files: Mapping[str, bytes]) -> int:
    """The most that any part of the strategy wants for any pair, 0 when it says nothing that can be read."""
    if INDICATORS_FILE not in files:
        return 0
    try:
        parameters = Symbols.of(files).parameters
        tree = parse(INDICATORS_FILE, files[INDICATORS_FILE])
    except StrategyError:
        return 0
    symbols = {None, *(symbol for parameter in parameters.values() for symbol in parameter.own)}
    sets = [{name: parameter.of(symbol) for name, parameter in parameters.items()} for symbol in symbols]
    found = 0
    for node in tree.body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if name.startswith(WARM):
                found = max(found, *(int(_worth(value, each) or 0) for each in sets))
    return min(found, MOST)


def bars_wanted_in(folder: Path) -> int:
    """The same of a strategy that is laid out in a folder."""
    names = (INDICATORS_FILE, PARAMETERS_FILE, STATE_FILE, "rules.py")
    return bars_wanted({name: (folder / name).read_bytes() for name in names if (folder / name).is_file()})


def _worth(node: ast.expr, parameters: Mapping[str, float]) -> float | None:
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.Attribute(value=ast.Name(id="P"), attr=name):
            return parameters.get(name)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            first, second = _worth(left, parameters), _worth(right, parameters)
            return None if first is None or second is None else OPERATORS[type(op)](first, second)
        case ast.Call(func=ast.Name(id=name), args=given, keywords=[]) if name in CALLED and given:
            values = [_worth(one, parameters) for one in given]
            return None if None in values else float(CALLED[name](*values))
    return None
