"""What the files of a strategy offer each other, and what the platform offers them."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import core
from core.kernel import DECISION, EVENT
from core.overrides import NAME as OVERRIDES
from core.syntax import syntax_tree
from services.guardian.policy.text import words

MATH: Final = words(
    "acos asin atan atan2 ceil copysign cos cosh degrees e erf erfc exp expm1 fabs floor fmod hypot inf isfinite isinf "
    "isnan log log10 log1p log2 nan nextafter pi pow radians sin sinh sqrt tan tanh tau trunc ulp"
)
KERNEL: Final = words("ACTIONS BAR BUY HOLD NANOSECONDS QUOTE SELL TRADE Records Table kernel record_dtype")
TYPING: Final = frozenset({"Annotated", "Final", "NamedTuple"})


class Package:
    """The names that each file of a strategy binds, and the fields that its records have."""

    def __init__(self, trees: Mapping[str, ast.Module]) -> None:
        self.exports = {file.removesuffix(".py"): set(names_bound(tree)) for file, tree in trees.items()}
        self.fields = {*(EVENT.names or ()), *(DECISION.names or ())}
        for tree in trees.values():
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef):
                    self.fields |= {f.target.id for f in node.body if _is_field(f)}  # type: ignore[attr-defined]
                elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "record_dtype":
                    self.fields |= set(record_fields(node))
        self.fields = {name for name in self.fields if not name.startswith("_")}
        self.arguments: dict[str, set[str]] = {}  # by function, of whatever file
        for tree in (*trees.values(), _indicators()):
            for name, arguments in _arguments(tree):
                self.arguments.setdefault(name, set()).update(arguments)

    def offered(self, node: ast.ImportFrom) -> frozenset[str]:
        """What may be imported from there: the names of a file beside it, or a few of the platform's."""
        if node.level == 1:
            names = self.exports.get(node.module or "", set())
            return frozenset(name for name in names if not name.startswith("_")) - {OVERRIDES}
        return frozenset() if node.level else platform().get(node.module or "", frozenset())


@functools.cache
def platform() -> Mapping[str, frozenset[str]]:
    """By module, what a strategy may import of it."""
    return MappingProxyType(
        {
            "__future__": frozenset({"annotations"}),
            "core.indicators": indicators(),
            "core.kernel": KERNEL,
            "core.levels": frozenset({"edges"}),
            "core.strategy": frozenset({"Range"}),
            "typing": TYPING,
        }
    )


@functools.cache
def indicators() -> frozenset[str]:
    """The functions of `core.indicators`, read and not imported: it would bring Numba along."""
    return frozenset(name for name, _ in _arguments(_indicators()))


@functools.cache
def _indicators() -> ast.Module:
    return syntax_tree((Path(core.__file__).parent / "indicators.py").read_bytes())


def _arguments(tree: ast.Module) -> Iterator[tuple[str, list[str]]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, [argument.arg for argument in node.args.args]


def names_bound(tree: ast.Module) -> Iterator[str]:
    """The names that a file binds at its top, once for each time."""
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from (alias.asname or alias.name for alias in names)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name


def record_fields(call: ast.Call) -> Iterator[str]:
    """The field names that a call of `record_dtype` lists."""
    for node in ast.walk(call):
        if isinstance(node, ast.Tuple) and node.elts and isinstance(node.elts[0], ast.Constant):
            yield str(node.elts[0].value)


def _is_field(node: ast.stmt) -> bool:
    return isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
