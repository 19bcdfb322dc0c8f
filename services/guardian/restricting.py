"""Whether a change says that fewer positions will be opened: then a window without any is what its owner asked for."""

from __future__ import annotations

import ast
from typing import Final

from core.contracts import AddRule, EditPlan, EnableRule, Operation, SetOverride, SetParameter
from core.strategy import Source
from core.symbols import RULES_FILE, Symbols
from core.syntax import syntax_tree

FEWER: Final = frozenset({"buy_threshold", "min_confidence", "cooldown_seconds"})
"""Parameters of which more opens fewer positions."""
WEIGHT: Final = "weight_"
"""How the names of those begin that may silence what used to buy."""
UNSEEN: Final = frozenset({"spread", "book_imbalance", "flow", "advice"})
"""Features that bars do not show: of a rule that looks at one a history of bars tells nothing."""


def waits_for_the_unseen(candidate: Source, parent: Source) -> bool:
    """Whether a rule that came by hand forbids to open positions by what bars do not show."""
    before, after = (Symbols.of(source.files).rules for source in (parent, candidate))
    came = {name for name, rule in after.items() if rule.enabled} - before.keys()
    functions = [node for node in syntax_tree(candidate.files[RULES_FILE]).body if isinstance(node, ast.FunctionDef)]
    return any(_forbids_by_the_unseen(node) for node in functions if node.name in came)


def _forbids_by_the_unseen(rule: ast.FunctionDef) -> bool:
    nodes = list(ast.walk(rule))
    forbids = any(isinstance(node, ast.Name) and node.id == "FORBID_ENTRY" for node in nodes)
    return forbids and any(isinstance(node, ast.Attribute) and node.attr in UNSEEN for node in nodes)


def restricts_entries(plan: EditPlan | None) -> bool:
    """Nobody said so where there is no plan."""
    return plan is not None and any(map(_restricts, plan.operations))


def _restricts(operation: Operation) -> bool:
    match operation:
        case AddRule(side="entry", effect="require" | "forbid") | EnableRule():
            return True
        case SetParameter(name=name, value=value, was=was) | SetOverride(name=name, value=value, was=was):
            return name.startswith(WEIGHT) or (name in FEWER and value > was)
    return False
