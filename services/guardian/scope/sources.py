"""What the files of a strategy hold, as the scope gate compares them."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Final

from core.symbols import INDICATORS_FILE, PARAMETERS_FILE, STATE_FILE
from core.syntax import syntax_tree

CODE: Final = re.compile(r"[a-z_0-9]+\.py")

Files = Mapping[str, bytes]


def is_code(file: str) -> bool:
    """Whether a file is of the strategy's own code, and not of its tests."""
    return CODE.fullmatch(file) is not None


def is_text(node: ast.stmt) -> bool:
    """Whether a statement is a text that stands by itself, as a docstring does."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def top_level(data: bytes) -> dict[str, str]:
    """The functions and classes of a file, each as its syntax tree in words."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {node.name: ast.dump(node) for node in syntax_tree(data).body if isinstance(node, kinds)}


def names_of(files: Files, what: str) -> set[str]:
    """The names of every parameter, of every field and moved thing of the memory, or of every function and class."""
    if what == "parameter":
        fields = [f for n in syntax_tree(files[PARAMETERS_FILE]).body if isinstance(n, ast.ClassDef) for f in n.body]
        return {f.target.id for f in fields if isinstance(f, ast.AnnAssign) and isinstance(f.target, ast.Name)}
    if what == "indicator":
        return names_of_memory(files)
    return set().union(*(set(top_level(data)) for file, data in files.items() if is_code(file)))


def names_of_memory(files: Files) -> set[str]:
    """The fields of STATE and Features, and what functions of the name `update_...` move."""
    found: set[str] = set()
    for data in (files.get(STATE_FILE, b""), files.get(INDICATORS_FILE, b"")):
        for node in ast.walk(syntax_tree(data)):
            match node:
                case ast.AnnAssign(target=ast.Name(id=name)) | ast.Tuple(elts=[ast.Constant(value=str(name)), *_]):
                    found.add(name)
                case ast.FunctionDef(name=name) if name.startswith("update_"):
                    found.add(name.removeprefix("update_"))
    return found


def lines_without(data: bytes, functions: set[str]) -> list[str]:
    """The lines that say something, without those of these functions at the top of the file and their comments."""
    lines = data.decode().splitlines()
    for node in reversed(syntax_tree(data).body):
        if isinstance(node, ast.FunctionDef) and node.name in functions:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)]) - 1
            while first and lines[first - 1].lstrip().startswith("#"):
                first -= 1
            lines[first : node.end_lineno] = []
    return [line.rstrip() for line in lines if line.strip()]
