"""What a strategy is but for the fractions among its parameters: trees of one shape are compiled once."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping
from typing import Final

from core.strategy import Source
from core.symbols import PARAMETERS_FILE
from core.syntax import syntax_tree

CLASS: Final = "Parameters"


def shape_of(source: Source) -> str:
    """SHA-256 over its code, in which each plain number that is the default of a float reads 0. Whole numbers stay:
    they say how long the rings of the memory are.

    Whether code of the same shape serves is asked again where it is loaded: what a module works out of parameters when
    it is imported may be part of the code.
    """
    digest = hashlib.sha256()
    for name, data in sorted(code_of(source.files).items()):
        read = without_defaults(data) if name == PARAMETERS_FILE else data
        for word in (name.encode("utf-8", "surrogatepass"), read):
            digest.update(len(word).to_bytes(8, "big") + word)
    return digest.hexdigest()


def without_defaults(data: bytes) -> bytes:
    """parameters.py with a 0 for each default of a float; as it is when it cannot be read."""
    try:
        statements = syntax_tree(data).body
    except (SyntaxError, ValueError):
        return data
    lines = data.split(b"\n")
    fields = [node.body for node in statements if isinstance(node, ast.ClassDef) and node.name == CLASS]
    for field in (field for body in fields for field in body):
        value = field.value if isinstance(field, ast.AnnAssign) and _is_float(field.annotation) else None
        if value is not None and value.lineno == value.end_lineno and _is_number(value):
            line = lines[value.lineno - 1]
            lines[value.lineno - 1] = line[: value.col_offset] + b"0" + line[value.end_col_offset :]
    return b"\n".join(lines)


def code_of(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files that trade: all Python at the top of the package."""
    return {name: data for name, data in files.items() if name.endswith(".py") and "/" not in name}


def _is_number(node: ast.expr) -> bool:
    number = node.operand if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else node
    return isinstance(number, ast.Constant) and type(number.value) in (int, float)


def _is_float(annotation: ast.expr) -> bool:
    """`Annotated[float, ...]`."""
    match annotation:
        case ast.Subscript(slice=ast.Tuple(elts=[ast.Name(id="float"), *_])):
            return True
    return False
