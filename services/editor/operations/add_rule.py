"""A new rule: a function after the last one in rules.py, the last entry on the list, and a test of every comparison."""

from __future__ import annotations

from collections.abc import Mapping

from core.contracts import AddRule, Operation, RemoveRule
from core.symbols import RULES_FILE
from services.editor.conditions import ANSWERS, WIDTH, about, check, function_of
from services.editor.crossing_tests import crossing_test
from services.editor.crossings import put as put_sides
from services.editor.draft import Draft
from services.editor.proofs import IN_FORCE, NEVER, Thing
from services.editor.sides import crossings
from services.editor.tree import listed, with_entry, with_function_after
from services.editor.worlds import World, examples


def apply(draft: Draft, operation: AddRule) -> None:
    """Write function, entry and tests."""
    symbols = draft.symbols
    draft.check_name(operation.name, RULES_FILE)
    check(operation.when, symbols)
    test = _test(operation, *examples(operation, symbols))
    if crossings(operation):
        crossing = Thing("rule", operation.name, "crossing")
        home = draft.proofs.behaviour(Thing("rule", operation.name, "behaviour"))
        draft.proofs.put(home, crossing, crossing_test(crossing.test, operation, symbols))
        put_sides(draft, operation)
    put_rule(draft, operation.name, function_of(operation), test)


def inverse(_files: Mapping[str, bytes], operation: AddRule) -> tuple[Operation, ...] | None:
    """Without it."""
    return (RemoveRule(operation.name),)


def put_rule(draft: Draft, name: str, source: str, test: str) -> None:
    """A function as the last rule, in force, with its test."""
    module = draft.module(RULES_FILE)
    rules = draft.symbols.rules
    last = max(rules.values(), key=lambda rule: rule.line).name if rules else "verdicts"
    module = with_function_after(module, last, source)
    draft.write(RULES_FILE, with_entry(module, name, len(listed(module))))
    behaviour = Thing("rule", name, "behaviour")
    draft.proofs.put(draft.proofs.behaviour(behaviour), behaviour, f"def {behaviour.test}(package):\n{test}")
    draft.proofs.claim(Thing("rule", name, "standing"), now=IN_FORCE, was=NEVER)


def _test(rule: AddRule, true_world: World, shown: list[tuple[World, bool]]) -> str:
    """The body: each world and its answer; a wide world is told by how it differs from one where the rule holds."""
    lines = [f'    """{about(rule)}"""', f'    rule, rules = package.rule("{rule.name}"), package.rules']
    wide = len(true_world) > 2
    if wide:
        lines += ["    true = {", *(f'        "{name}": {point.text},' for name, point in true_world.items()), "    }"]
    answer = ANSWERS[rule.side, rule.effect]
    for world, true in shown:
        said = answer if true != (rule.effect == "require") else "ALLOW"
        given = _difference(world, true_world) if wide else [f"{name}={point.text}" for name, point in world.items()]
        lines += _assertion(given, said)
    return "\n".join(lines)


def _difference(world: World, true_world: World) -> list[str]:
    others = [f'"{name}": {point.text}' for name, point in world.items() if true_world[name] != point]
    return [f"**true | {{{', '.join(others)}}}" if others else "**true"]


def _assertion(given: list[str], said: str) -> list[str]:
    whole = f"    assert rule(package.world({', '.join(given)})) == rules.{said}"
    if len(whole) <= WIDTH:
        return [whole]
    return [
        "    world = package.world(",
        *(f"        {argument}," for argument in given),
        "    )",
        f"    assert rule(world) == rules.{said}",
    ]
