"""Ordinary Python that the compiler does not take, taken apart into what it takes, before functions are made of it.

CPython puts a call together piece by piece when it has many arguments (more than thirty places of its stack, a keyword
counts two), and so a tuple with a star in it or of more than thirty parts. Numba reads the pieces back as long as
nothing jumps between them; a choice, an `and`, an `or` or a chained comparison in one of them does. Such a piece goes
to a line of its own before the statement, and all that is worked out before it in the statement goes there too, in the
same order:

    return Features(price=price, ..., vwap=a / b if b > 0.0 else price)      =>      part_1 = ...
                                                                                     part_2 = a / b if b > 0.0 else ...
                                                                                     return Features(..., vwap=part_2)

The bytes of the file, its tree's hash and the line of each expression stay what they are. Compiled or not, the same
code runs, wherever a strategy is loaded.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from core.syntax import syntax_tree

MOST_PLACES: Final = 30
"""Of the stack, for the parts of a call or a tuple that CPython 3.11 still makes at once."""
JUMPS: Final = (ast.IfExp, ast.BoolOp)
STAYS: Final = (ast.Constant, ast.Name)
"""What is the same wherever in the statement it is looked at: no expression of a strategy sets a name."""


def taken_apart(code: bytes | str | ast.Module) -> bytes | str | ast.Module:
    """The code of a module; the very same object where there is nothing to do, or where it is no Python."""
    if isinstance(code, ast.Module):
        return _taken_apart(code) if any(map(_is_refused, _of_functions(code))) else code
    return _taken_apart(syntax_tree(code)) if _has_any(code) else code


@lru_cache(maxsize=128)
def _has_any(code: bytes | str) -> bool:
    """Asked again by each load of the same files with other numbers."""
    try:
        return any(map(_is_refused, _of_functions(syntax_tree(code))))
    except (SyntaxError, ValueError):
        return False  # who compiles it says why, and where


def _of_functions(tree: ast.Module) -> Iterator[ast.AST]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield from ast.walk(node)


def _taken_apart(tree: ast.Module) -> ast.Module:
    names = {word for node in ast.walk(tree) for word in _words(node)}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            _Function(names).take_apart(node)
    return tree


def _words(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name) | ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.alias(name=name, asname=None):
            yield name
        case ast.alias(asname=str(name)):
            yield name


class _Function:
    """The new names of one function; `names` are taken."""

    def __init__(self, names: set[str]) -> None:
        self.names = names
        self.made = 0

    def take_apart(self, node: ast.FunctionDef) -> None:
        node.body = list(self._body(node.body))

    def _body(self, body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
        for statement in body:
            if isinstance(statement, ast.If | ast.For | ast.While):
                statement.body = list(self._body(statement.body))
                statement.orelse = list(self._body(statement.orelse))
            before: list[ast.stmt] = []
            field = _first(statement)
            if field and (asked := getattr(statement, field)) is not None:
                setattr(statement, field, self._value(asked, before))
            yield from before
            yield statement

    def _value(self, node: ast.expr, before: list[ast.stmt]) -> ast.expr:
        """The expression with what has to go before its statement put there."""
        parts = list(_parts(node))
        refused = _is_refused(node)
        last = max((place for place, part in enumerate(parts) if _goes(refused, part)), default=-1)
        for place, part in enumerate(parts[: last + 1]):
            inner = part.value if isinstance(part, ast.keyword | ast.Starred) else part
            found = self._value(inner, before)
            if place < last or refused:
                found = self._named(found, before)
            if isinstance(part, ast.keyword | ast.Starred):
                part.value = found
            else:
                _replace(node, part, found)
        return node

    def _named(self, value: ast.expr, before: list[ast.stmt]) -> ast.expr:
        if isinstance(value, STAYS):
            return value
        self.made += 1
        while (name := f"part_{self.made}") in self.names:
            self.made += 1
        target = ast.copy_location(ast.Name(name, ast.Store()), value)
        before.append(ast.copy_location(ast.Assign([target], value), value))
        return ast.copy_location(ast.Name(name, ast.Load()), value)


def _first(statement: ast.stmt) -> str:
    """The field that a statement works out once and before all others; empty where it has none."""
    match statement:
        case ast.Return() | ast.Assign() | ast.AnnAssign() | ast.Expr() | ast.AugAssign(target=ast.Name()):
            return "value"
        case ast.If():
            return "test"
        case ast.For():
            return "iter"
    return ""


def _parts(node: ast.expr) -> Iterator[ast.expr | ast.keyword]:
    """What is worked out for an expression whatever comes, in its order; the function of a call stays where it is."""
    match node:
        case ast.Call(args=args, keywords=keywords):
            written: list[ast.expr | ast.keyword] = [*args, *keywords]
            yield from sorted(written, key=lambda part: (part.lineno, part.col_offset))
        case ast.Tuple(elts=parts):
            yield from parts
        case ast.BinOp(left=left, right=right):
            yield from (left, right)
        case ast.Compare(left=left, comparators=[first, *_]):
            yield from (left, first)
        case ast.UnaryOp(operand=part) | ast.IfExp(test=part) | ast.BoolOp(values=[part, *_]):
            yield part
        case ast.Attribute(value=part):
            yield part
        case ast.Subscript(value=value, slice=place):
            yield value
            if not any(isinstance(part, ast.Slice) for part in ast.walk(place)):
                yield place


def _goes(refused: bool, part: ast.expr | ast.keyword) -> bool:
    """Whether a part of an expression cannot stay, or holds something that cannot."""
    return (refused and _jumps(part)) or any(_is_refused(inside) for inside in ast.walk(part))


def _is_refused(node: ast.AST) -> bool:
    """Whether it is put together in pieces, and something jumps between them."""
    match node:
        case ast.Call(args=args, keywords=keywords):
            pieces = len(args) + 2 * len(keywords) > MOST_PLACES or any(isinstance(each, ast.Starred) for each in args)
            return pieces and any(map(_jumps, (*args, *keywords)))
        case ast.Tuple(elts=parts):
            pieces = len(parts) > MOST_PLACES or any(isinstance(each, ast.Starred) for each in parts)
            return pieces and any(map(_jumps, parts))
    return False


def _jumps(part: ast.AST) -> bool:
    return any(
        isinstance(node, JUMPS) or (isinstance(node, ast.Compare) and len(node.ops) > 1) for node in ast.walk(part)
    )


def _replace(node: ast.expr, part: ast.expr | ast.keyword, found: ast.expr) -> None:
    """Put another expression where that part stood."""
    for field, value in ast.iter_fields(node):
        if value is part:
            setattr(node, field, found)
        elif isinstance(value, list):
            value[:] = [found if each is part else each for each in value]
