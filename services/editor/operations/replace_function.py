"""A function that a model rewrote, in its place. What it takes and returns stays, or its callers would break."""

from __future__ import annotations

from collections.abc import Mapping

from core.contracts import Operation, ReplaceFunction
from core.symbols import RULES_FILE
from services.editor.draft import Draft
from services.editor.operations.add_function import claim_text, text_of
from services.editor.operations.remove_function import place_of, source_of
from services.editor.proofs import Thing
from services.editor.refusals import EditRefused
from services.editor.tree import function, parsed_function
from services.editor.written import Written, signature_of


def apply(draft: Draft, operation: ReplaceFunction) -> None:
    """The comment above the old one stays."""
    name = operation.name
    file, old = place_of(draft.files, name)
    written = Written.read(name, operation.source)
    wanted = signature_of(old)
    if written.signature != wanted:
        raise EditRefused("function_signature", name=name, wanted=wanted)
    written.check_names(draft.files, file)
    module = draft.module(file)
    new = parsed_function(module, written.source).with_changes(leading_lines=old.leading_lines)
    body = [new if node is function(module, name) else node for node in module.body]
    draft.write(file, module.with_changes(body=body))
    if file == RULES_FILE and name in draft.symbols.rules:
        draft.proofs.drop(Thing("rule", name, "behaviour"))  # it was written for another text
    claim_text(draft, file, name, written.arguments, now=text_of(new), was=text_of(old))


def inverse(files: Mapping[str, bytes], operation: ReplaceFunction) -> tuple[Operation, ...] | None:
    """The function as it read, when a plan can say it; what was tested of a rule by its numbers does not come back."""
    _, old = place_of(files, operation.name)
    return (ReplaceFunction(operation.name, source_of(old)),)
