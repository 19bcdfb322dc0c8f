"""A function that a model wrote. One of a rule's shape becomes a rule in force; any other is there to be called."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import libcst as cst

from core.contracts import AddFunction, Operation, RemoveFunction, RemoveRule
from core.symbols import RULES_FILE
from services.editor.draft import Draft
from services.editor.operations.add_rule import put_rule
from services.editor.proofs import NEVER, Thing
from services.editor.tree import function, with_function_after
from services.editor.written import RULE_SHAPE, Written

HELPERS_FILE = "signals.py"
"""Where a function goes that is no rule: what the strategy believes is worked out there."""
DIGITS = 12


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
    new = function(draft.module(file), operation.name)
    assert new is not None  # noqa: S101 - for the type checker; it was just written
    claim_text(draft, file, operation.name, written.arguments, now=text_of(new), was=NEVER)


def inverse(_files: Mapping[str, bytes], operation: AddFunction) -> tuple[Operation, ...] | None:
    """Without it."""
    written = Written.read(operation.name, operation.source)
    rule = written.signature == RULE_SHAPE
    return (RemoveRule(operation.name) if rule else RemoveFunction(operation.name),)


def text_of(node: cst.FunctionDef) -> str:
    """A function's text as a test names it: two of the same name have the same text, or they are two."""
    code = cst.Module([]).code_for_node(node.with_changes(leading_lines=[]))
    return f"text {hashlib.sha256(code.encode()).hexdigest()[:DIGITS]}"


def claim_text(draft: Draft, file: str, name: str, arguments: tuple[str, ...], *, now: str, was: str) -> None:
    """Say in a test that the function is there and takes what its callers give, or that it is not there."""
    module = file.removesuffix(".py")
    if now == NEVER:
        body = f'    assert "{name}" not in vars(package.{module})'
    else:
        body = (
            f"    function = package.{module}.{name}\n"
            '    code = getattr(function, "py_func", function).__code__\n'
            f"    assert code.co_varnames[: code.co_argcount] == {arguments!r}"
        )
    draft.proofs.claim(Thing("function", name, "behaviour"), now=now, was=was, body=body)


def _rule_test(name: str) -> str:
    return (
        f'    rule, rules = package.rule("{name}"), package.rules\n'
        "    answers = (rules.ALLOW, rules.FORBID_ENTRY, rules.FORCE_ENTRY, rules.FORBID_EXIT, rules.FORCE_EXIT)\n"
        "    assert rule(package.world()) in answers"
    )
