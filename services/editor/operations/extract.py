"""A number of a function becomes a parameter: its literal there is read as `P.name`, and is the default of a new field.

The strategy decides as before, to the last bit. Its tests go on with the value that they were written for, whatever the
owner sets afterwards, where they pin parameters as the shipped ones do.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Final

from core.contracts import Extract, Inline, Operation
from core.literals import Literal
from core.symbols import PARAMETERS_FILE, Symbols
from core.syntax import syntax_tree
from services.editor.draft import Draft
from services.editor.literals import plain
from services.editor.operations.rename import TUPLE_METHODS
from services.editor.places import put_below
from services.editor.proofs import IN_FORCE, NEVER, Thing
from services.editor.refusals import EditRefused

PINS_FILE: Final = "tests/conftest.py"


def apply(draft: Draft, operation: Extract) -> None:
    """Write the field, the name in place of the number, and the pin of the tests."""
    name = operation.name
    draft.check_name(name, PARAMETERS_FILE)
    if name in draft.symbols.parameters or name in TUPLE_METHODS:
        raise EditRefused("name_taken", name=name)
    file, literal = _found(draft.symbols, operation)
    rows = draft.files[file].splitlines(keepends=True)
    row = rows[literal.line - 1]
    text = row[literal.start : literal.end].decode()
    rows[literal.line - 1] = row[: literal.start] + f"P.{name}".encode() + row[literal.end :]
    draft.module(file)
    draft.write_bytes({file: b"".join(rows)})
    _put_field(draft, operation, literal, text)
    pins = pinned(draft.files)
    if pins is not None:
        put_below(draft, PINS_FILE, pins[-1], [f'"{name}": {text},'], comma=True)
    draft.proofs.claim(Thing("parameter", name, "standing"), now=IN_FORCE, was=NEVER)


def inverse(_files: Mapping[str, bytes], operation: Extract) -> tuple[Operation, ...] | None:
    """The number where it was."""
    return (Inline(operation.name),)


def fields(data: bytes) -> list[ast.AnnAssign]:
    """The fields of `class Parameters`."""
    for node in syntax_tree(data).body:
        if isinstance(node, ast.ClassDef) and node.name == "Parameters":
            return [field for field in node.body if isinstance(field, ast.AnnAssign)]
    return []


def pinned(files: Mapping[str, bytes]) -> list[ast.expr] | None:
    """The values that the tests pin, in the order of PINNED; None where the tests have no such table."""
    for node in syntax_tree(files.get(PINS_FILE, b"")).body:
        match node:
            case ast.Assign(targets=[ast.Name(id="PINNED")], value=ast.Dict(values=values)) if values:
                return list(values)
    return None


def _found(symbols: Symbols, operation: Extract) -> tuple[str, Literal]:
    """The file and the place of the number; EditRefused when it is in no function, or in another one."""
    there: list[Literal] = []
    for file, known in symbols.literals.items():
        for literal in known:
            if literal.function == operation.function:
                there.append(literal)
                if literal.value == operation.value and literal.place == operation.place:
                    return file, literal
    numbers = ", ".join(dict.fromkeys(plain(literal.value) for literal in there)) or "-"
    raise EditRefused("no_literal", name=operation.function, value=plain(operation.value), near=numbers)


def _put_field(draft: Draft, operation: Extract, literal: Literal, text: str) -> None:
    known = fields(draft.files[PARAMETERS_FILE])
    if not known:
        raise EditRefused("no_place", file=PARAMETERS_FILE, what="Parameters")
    kind = kind_of(literal, draft.symbols.whole)
    low, high = (plain(number) for number in (operation.low, operation.high))
    about = f"# What {operation.function} compares {literal.beside} with." if literal.beside else ""
    about = about or f"# A number of {operation.function}."
    field = f'{operation.name}: Annotated[{kind}, Range({low}, {high}, "{operation.unit}")] = {text}'
    put_below(draft, PARAMETERS_FILE, known[-1], [about, field], comma=False)


def kind_of(literal: Literal, whole: frozenset[str]) -> str:
    """int for what is counted in whole numbers, as a period is; beside a feature it is the feature that says so."""
    counted = literal.beside in whole if literal.beside else True
    return "int" if isinstance(literal.value, int) and counted else "float"
