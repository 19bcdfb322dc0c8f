"""rules.py may differ in the rules that the plan names, and each new rule must mean what the plan says."""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterator
from typing import Final

from core.contracts import AddFunction, AddRule, DisableRule, EnableRule
from core.symbols import RULES_FILE
from core.syntax import syntax_tree
from services.guardian.scope.conditions import form_of_code, form_of_plan, side_names
from services.guardian.scope.planned import Planned
from services.guardian.scope.sources import is_text, lines_without, top_level

ANSWERS: Final = {
    ("entry", "require"): "FORBID_ENTRY",
    ("entry", "forbid"): "FORBID_ENTRY",
    ("entry", "force"): "FORCE_ENTRY",
    ("exit", "require"): "FORBID_EXIT",
    ("exit", "forbid"): "FORBID_EXIT",
    ("exit", "force"): "FORCE_EXIT",
}
"""The editor has the same table, a second one on purpose: the judge must not repeat a fault of the editor."""


def check_rules(planned: Planned) -> Iterator[str]:
    """What else differs in rules.py, and which rule is not what the plan says."""
    old, new = planned.old[RULES_FILE], planned.new.get(RULES_FILE, b"")
    loose = {"verdicts", *planned.written, *planned.dropped}
    if lines_without(old, {*planned.gone, *loose}) != lines_without(new, {*planned.made, *loose}):
        yield f"{RULES_FILE}: more differs than the rules that the plan names"
    before, after = top_level(old), top_level(new)
    yield from (f"{RULES_FILE}: the rule {name} was there already" for name in planned.made if name in before)
    yield from (f"{RULES_FILE}: the rule {name} is still there" for name in planned.gone if name in after)
    old_list, old_frame = verdicts_of(old)
    new_list, new_frame = verdicts_of(new)
    if old_frame != new_frame:
        yield f"{RULES_FILE}: verdicts does more than list rules"
    yield from check_list(planned, old_list, new_list, before)
    for op in planned.operations:
        if isinstance(op, AddRule) and planned.first(op.name) in planned.made:
            yield from check_rule(op, planned.first(op.name), new)


def check_list(planned: Planned, old: list[str], new: list[str], before: Container[str]) -> Iterator[str]:
    """Whether the list of rules in force is the old one, less those that go and with those that come."""
    added, removed = set(planned.made), set(planned.gone)
    for op in planned.operations:
        match op:
            case EnableRule(name=name):
                added.add(planned.first(name))
                removed.discard(planned.first(name))
            case DisableRule(name=name):
                removed.add(planned.first(name))
                added.discard(planned.first(name))
            case AddFunction(name=name) if planned.first(name) in new and name not in before:
                added.add(planned.first(name))  # a function of a rule's shape becomes one in force
    kept = [name for name in old if name not in removed]
    if [name for name in new if name not in added - set(old)] != kept:
        yield f"{RULES_FILE}: the list of rules in force differs in more than the plan says"
    if missing := sorted(name for name in added if new.count(name) != 1):
        yield f"{RULES_FILE}: not once on the list of rules in force: {', '.join(missing)}"


def verdicts_of(data: bytes) -> tuple[list[str], str]:
    """The rules in force in their order, and the rest of `verdicts` as a syntax tree in words."""
    for node in syntax_tree(data).body:
        if isinstance(node, ast.FunctionDef) and node.name == "verdicts" and isinstance(node.body[-1], ast.Return):
            returned = node.body[-1].value
            if isinstance(returned, ast.Tuple):
                calls = [ast.unparse(call) for call in returned.elts]
                strange = [call for call in calls if not re.fullmatch(r"\w+\(f\)", call)]
                if strange:
                    raise ValueError(f"verdicts lists {strange[0]}")
                returned.elts = []
                return [call.removesuffix("(f)") for call in calls], ast.dump(node)
    raise ValueError("rules.py has no function verdicts that returns a tuple")


def check_rule(plan: AddRule, name: str, data: bytes) -> Iterator[str]:
    """Whether a new rule means what the plan says: `return A if condition else B`, the condition perhaps named."""
    function = next((n for n in syntax_tree(data).body if isinstance(n, ast.FunctionDef) and n.name == name), None)
    if function is None:
        yield f"{RULES_FILE}: there is no rule {name}"
        return
    answer = ANSWERS[plan.side, plan.effect]
    spoken, otherwise = ("ALLOW", answer) if plan.effect == "require" else (answer, "ALLOW")
    match [node for node in function.body if not is_text(node)]:
        case [ast.Return(value=ast.IfExp(test=test, body=ast.Name(id=then), orelse=ast.Name(id=other)))]:
            pass
        case [
            ast.Assign(targets=[ast.Name(id=named)], value=test),
            ast.Return(value=ast.IfExp(test=ast.Name(id=asked), body=ast.Name(id=then), orelse=ast.Name(id=other))),
        ] if named == asked:
            pass
        case _:
            yield f"{RULES_FILE}: {name} is not written as one choice between two answers"
            return
    if (then, other) != (spoken, otherwise):
        yield f"{RULES_FILE}: {name} answers {then} or {other}, not {spoken} or {otherwise}"
    if form_of_code(test) != form_of_plan(plan.when, side_names(name)):
        yield f"{RULES_FILE}: {name} looks at something else than the plan says: {ast.unparse(test)}"
