"""Code whose meaning is known here, and whether a strategy has the same: names of its own and of parameters aside.

`core.allowed.checking` does in its own words what these do. A strategy that has them in other words may do the same,
and nobody here can tell: then only bounds are held.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Final

ENSEMBLE: Final = """
def ensemble(technical, orderbook, flow, qlearning, advice):
    votes = (technical, orderbook, flow, qlearning, advice)
    weights = (P.weight_technical, P.weight_orderbook, P.weight_flow, P.weight_qlearning, P.weight_advice)
    up = 0.0
    down = 0.0
    total = 0.0
    score = 0.0
    for i in range(5):
        if math.isnan(votes[i]):
            continue
        total += weights[i]
        score += weights[i] * votes[i]
        if votes[i] > 0.0:
            up += weights[i]
        elif votes[i] < 0.0:
            down += weights[i]
    if total <= 0.0:
        return 0.0, 0.0
    return score / total, (up if score > 0.0 else down) / total
"""
CHOOSE: Final = """
def choose(f, confidence, invested, warm):
    force = FORCE_EXIT if invested else FORCE_ENTRY
    forbid = FORBID_EXIT if invested else FORBID_ENTRY
    forced = -1
    forbidden = -1
    for position, verdict in enumerate((*verdicts(f), int(ALLOW))):
        if verdict == force and forced < 0:
            forced = position
        if verdict == forbid and forbidden < 0:
            forbidden = position
    if invested:
        if forced >= 0:
            return SELL, forced
        wanted = f.score <= P.sell_threshold and confidence >= P.min_confidence
        return (HOLD, forbidden) if wanted and forbidden >= 0 else (SELL if wanted else HOLD, -1)
    wanted = forced >= 0 or (f.score >= P.buy_threshold and confidence >= P.min_confidence)
    if not warm or not wanted:
        return HOLD, -1
    return (HOLD, forbidden) if forbidden >= 0 else (BUY, forced)
"""
LEFT_OUT: Final = frozenset({"ctx", "annotation", "returns", "type_comment", "decorator_list", "kind", "type_params"})
"""Fields of a syntax tree that do not change what it does here; decorators are the policy gate's."""


def function_in(tree: ast.Module, name: str) -> ast.FunctionDef | None:
    """The function of that name; None when there is none, or more than one thing is called so."""
    named = [node for node in tree.body if name in _bound(node)]
    only = named[0] if len(named) == 1 else None
    return only if isinstance(only, ast.FunctionDef) else None


def _bound(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return {alias.asname or alias.name for alias in names}
        case ast.Assign(targets=targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
    return set()


def body_of(function: ast.FunctionDef) -> list[ast.stmt]:
    """What a function does, without its docstring."""
    return function.body[bool(ast.get_docstring(function)) :]


def same_function(text: str, function: ast.FunctionDef | None) -> Mapping[str, str] | None:
    """By the names of `text`, the parameters that the function reads in their places; None when it is another one."""
    known = ast.parse(text).body[0]
    if function is None or not isinstance(known, ast.FunctionDef):
        return None
    matched = _Match(_locals(known), _locals(function))
    arguments = [[each.arg for each in one.args.args] for one in (known, function)]
    plain = not (function.args.vararg or function.args.kwarg or function.args.kwonlyargs or function.args.defaults)
    if not plain or len(arguments[0]) != len(arguments[1]):
        return None
    matched.names = dict(zip(*arguments, strict=True))
    return matched.parameters if matched.same(body_of(known), body_of(function)) else None


def same_statement(text: str, node: ast.AST) -> Mapping[str, str] | None:
    """The same of one statement or expression, whose names are all as in `text`."""
    known = ast.parse(text).body[0]
    matched = _Match(set(), set())
    wanted = known.value if isinstance(known, ast.Expr) and isinstance(node, ast.expr) else known
    return matched.parameters if matched.same(wanted, node) else None


def _locals(function: ast.FunctionDef) -> set[str]:
    stored = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return stored | {argument.arg for argument in function.args.args}


class _Match:
    """Two syntax trees side by side."""

    def __init__(self, locals_known: set[str], locals_found: set[str]) -> None:
        self.parameters: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self._known, self._found = locals_known, locals_found

    def same(self, known: object, found: object) -> bool:
        """Whether they mean the same."""
        match known, found:
            case list(), list():
                return len(known) == len(found) and all(map(self.same, known, found))
            case ast.Attribute(value=ast.Name(id="P"), attr=role), ast.Attribute(value=ast.Name(id="P"), attr=name):
                return self.parameters.setdefault(role, name) == name
            case ast.Name(id=first), ast.Name(id=second) if first in self._known:
                fresh = first not in self.names and second in self.names.values()
                return second in self._found and not fresh and self.names.setdefault(first, second) == second
            case ast.Name(id=first), ast.Name(id=second):
                return first == second and second not in self._found
            case ast.AST(), ast.AST():
                names = [name for name in known._fields if name not in LEFT_OUT]
                alike = type(known) is type(found)
                return alike and all(self.same(getattr(known, n, None), getattr(found, n, None)) for n in names)
        return type(known) is type(found) and known == found
