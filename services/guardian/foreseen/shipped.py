"""Whether the functions of a tree still do what the shipped ones do, whatever was added beside it."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Mapping
from typing import Final

from core.strategy import Source
from core.symbols import Symbols
from services.guardian.known.functions import functions_of
from services.guardian.known.values import names_in

SEEING: Final = (("indicators", "update"), ("indicators", "update_bar"), ("indicators", "features_at"))
"""What makes the features that are counted in bars."""
BUYING: Final = (
    ("signals", "technical"),
    ("signals", "stretched_rsi"),
    ("signals", "stretched_band"),
    ("decide", "decide"),
    ("decide", "read_chart"),
    ("decide", "ensemble"),
    ("decide", "choose"),
)
"""What makes a purchase of them."""


def sees_as_shipped(source: Source) -> bool:
    """Whether the shipped features are what they were: what was added beside them, the gates have held against them."""
    return all(shipped <= here for shipped, here in _both(source, SEEING))


def buys_as_shipped(source: Source) -> bool:
    """Whether a purchase is made of them as it was, and of nothing else."""
    return all(shipped == here for shipped, here in _both(source, BUYING))


def _both(source: Source, functions: tuple[tuple[str, str], ...]) -> Iterator[tuple[set[str], set[str]]]:
    """The statements of each function as shipped, and in this tree under the shipped names."""
    names = {here: known for known, here in names_in(Symbols.of(source.files)).items()}
    return ((_shipped(file, name), _statements(source, file, name, names)) for file, name in functions)


@functools.cache
def _shipped(file: str, name: str) -> set[str]:
    return _statements(Source.shipped(), file, name, {})


def _statements(source: Source, file: str, name: str, names: Mapping[str, str]) -> set[str]:
    function = functions_of(source, file).get(name)
    return set() if function is None else {ast.dump(_Renamed(names).visit(part)) for part in _parts(function)}


def _parts(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Each statement without those inside it, and each named argument of what is returned by itself."""
    for node in ast.walk(function):
        match node:
            case ast.If(test=test):
                yield ast.Expr(test)
            case ast.For(target=target, iter=items):
                yield ast.Tuple([target, items])
            case ast.Return(value=ast.Call(keywords=[_, *_] as keywords)):
                yield from keywords
            case ast.Expr(value=ast.Constant()) | ast.FunctionDef():
                pass
            case ast.stmt():
                yield node


class _Renamed(ast.NodeTransformer):
    """Parameters under their shipped names; in a copy, as trees are kept."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """`P.x` is `P.` and what `x` is called as shipped."""
        own = isinstance(node.value, ast.Name) and node.value.id == "P"
        return ast.Attribute(node.value, self._names.get(node.attr, node.attr) if own else node.attr, node.ctx)
