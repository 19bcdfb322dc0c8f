"""A number of the code that becomes a parameter, or one that becomes a number again: put back, nothing else differs.

The line of the parameter and the line of comment above it are taken out, the line that pins it for the tests too, and
where it was read its default is written. What is then not the other strategy, byte for byte, is something else.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from core.contracts import Extract
from core.symbols import PARAMETERS_FILE
from core.syntax import syntax_tree
from services.guardian.scope.sources import Files, is_code

PINS_FILE: Final = "tests/conftest.py"
FIELD: Final = (
    r"(?m)^    # [^\n]*\r?\n"
    r'    %s: Annotated\[(int|float), Range\(([^,\n]+), ([^,\n]+), "([^"\n]+)"\)\] = (-?[0-9.][0-9a-zA-Z_.+-]*)\r?\n'
)
"""A parameter with the comment above it: what it counts, its range and its default."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A parameter as it was found, and what it is read in."""

    value: float | int
    range: tuple[float, float, str]
    function: str


def put_back(files: Files, name: str) -> tuple[Files, Taken | None]:
    """The files with that parameter as a number again; None beside them when it is not written as one would be."""
    text = files.get(PARAMETERS_FILE, b"").decode()
    fields = list(re.finditer(FIELD % re.escape(name), text))
    used = re.compile(rf"\bP\.{re.escape(name)}\b".encode())
    uses = [(file, found) for file, data in files.items() if is_code(file) for found in used.finditer(data)]
    if len(fields) != 1 or len(uses) != 1:
        return files, None
    (field,), ((file, use),) = fields, uses
    default = field[5]
    edited = dict(files)
    edited[PARAMETERS_FILE] = (text[: field.start()] + text[field.end() :]).encode()
    if file == PARAMETERS_FILE:
        return files, None
    edited[file] = edited[file][: use.start()] + default.encode() + edited[file][use.end() :]
    pin = re.compile(rf'(?m)^    "{re.escape(name)}": {re.escape(default)},\r?\n'.encode())
    edited[PINS_FILE] = pin.sub(b"", edited.get(PINS_FILE, b""), count=1)
    if PINS_FILE not in files:
        del edited[PINS_FILE]
    low, high, value = (ast.literal_eval(number) for number in (field[2], field[3], default))
    return edited, Taken(value, (low, high, field[4]), _function_around(files[file], name))


def check_extracted(operation: Extract, taken: Taken | None) -> Iterator[str]:
    """Whether a parameter is the one that the plan says."""
    if taken is None:
        yield f"{operation.name} is not a parameter that stands for one number of the code"
        return
    if (type(taken.value), taken.value) != (type(operation.value), operation.value):
        yield f"{PARAMETERS_FILE}: {operation.name} is {taken.value!r}, the plan says {operation.value!r}"
    if taken.range != (operation.low, operation.high, operation.unit):
        yield f"{PARAMETERS_FILE}: {operation.name} has another range than the plan says"
    if taken.function != operation.function:
        yield f"{operation.name} is read in {taken.function}, the plan says {operation.function}"


def _function_around(data: bytes, name: str) -> str:
    for node in syntax_tree(data).body:
        if isinstance(node, ast.FunctionDef):
            for part in ast.walk(node):
                match part:
                    case ast.Attribute(value=ast.Name(id="P"), attr=attribute) if attribute == name:
                        return node.name
    return ""
