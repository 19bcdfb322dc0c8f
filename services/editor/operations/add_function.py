"""A function that a model wrote. One of a rule's shape becomes a rule in force; any other is there to be called."""

from __future__ import annotations

from collections.abc import Mapping

from core.contracts import AddFunction, Operation, RemoveRule
from core.symbols import RULES_FILE
from services.editor.draft import Draft
from services.editor.operations.add_rule import put_rule
from services.editor.proofs import Thing
from services.editor.tree import with_function_after
from services.editor.written import RULE_SHAPE, Written

HELPERS_FILE = "signals.py"
"""Where a function goes that is no rule: what the strategy believes is worked out there."""


def apply(draft: Draft, operation: AddFunction) -> None:
    """Write it after the last function of its file, and a test of what can be said of it without running it here."""
    written = Written.read(operation.name, operation.source)
    file = RULES_FILE if written.signature == RULE_SHAPE else HELPERS_FILE
    draft.check_name(operation.name, file)
    written.check_names(draft.files, file)
    if file == RULES_FILE:
        put_rule(draft, operation.name, written.source, _rule_test(operation.name))
        return
    module = draft.module(file)
    last = draft.symbols.functions[file][-1]
    draft.write(file, with_function_after(module, last, written.source))
    thing = Thing("function", operation.name, "behaviour")
    draft.proofs.put(draft.proofs.change, thing, function_test(thing, file, written))


def inverse(_files: Mapping[str, bytes], operation: AddFunction) -> tuple[Operation, ...] | None:
    """Without it, when it is a rule; no operation removes another function."""
    written = Written.read(operation.name, operation.source)
    return (RemoveRule(operation.name),) if written.signature == RULE_SHAPE else None


def function_test(thing: Thing, file: str, written: Written) -> str:
    """That the function is there, and takes what its callers give."""
    return (
        f"def {thing.test}(package):\n"
        f"    function = package.{file.removesuffix('.py')}.{thing.name}\n"
        '    code = getattr(function, "py_func", function).__code__\n'
        f"    assert code.co_varnames[: code.co_argcount] == {written.arguments!r}"
    )


def _rule_test(name: str) -> str:
    return (
        f'    rule, rules = package.rule("{name}"), package.rules\n'
        "    answers = (rules.ALLOW, rules.FORBID_ENTRY, rules.FORCE_ENTRY, rules.FORBID_EXIT, rules.FORCE_EXIT)\n"
        "    assert rule(package.world()) in answers"
    )
