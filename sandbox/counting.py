"""Code that counts its own work: a counter for each run of statements that is executed as a whole.

The same source gives the same blocks wherever it is read, so a box counts how often each was run, and the judge outside
knows by itself what one run of it costs. What a block costs is a number of operations: one is about an addition, and a
division or a root is as many as it takes a processor of today. Nothing that the compiler does away with counts: names,
tuples, parameters, calls of other kernels (whose own blocks count).

Exact, and the same on every machine under any load. What it does not see is memory and its caches, branches that are
guessed wrong, and what the compiler makes of it all; that is timed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

COUNTER: Final = "_work_of_blocks"
"""The name by which counted code knows its counters: a list of whole numbers in the namespace of its module."""

BINARY: Final[Mapping[type[ast.operator], int]] = {ast.Div: 4, ast.FloorDiv: 8, ast.Mod: 8, ast.Pow: 20}
"""Of an operator between two numbers; 1 when it is not listed."""
WHOLE_POWER: Final = 3
"""A few multiplications."""
CALLS: Final[Mapping[str, int]] = {
    "len": 0,
    "int": 1,
    "float": 1,
    "bool": 1,
    "round": 8,
    "range": 1,
    "enumerate": 1,
    "zip": 1,
    "math.isnan": 1,
    "math.isinf": 1,
    "math.isfinite": 1,
    "math.fabs": 1,
    "math.copysign": 1,
    "math.floor": 2,
    "math.ceil": 2,
    "math.sqrt": 6,
    "math.hypot": 12,
    "math.fmod": 16,
    "math.pow": 40,
}
"""Of a call, its arguments aside. What stands in no table and is no part of `math` is another kernel: 0."""
FUNCTION_OF_MATH: Final = 20
EACH_ARGUMENT: Final = ("max", "min", "abs")
"""One for each argument."""
ELEMENT: Final = 2
"""To find an element, bounds checked."""
TURN: Final = 2
"""Of a loop."""
FREE: Final = ("P", "math")
"""Names whose attributes are constants of the compiled code."""


class Block(NamedTuple):
    """A run of statements: where it begins, and what one run of it costs."""

    file: str
    function: str
    line: int
    operations: int
    enters: bool  # it is the first of its function


class Counted(NamedTuple):
    """A module that counts, and its blocks in the order of their counters."""

    tree: ast.Module
    blocks: tuple[Block, ...]


def counted(file: str, source: bytes, first: int) -> Counted:
    """The module of that source with counters from number `first` on in each of its functions.

    Raises SyntaxError as `ast.parse` does.
    """
    tree = ast.parse(source)
    blocks: list[Block] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            _Function(file, node.name, first, blocks).count(node)
    ast.fix_missing_locations(tree)
    return Counted(tree, tuple(blocks))


class _Function:
    def __init__(self, file: str, name: str, first: int, blocks: list[Block]) -> None:
        self.file, self.name, self.first, self.blocks = file, name, first, blocks
        self.entered = False

    def count(self, node: ast.FunctionDef) -> None:
        node.body = list(self._body(node.body, 0))

    def _body(self, body: list[ast.stmt], more: int) -> Iterator[ast.stmt]:
        """The statements with a counter before each run of them; `more` is what the first run costs besides."""
        run: list[ast.stmt] = []
        for statement in body:
            run.append(statement)
            if isinstance(statement, ast.If | ast.For | ast.While):
                yield from self._run(run, more)
                run, more = [], 0
        if run or more:
            yield from self._run(run, more)

    def _run(self, run: list[ast.stmt], more: int) -> Iterator[ast.stmt]:
        operations = more + sum(_cost(statement) for statement in run)
        line = run[0].lineno if run else 0
        if operations or not self.entered:
            yield self._counter(line, operations)
        for statement in run:
            self._inside(statement)
            yield statement

    def _inside(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.If):
            statement.body = list(self._body(statement.body, 0))
            statement.orelse = list(self._body(statement.orelse, 0))
        elif isinstance(statement, ast.For | ast.While):
            each = TURN + (_value(statement.test) if isinstance(statement, ast.While) else _stored(statement.target))
            statement.body = list(self._body(statement.body, each))
            statement.orelse = list(self._body(statement.orelse, 0))

    def _counter(self, line: int, operations: int) -> ast.stmt:
        number = self.first + len(self.blocks)
        self.blocks.append(Block(self.file, self.name, line, operations, not self.entered))
        self.entered = True
        place = ast.Subscript(ast.Name(COUNTER, ast.Load()), ast.Constant(number), ast.Store())
        return ast.AugAssign(place, ast.Add(), ast.Constant(1))


def _cost(statement: ast.stmt) -> int:
    """What a statement costs, without the statements inside it."""
    match statement:
        case ast.If(test=test):
            return 1 + _value(test)
        case ast.For(iter=over):
            return _value(over)
        case ast.While(test=test):
            return _value(test)
        case ast.Assign(targets=targets, value=value):
            return _value(value) + sum(map(_stored, targets))
        case ast.AnnAssign(target=target, value=value):
            return (_value(value) if value else 0) + _stored(target)
        case ast.AugAssign(target=target, op=operator, value=value):
            loaded = 0 if isinstance(target, ast.Name) else _stored(target)
            return _value(value) + BINARY.get(type(operator), 1) + loaded + _stored(target)
        case ast.Expr(value=value) | ast.Return(value=ast.expr() as value):
            return _value(value)
    return 0


def _stored(target: ast.expr) -> int:
    match target:
        case ast.Attribute():
            return 1
        case ast.Subscript(slice=place):
            return ELEMENT + _value(place)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return sum(map(_stored, elements))
    return 0


def _value(node: ast.expr) -> int:
    """What an expression costs when each part of it is worked out."""
    inside = (child.value if isinstance(child, ast.keyword) else child for child in ast.iter_child_nodes(node))
    inner = sum(_value(child) for child in inside if isinstance(child, ast.expr))
    match node:
        case ast.BinOp(op=ast.Pow(), right=ast.Constant(value=int())):
            return inner + WHOLE_POWER
        case ast.BinOp(op=operator):
            return inner + BINARY.get(type(operator), 1)
        case ast.UnaryOp(op=ast.Not()) | ast.UnaryOp(operand=ast.Constant()):
            return inner
        case ast.UnaryOp() | ast.IfExp():
            return inner + 1
        case ast.Compare(comparators=[ast.Tuple(elts=parts)]):  # looked for among them, one after the other
            return inner + len(parts)
        case ast.Compare(ops=operators):
            return inner + len(operators)
        case ast.Attribute(value=ast.Name(id=name)) if name in FREE:
            return 0
        case ast.Attribute():
            return inner + 1
        case ast.Subscript(value=ast.Name(), slice=ast.Constant()):
            return 0  # the one record of an array of one, or a part of a tuple
        case ast.Subscript():
            return inner + ELEMENT
        case ast.Call():
            return inner + _called(node)
    return inner


def _called(call: ast.Call) -> int:
    match call.func:
        case ast.Name(id=name) if name in EACH_ARGUMENT:
            return len(call.args)
        case ast.Name(id=name):
            return CALLS.get(name, 0)
        case ast.Attribute(value=ast.Name(id="math"), attr=name):
            return CALLS.get(f"math.{name}", FUNCTION_OF_MATH)
    return 0
