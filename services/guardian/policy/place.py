"""A place in a file, and what may stand there: only the kinds of node that the place has a `visit_*` for."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Mapping
from typing import ClassVar, Final

from core.overrides import NAME as OVERRIDES
from services.guardian.policy.package import TYPING, Package, names_bound
from services.guardian.policy.text import Finding, words

BUILTINS: Final = words("abs bool enumerate float int len max min range round sum zip")
TYPES: Final = words("bool float int str tuple")
"""Names that an annotation may hold beside those of the file."""
MOST_TEXT: Final = 2000
"""Letters of a docstring, and of a range's unit."""
MOST_INTEGER: Final = 2**63


class File:
    """One file while it is walked: what it binds, what was found wrong, and which function the walk is in."""

    def __init__(self, tree: ast.Module, package: Package) -> None:
        self.tree = tree
        self.package = package
        self.found: set[Finding] = set()
        self.top = set(names_bound(tree))
        self.functions = {n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
        self.callable = set(self.functions)  # grows with the imports
        self.imported: set[str] = set()
        self.local: set[str] = set()  # names of the function that the walk is in
        self.inside = False  # a function

    def refuse(self, node: ast.AST, why: str) -> None:
        """Write down what is wrong with a node."""
        self.found.add((getattr(node, "lineno", 1), why))

    def check_name(self, node: ast.AST, name: str) -> None:
        """Refuse a name that means something already, or that hides what it is."""
        if not name.isascii() or name.startswith("_") or "__" in name:
            self.refuse(node, f"the name {name}")
        if (
            name == OVERRIDES
            or name in BUILTINS | TYPES | TYPING
            or name in ("kernel", "math", "record_dtype", "Range")
        ):
            self.refuse(node, f"{name} means something else already")


WORDS: Final[Mapping[type[ast.AST], str]] = {
    **dict.fromkeys((ast.While,), "a while loop"),
    **dict.fromkeys((ast.For, ast.AsyncFor), "a for loop"),
    **dict.fromkeys((ast.If, ast.IfExp), "an if"),
    **dict.fromkeys((ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp), "a comprehension"),
    **dict.fromkeys((ast.List, ast.Dict, ast.Set), "a collection that can grow"),
    **dict.fromkeys((ast.Try, ast.TryStar, ast.Raise), "the handling of an exception"),
    **dict.fromkeys((ast.With, ast.AsyncWith), "a with block"),
    **dict.fromkeys((ast.FunctionDef, ast.AsyncFunctionDef), "a function"),
    **dict.fromkeys((ast.Global, ast.Nonlocal), "a global variable"),
    **dict.fromkeys((ast.Yield, ast.YieldFrom, ast.Await), "a generator"),
    **dict.fromkeys((ast.JoinedStr, ast.FormattedValue, ast.Constant), "a text"),
    **dict.fromkeys((ast.Import, ast.ImportFrom), "an import"),
    **dict.fromkeys((ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr), "an assignment"),
    ast.Lambda: "a lambda",
    ast.Match: "a match block",
    ast.ClassDef: "a class",
    ast.Delete: "a deletion",
    ast.Assert: "an assertion",
    ast.Call: "a function call",
    ast.Starred: "a starred value",
    ast.Slice: "a slice",
    ast.Attribute: "an attribute",
    ast.Subscript: "a part of something",
    ast.Tuple: "a tuple",
    ast.Name: "a name",
    ast.Expr: "a bare expression",
}


class Place(ast.NodeVisitor):
    """Default deny: a kind of node without a `visit_*` in the place where it stands is refused."""

    where: ClassVar[str] = ""
    """How a refusal calls the place, after the kind of node."""

    def __init__(self, file: File) -> None:
        self.file = file

    def generic_visit(self, node: ast.AST) -> None:
        """Refuse; nothing below the node is looked at."""
        self.file.refuse(node, f"{kind(node)}{self.where}")

    def visit_all(self, nodes: Iterable[ast.AST]) -> None:
        """Visit one after the other."""
        for node in nodes:
            self.visit(node)


def kind(node: ast.AST) -> str:
    """A node as its reader calls it; what Python's own grammar does where there is no word for it."""
    return WORDS.get(type(node), type(node).__name__)


def number(node: ast.expr) -> float | int | None:
    """The finite number that a literal is, with its sign; None for anything else."""
    sign = 1
    while isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        sign, node = (-sign if isinstance(node.op, ast.USub) else sign), node.operand
    if not isinstance(node, ast.Constant) or type(node.value) not in (int, float):
        return None
    value: float | int = node.value  # type: ignore[assignment]  # just looked
    return sign * value if abs(value) < MOST_INTEGER or (isinstance(value, float) and math.isfinite(value)) else None
