"""A function that a model rewrote, in its place. What it takes and returns stays, or its callers would break."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from core.contracts import Operation, ReplaceFunction
from core.symbols import RULES_FILE, Symbols
from services.editor.draft import Draft
from services.editor.operations.add_function import function_test
from services.editor.proofs import Thing
from services.editor.refusals import EditRefused, nearest
from services.editor.tree import function, parse, parsed_function
from services.editor.written import Written, signature_of

PROTECTED = ("decide", "choose", "verdicts", "features")
"""What the trader calls, and what rules are listed and answered by."""


def apply(draft: Draft, operation: ReplaceFunction) -> None:
    """The comment above the old one stays."""
    name = operation.name
    file, old = _place(draft.files, name)
    written = Written.read(name, operation.source)
    wanted = signature_of(old)
    if written.signature != wanted:
        raise EditRefused("function_signature", name=name, wanted=wanted)
    written.check_names(draft.files, file)
    module = draft.module(file)
    new = parsed_function(module, written.source).with_changes(leading_lines=old.leading_lines)
    body = [new if node is function(module, name) else node for node in module.body]
    draft.write(file, module.with_changes(body=body))
    kind = "rule" if file == RULES_FILE and name in draft.symbols.rules else "function"
    draft.proofs.drop(Thing(kind, name, "behaviour"))  # it was written for another text
    thing = Thing("function", name, "behaviour")
    draft.proofs.put(draft.proofs.change, thing, function_test(thing, file, written))


def inverse(files: Mapping[str, bytes], operation: ReplaceFunction) -> tuple[Operation, ...] | None:
    """None: the function would come back, but not what was tested of it."""
    del files, operation
    return None


def _place(files: Mapping[str, bytes], name: str) -> tuple[str, cst.FunctionDef]:
    if name in PROTECTED:
        raise EditRefused("protected", name=name)
    functions = Symbols.of(files).functions
    for file, names in functions.items():
        node = function(parse(file, files[file]), name) if name in names else None
        if node is not None:
            return file, node
    known = {known for names in functions.values() for known in names if known not in PROTECTED}
    raise EditRefused("unknown_function", name=name, near=nearest(name, known))
