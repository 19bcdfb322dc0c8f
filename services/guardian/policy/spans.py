"""Between which numbers an expression lies, whatever the market does. What is not known may be anything."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

DEEPEST: Final = 12
"""Names within names that are looked up."""


class Span(NamedTuple):
    """All numbers from `low` to `high`."""

    low: float
    high: float


ANYTHING: Final = Span(-math.inf, math.inf)
PART: Final = Span(0.0, 1.0)
POSITIVE: Final = Span(0.0, math.inf)
OF_EVENT: Final[Mapping[str, Span]] = {
    "drawdown": PART,
    "advice": Span(-1.0, 1.0),
    **dict.fromkeys(("price", "volume", "position", "entry_price", "best_price"), POSITIVE),
    **dict.fromkeys(("bid", "ask", "bid_size", "ask_size", "buy_volume", "sell_volume"), POSITIVE),
}
OF_DECISION: Final[Mapping[str, Span]] = {
    "confidence": PART,
    **dict.fromkeys(("score", "advice", "technical", "orderbook", "flow", "qlearning"), Span(-1.0, 1.0)),
}
"""Fields that the host fills, and those that each decision is held to. A feature is what the strategy makes of it."""
MONOTONE: Final[Mapping[str, Callable[[float], float]]] = {
    "exp": lambda x: math.exp(min(x, 700.0)),
    "sqrt": lambda x: math.sqrt(max(x, 0.0)),
    "tanh": math.tanh,
    "atan": math.atan,
}


class Spans:
    """The expressions of one function, with the parameters as they are in force."""

    def __init__(
        self, function: ast.FunctionDef, tree: ast.Module, parameters: Mapping[str, float], depth: int = 0
    ) -> None:
        self._function, self._tree, self._parameters, self._depth = function, tree, parameters, depth
        self._names: dict[str, list[ast.expr]] = {}
        self._unknown = {argument.arg for argument in function.args.args}
        known: set[int] = set()
        for node in (*tree.body, *ast.walk(function)):
            match node:
                case ast.Assign(targets=[ast.Name(id=name) as target], value=value):
                    self._names.setdefault(name, []).append(value)
                    known.add(id(target))
                case ast.AnnAssign(target=ast.Name(id=name) as target, value=ast.expr() as value):
                    self._names.setdefault(name, []).append(value)
                    known.add(id(target))
        for node in ast.walk(function):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and id(node) not in known:
                self._unknown.add(node.id)

    def of(self, node: ast.expr) -> Span:
        """The span of an expression."""
        if self._depth >= DEEPEST:
            return ANYTHING
        self._depth += 1
        try:
            return self._of(node)
        finally:
            self._depth -= 1

    def _of(self, node: ast.expr) -> Span:
        match node:
            case ast.Constant(value=int() | float() as value):
                return Span(float(value), float(value))
            case ast.Attribute(value=ast.Name(id="P"), attr=name):
                value = self._parameters.get(name, math.nan)
                return Span(value, value) if value == value else ANYTHING
            case ast.Attribute(value=ast.Name(id=record), attr=name):
                return self._field(record, name)
            case ast.Name(id=name):
                return self._named(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.of(operand)
                return Span(-inner.high, -inner.low)
            case ast.IfExp(body=body, orelse=orelse):
                return hull([self.of(body), self.of(orelse)])
            case ast.Compare() | ast.UnaryOp(op=ast.Not()):
                return PART
            case ast.BinOp(left=left, op=op, right=right):
                return operated(op, self.of(left), self.of(right))
            case ast.Call(args=args):
                return self._called(node, [self.of(each) for each in args])
        return ANYTHING

    def _field(self, record: str, name: str) -> Span:
        """A field of the event or of the decision, where `decide` calls them so."""
        arguments = [argument.arg for argument in self._function.args.args]
        given = self._names.get(record, [])
        if self._function.name != "decide" or len(arguments) != 4 or len(given) != 1 or record in self._unknown:
            return ANYTHING
        of = {f"{arguments[0]}[0]": OF_EVENT, f"{arguments[3]}[0]": OF_DECISION}.get(ast.unparse(given[0]), {})
        return of.get(name, ANYTHING)

    def _named(self, name: str) -> Span:
        given = self._names.get(name, [])
        return hull([self.of(value) for value in given]) if given and name not in self._unknown else ANYTHING

    def _called(self, node: ast.Call, given: list[Span]) -> Span:
        match node.func, given:
            case ast.Name(id="min"), [_, _, *_]:
                return Span(min(span.low for span in given), min(span.high for span in given))
            case ast.Name(id="max"), [_, _, *_]:
                return Span(max(span.low for span in given), max(span.high for span in given))
            case ast.Name(id="clip"), [_, low, high] if self._imports_clip():
                return Span(low.low, high.high)
            case ast.Name(id="abs"), [inner]:
                least = 0.0 if inner.low <= 0.0 <= inner.high else min(abs(inner.low), abs(inner.high))
                return Span(least, max(abs(inner.low), abs(inner.high)))
            case ast.Name(id="float" | "int"), [inner]:
                return Span(math.floor(inner.low), inner.high) if math.isfinite(inner.low) else inner
            case ast.Attribute(value=ast.Name(id="math"), attr=name), [inner] if name in MONOTONE:
                return Span(MONOTONE[name](inner.low), MONOTONE[name](inner.high))
            case ast.Name(id=name), _:
                return self._of_function(name)
        return ANYTHING

    def _imports_clip(self) -> bool:
        """Whether `clip` is the platform's."""
        found = (node for node in self._tree.body if isinstance(node, ast.ImportFrom))
        return any(node.module == "core.indicators" and any(a.name == "clip" for a in node.names) for node in found)

    def _of_function(self, name: str) -> Span:
        """What a function of the same file returns, whatever it is given."""
        found = [node for node in self._tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
        returned = [node.value for node in ast.walk(found[0]) if isinstance(node, ast.Return)] if found else []
        if not returned or None in returned or self._depth >= DEEPEST:
            return ANYTHING
        inside = Spans(found[0], self._tree, self._parameters, self._depth + 1)
        return hull([inside.of(value) for value in returned if value is not None])


def hull(spans: Sequence[Span]) -> Span:
    """The smallest span that holds them all."""
    return Span(min(span.low for span in spans), max(span.high for span in spans))


def operated(op: ast.operator, one: Span, other: Span) -> Span:
    """What an operator makes of two."""
    if isinstance(op, ast.Add):
        return Span(one.low + other.low, one.high + other.high)
    if isinstance(op, ast.Sub):
        return Span(one.low - other.high, one.high - other.low)
    if isinstance(op, ast.Div):
        if other.low <= 0.0 <= other.high:
            return ANYTHING
        return operated(ast.Mult(), one, Span(1.0 / other.high, 1.0 / other.low))
    if isinstance(op, ast.Mult):
        products = [_times(a, b) for a in one for b in other]
        return Span(min(products), max(products))
    return ANYTHING


def _times(one: float, other: float) -> float:
    return 0.0 if one == 0.0 or other == 0.0 else one * other
