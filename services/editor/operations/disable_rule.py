"""Take a rule off the list of rules in force; its function stays."""

from __future__ import annotations

from collections.abc import Mapping

from core.contracts import DisableRule, EnableRule, Operation
from core.symbols import RULES_FILE
from services.editor.draft import Draft
from services.editor.proofs import DISABLED, IN_FORCE, Thing
from services.editor.refusals import EditRefused
from services.editor.tree import without_entry


def apply(draft: Draft, operation: DisableRule) -> None:
    """The entry, and what is said of it on its line, go."""
    if not draft.rule(operation.name).enabled:
        raise EditRefused("rule_disabled", name=operation.name)
    draft.write(RULES_FILE, without_entry(draft.module(RULES_FILE), operation.name))
    draft.proofs.claim(Thing("rule", operation.name, "standing"), now=DISABLED, was=IN_FORCE)


def inverse(_files: Mapping[str, bytes], operation: DisableRule) -> tuple[Operation, ...] | None:
    """Back on the list."""
    return (EnableRule(operation.name),)
