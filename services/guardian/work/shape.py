"""What a strategy has, in numbers and names: of how much work that is, is said by `grading`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from core.errors import StrategyError
from core.strategy import Source, rule_names
from core.symbols import PARAMETERS_FILE
from core.syntax import syntax_tree

NUMBERS: Final = ("Parameters", "P", "OVERRIDES")
"""What of parameters.py says no more than what the numbers are."""


class Shape(msgspec.Struct, frozen=True):
    """The rules in force, the features, and the fields of the state with how many elements each has."""

    rules: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    rings: tuple[str, ...] = ()
    """Those of the fields that have several elements."""

    @classmethod
    def of(cls, source: Source) -> Shape:
        """Read from the files; of what cannot be read, nothing."""
        try:
            rules = rule_names(source.files["rules.py"].decode())
            features, fields = tuple(_features(source.files)), dict(_fields(source.files))
        except (StrategyError, SyntaxError, UnicodeDecodeError):
            return cls()
        return cls(rules, features, tuple(fields), tuple(name for name, ring in fields.items() if ring))


def _features(files: Mapping[str, bytes]) -> Iterator[str]:
    for node in syntax_tree(files["state.py"]).body:
        if isinstance(node, ast.ClassDef) and node.name == "Features":
            for field in node.body:
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                    yield field.target.id


def _fields(files: Mapping[str, bytes]) -> Iterator[tuple[str, bool]]:
    for node in ast.walk(syntax_tree(files["state.py"])):
        if isinstance(node, ast.Tuple) and len(node.elts) in (2, 3):
            name, code = node.elts[:2]
            if isinstance(name, ast.Constant) and isinstance(code, ast.Constant) and code.value in ("f8", "i8"):
                yield str(name.value), len(node.elts) == 3


def same_code(one: Source, other: Source) -> bool:
    """Whether they differ in nothing but numbers of parameters, tests and words."""
    names = {name for files in (one.files, other.files) for name in files if name.endswith(".py") and "/" not in name}
    try:
        return all(_code(name, one.files) == _code(name, other.files) for name in names)
    except (StrategyError, SyntaxError, RecursionError):
        return False


def _code(name: str, files: Mapping[str, bytes]) -> str:
    """The syntax of a file without comments; of the parameters, their names only."""
    if name not in files:
        return ""
    tree = syntax_tree(files[name])
    if name == PARAMETERS_FILE:
        for node in ast.walk(tree):
            if isinstance(node, ast.AnnAssign):
                node.value, node.annotation = None, ast.Name("number", ast.Load())
        tree.body = [node for node in tree.body if not _is_numbers(node)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            node.body = [inner for inner in node.body if not _is_words(inner)]
    return ast.dump(tree)


def _is_words(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_numbers(node: ast.stmt) -> bool:
    named = (
        node.targets[0] if isinstance(node, ast.Assign) else node.target if isinstance(node, ast.AnnAssign) else None
    )
    return isinstance(named, ast.Name) and named.id in NUMBERS
