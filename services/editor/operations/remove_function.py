"""Delete a function that was added to be called, and that nothing calls."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from core.contracts import AddFunction, Operation, RemoveFunction
from core.symbols import RULES_FILE, Symbols
from services.editor.draft import Draft, names_in
from services.editor.operations.add_function import claim_text, text_of
from services.editor.proofs import NEVER
from services.editor.refusals import EditRefused, nearest
from services.editor.tree import function, parse, without_function

PROTECTED = ("decide", "choose", "verdicts", "features")
"""What the trader calls, and what rules are listed and answered by."""


def apply(draft: Draft, operation: RemoveFunction) -> None:
    """A rule goes by `remove_rule`, which takes it off the list too."""
    name = operation.name
    file, old = place_of(draft.files, name)
    if name in draft.symbols.rules:
        raise EditRefused("function_used", name=name, user="verdicts")
    left = without_function(draft.module(file), name)
    code = {other: data for other, data in draft.files.items() if other.endswith(".py") and "/" not in other}
    user = next((other for other, data in (code | {file: left.bytes}).items() if name in names_in(data)), None)
    if user is not None:
        raise EditRefused("function_used", name=name, user=user)
    draft.write(file, left)
    claim_text(draft, file, name, (), now=NEVER, was=text_of(old))


def inverse(files: Mapping[str, bytes], operation: RemoveFunction) -> tuple[Operation, ...] | None:
    """The function as it reads, which comes back as the last of its file or not at all."""
    _, old = place_of(files, operation.name)
    return (AddFunction(operation.name, source_of(old)),)


def place_of(files: Mapping[str, bytes], name: str) -> tuple[str, cst.FunctionDef]:
    """The file of a function and its tree; EditRefused when there is none, or it holds the strategy together."""
    if name in PROTECTED:
        raise EditRefused("protected", name=name)
    functions = Symbols.of(files).functions
    for file in sorted(functions, key=lambda file: file != RULES_FILE):
        node = function(parse(file, files[file]), name) if name in functions[file] else None
        if node is not None:
            return file, node
    known = {known for names in functions.values() for known in names if known not in PROTECTED}
    raise EditRefused("unknown_function", name=name, near=nearest(name, known))


def source_of(node: cst.FunctionDef) -> str:
    """The function without the comment above it."""
    return cst.Module([]).code_for_node(node.with_changes(leading_lines=[]))
