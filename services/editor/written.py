"""Code that a model wrote, looked at before it becomes a part of the strategy.

This is no wall: what code may do is the guardian's to judge. It keeps a slip of the pen from costing a judgement.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import libcst as cst

from core.symbols import Symbols, syntax_tree
from services.editor.draft import names_in
from services.editor.refusals import EditRefused, nearest

RULE_SHAPE: Final = "(f: Features) -> int"
BUILTINS: Final = frozenset(["abs", "bool", "enumerate", "float", "int", "len", "max", "min", "range", "round"])
INNER: Final = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.Import, ast.ImportFrom),
    *(ast.Global, ast.Nonlocal),
)


@dataclass(frozen=True, slots=True)
class Written:
    """One function below `@kernel`."""

    name: str
    source: str
    signature: str
    arguments: tuple[str, ...]

    @classmethod
    def read(cls, name: str, source: str) -> Written:
        """The function; EditRefused when `source` is more or less than one of that name."""
        text = source.strip("\r\n") + "\n"
        try:
            tree = syntax_tree(text)
            cst.parse_module(text)
        except (SyntaxError, ValueError, cst.ParserSyntaxError) as error:
            raise EditRefused("function_shape", name=name, line=getattr(error, "lineno", 1) or 1) from None
        node = tree.body[0] if tree.body else None
        whole = len(tree.body) == 1 and isinstance(node, ast.FunctionDef) and node.name == name
        if not whole or not isinstance(node, ast.FunctionDef):
            raise EditRefused("function_shape", name=name, line=tree.body[-1].lineno if tree.body else 1)
        given = node.args
        plain = not (given.vararg or given.kwarg or given.kwonlyargs or given.posonlyargs or given.defaults)
        if [ast.unparse(mark) for mark in node.decorator_list] != ["kernel"] or not plain:
            raise EditRefused("function_shape", name=name, line=node.lineno)
        inner = next((part for part in ast.walk(node) if isinstance(part, INNER) and part is not node), None)
        if inner is not None:
            raise EditRefused("function_shape", name=name, line=inner.lineno)
        return cls(name, text, _signature(node), tuple(argument.arg for argument in given.args))

    def check_names(self, files: Mapping[str, bytes], file: str) -> None:
        """EditRefused when it reads a name that `file` does not have, or a parameter or feature that is none."""
        tree = syntax_tree(self.source)
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
        known = _top_names(files[file]) | BUILTINS | {self.name}
        own = {node.id for node in names if isinstance(node.ctx, ast.Store)} | set(self.arguments)
        stranger = next((node.id for node in names if node.id not in known | own), None)
        if stranger is not None:
            raise EditRefused(
                "function_stranger", name=self.name, stranger=stranger, file=file, near=nearest(stranger, known)
            )
        symbols = Symbols.of(files)
        spoken = {"P": set(symbols.parameters), "f": set(symbols.features)}
        for node in ast.walk(tree):
            match node:
                case ast.Attribute(value=ast.Name(id="P" | "f" as owner), attr=attribute):
                    if attribute not in spoken[owner]:
                        near = nearest(attribute, spoken[owner])
                        text = f"{owner}.{attribute}"
                        raise EditRefused("function_stranger", name=self.name, stranger=text, file=file, near=near)


def signature_of(node: cst.FunctionDef) -> str:
    """What a function takes and returns, as text."""
    bare = node.with_changes(leading_lines=[], decorators=[], lines_after_decorators=[])
    tree = syntax_tree(cst.Module([]).code_for_node(bare))
    assert isinstance(tree.body[0], ast.FunctionDef)  # noqa: S101 - for the type checker
    return _signature(tree.body[0])


def _signature(node: ast.FunctionDef) -> str:
    returned = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"({ast.unparse(node.args)}){returned}"


def _top_names(data: bytes) -> set[str]:
    """What a file's functions may speak of: its imports, constants and functions."""
    tops = [node for node in syntax_tree(data).body if not isinstance(node, ast.FunctionDef)]
    functions = {node.name for node in syntax_tree(data).body if isinstance(node, ast.FunctionDef)}
    return functions | names_in(ast.unparse(ast.Module(tops, [])).encode())
