"""Put a disabled rule back on the list, where the order of the functions says."""

from __future__ import annotations

from collections.abc import Mapping

from core.contracts import DisableRule, EnableRule, Operation
from core.symbols import RULES_FILE
from services.editor.draft import Draft
from services.editor.proofs import DISABLED, IN_FORCE, Thing
from services.editor.refusals import EditRefused
from services.editor.tree import listed, with_entry


def apply(draft: Draft, operation: EnableRule) -> None:
    """Before the first rule on the list that is defined below it: the earlier of two is named as the reason."""
    rule = draft.rule(operation.name)
    if rule.enabled:
        raise EditRefused("rule_enabled", name=operation.name)
    module = draft.module(RULES_FILE)
    rules = draft.symbols.rules
    entries = listed(module)
    below = (i for i, name in enumerate(entries) if name in rules and rules[name].line > rule.line)
    draft.write(RULES_FILE, with_entry(module, operation.name, next(below, len(entries))))
    draft.proofs.claim(Thing("rule", operation.name, "standing"), now=IN_FORCE, was=DISABLED)


def inverse(_files: Mapping[str, bytes], operation: EnableRule) -> tuple[Operation, ...] | None:
    """Off the list again."""
    return (DisableRule(operation.name),)
