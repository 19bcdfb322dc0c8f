"""What a test may be written with. It only ever runs inside the box, so the list is wider than that of the strategy.

What is refused could make a fool of the judge: pytest's hooks, ways around a name, files that are no tests.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from services.guardian.policy.text import Finding, words

FILE: Final = re.compile(r"tests/(__init__|conftest|test_[a-zA-Z0-9_-]{1,80})\.py")
MODULES: Final = words(
    "__future__ collections.abc core.indicators core.kernel core.strategy datetime functools hypothesis itertools math "
    "numpy pytest statistics typing"
)
REFUSED_NAMES: Final = words(
    "breakpoint compile delattr dir eval exec exit globals help input locals memoryview open print quit setattr "
    "super type __import__"
)
PYTEST: Final = words("approx fixture mark param raises")
MARKS: Final = frozenset({"parametrize"})
DUNDERS: Final = frozenset({"__code__"})  # its argument names; of a function that was written by a model
REFUSED_NODES: Final = (
    *(ast.AsyncFor, ast.AsyncFunctionDef, ast.AsyncWith, ast.Await, ast.Delete, ast.Global, ast.Nonlocal),
    *(ast.Try, ast.TryStar, ast.Yield, ast.YieldFrom, ast.Match, ast.While, ast.ClassDef),
)
MUST_NOT_BE_SET: Final = re.compile(r"pytest_\w*|collect_ignore\w*|\w*__\w*|pytest|numpy|np|math|load|SOURCE|package")


def findings(tree: ast.Module) -> Iterator[Finding]:
    """What is wrong with one file of tests."""
    for node in ast.walk(tree):
        why = _why(node)
        if why:
            yield getattr(node, "lineno", 1), why


def _why(node: ast.AST) -> str:
    if isinstance(node, REFUSED_NODES):
        return type(node).__name__
    match node:
        case ast.Import(names=names):
            return next((f"import of {n.name}" for n in names if n.name not in MODULES), "")
        case ast.ImportFrom(level=1, module="conftest"):
            return "import of everything" if any(n.name == "*" for n in node.names) else ""
        case ast.ImportFrom(level=level, module=module):
            if level or module not in MODULES or any(n.name == "*" for n in node.names):
                return f"import from {'.' * level}{module or ''}"
        case ast.FunctionDef(name=name) if MUST_NOT_BE_SET.fullmatch(name):
            return f"a function of the name {name}"
        case ast.Name(id=name, ctx=ast.Store()) if MUST_NOT_BE_SET.fullmatch(name):
            return f"{name} is set"
        case ast.Name(id=name) if name in REFUSED_NAMES or "__" in name or not name.isascii():
            return f"the name {name}"
        case ast.Attribute(value=ast.Name(id="pytest"), attr=attr) if attr not in PYTEST:
            return f"pytest.{attr}"
        case ast.Attribute(value=ast.Attribute(attr="mark"), attr=attr) if attr not in MARKS:
            return f"the mark {attr}"
        case ast.Attribute(attr=attr, ctx=ast.Store()):
            return f"the attribute {attr} is set"
        case ast.Attribute(attr=attr) if attr.startswith("_") and attr not in DUNDERS:
            return f"the attribute {attr}"
    return ""
