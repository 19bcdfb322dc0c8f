"""Delete a rule: its function, its entry on the list, and the tests that changes wrote for it."""

from __future__ import annotations

from collections.abc import Mapping

from core.contracts import DisableRule, Operation, RemoveRule
from core.symbols import RULES_FILE, Symbols
from services.editor.crossings import take as take_sides
from services.editor.draft import Draft
from services.editor.proofs import DISABLED, IN_FORCE, NEVER, Thing
from services.editor.reading import rule_of
from services.editor.refusals import EditRefused
from services.editor.tree import function, mentions, parse, without_entry, without_function


def apply(draft: Draft, operation: RemoveRule) -> None:
    """Tests of the strategy that name the rule skip when it is not in force, so they stay."""
    name = operation.name
    rule = draft.rule(name)
    callers = [use.function for use in draft.symbols.callers.get(name, ()) if use.function not in (name, "verdicts")]
    if callers:
        raise EditRefused("rule_used", name=name, user=callers[0])
    module = without_entry(draft.module(RULES_FILE), name)
    if mentions(module, "verdicts", name):  # `cooldown(f) if ... else ALLOW` is no entry that could be taken out
        raise EditRefused("rule_used", name=name, user="verdicts")
    draft.write(RULES_FILE, without_function(module, name))
    take_sides(draft, name)
    for aspect in ("behaviour", "crossing", "name"):
        draft.proofs.drop(Thing("rule", name, aspect))
    draft.proofs.drop(Thing("function", name, "behaviour"))
    draft.proofs.claim(Thing("rule", name, "standing"), now=NEVER, was=IN_FORCE if rule.enabled else DISABLED)


def inverse(files: Mapping[str, bytes], operation: RemoveRule) -> tuple[Operation, ...] | None:
    """The rule as it reads, when that is a rule that a plan can say."""
    rule = Symbols.of(files).rules.get(operation.name)
    module = parse(RULES_FILE, files[RULES_FILE])
    node = function(module, operation.name)
    if rule is None or node is None:
        return None
    said = rule_of(module.code_for_node(node.with_changes(leading_lines=[])))
    if said is None:
        return None
    return (said,) if rule.enabled else (said, DisableRule(operation.name))
