"""bounds: units that agree, no date and no level by itself, and the most that an event and a pair may cost.

All of it is read from the source, before anything of it runs. A number that meets a price, a volume or a date is the
owner's business: where a plan brings it, he said it, and he is told what it is. By hand and by a model it is refused,
with what to write instead. What the parent has already is not held against a candidate.
"""

from __future__ import annotations

import ast
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from core.contracts import AddFunction, EditPlan, ReplaceFunction
from core.strategy import Source
from services.guardian.bounds.expressions import TooMuch
from services.guardian.bounds.package import Package
from services.guardian.bounds.values import Number, same
from services.guardian.bounds.values import in_words as named
from services.guardian.bounds.walk import Finding, Walk
from services.guardian.case import Case
from services.guardian.gates.upgrading import upgrade_of
from services.guardian.grade import Grade
from services.guardian.policy import text
from services.guardian.shape import code_of
from services.guardian.work.shape import Shape, same_code

LONGEST_TUPLE: Final = 1_000
"""Numbers of a tuple that is written out: each of them is code."""
MORE_STEPS: Final = 2_000
"""At worst, without anything new: of 210 good programs none took more than 400."""
STEPS_OF_A_RULE: Final = 10_000
"""One is asked on both sides of each edge, and may bring edges: up to 8,500 in good programs."""
STEPS_OF_A_PART: Final = 3_000
"""A feature or a field of the state."""


def gate(case: Case) -> Grade:
    """The candidate's walk beside its parent's."""
    trees = parsed(case.candidate.files)
    if trees is None:
        return Grade(notes=("It cannot be read; the policy says why.",))
    refusals = list(find_long_tuples(trees))
    walk = Walk(Package(trees))
    try:
        steps = walk.run()
    except TooMuch:
        return Grade((*refusals, "Unfolded, it is more code than is looked at: call fewer kernels by kernels."))
    size = walk.bytes_of_state()
    if steps > case.most_steps:
        most = f"{case.most_steps:,} (guardian.most_steps)"
        refusals.append(f"An event may take {in_words(steps)} steps, the most is {most}.")
    if size > 1024 * case.most_state_kb:
        most = f"{case.most_state_kb:,} (guardian.most_state_kb)"
        refusals.append(f"It remembers {in_words(size / 1024)} KB of a pair, the most is {most}.")
    said: list[str] = []
    blamed = functions_by_a_model(case.plan)
    if not upgrade_of(case.plan) and (blamed is None or blamed) and not same_code(case.candidate, case.parent):
        refusals += find_growth(steps, case)
    for found in () if upgrade_of(case.plan) else only_new(walk, case.parent):
        by_owner = blamed is not None and found.function not in blamed
        (said if by_owner else refusals).append(f"{found.file}:{found.line}: {found.why}")
    return Grade(tuple(refusals), tuple(said), {"steps": in_words(steps), "state_bytes": round(size)})


def find_growth(steps: float, case: Case) -> Iterator[str]:
    """More than what is new explains, wherever it stands: who counts what runs may never come to a rare case."""
    before, now, was = walked(case.parent).steps, Shape.of(case.candidate), Shape.of(case.parent)
    rules, parts = len(set(now.rules) - set(was.rules)), len({*now.features, *now.state} - {*was.features, *was.state})
    most = before + MORE_STEPS + rules * STEPS_OF_A_RULE + parts * STEPS_OF_A_PART
    if steps > most:
        yield (
            f"An event may take {in_words(steps)} steps, its parent's {in_words(before)};"
            f" what is new explains {in_words(most)}."
        )


def in_words(amount: float) -> str:
    """A number, or that there is none."""
    return f"{amount:,.0f}" if math.isfinite(amount) else "endless"


def parsed(files: Mapping[str, bytes]) -> dict[str, ast.Module] | None:
    """The files that trade; None when one of them cannot be read."""
    trees = {file: text.parse(data) for file, data in code_of(files).items()}
    readable = {file: tree for file, tree in trees.items() if isinstance(tree, ast.Module)}
    return readable if len(readable) == len(trees) else None


_walked: dict[str, Walk] = {}


def walked(parent: Source) -> Walk:
    """The walk through a parent, which the next candidate may have too."""
    walk = _walked.get(parent.tree_hash)
    if walk is None:
        walk = Walk(Package(parsed(parent.files) or {}))
        walk.run()
        _walked.clear()
        _walked[parent.tree_hash] = walk
    return walk


def only_new(walk: Walk, parent: Source) -> Iterator[Finding]:
    """What the parent's walk does not find in the same function, and features that are something else now."""
    before = walked(parent)
    known = Counter((found.file, found.function, found.why) for found in before.found)
    for found in walk.found:
        key = (found.file, found.function, found.why)
        if known[key]:
            known[key] -= 1
        else:
            yield found
    for name, was in before.features.items():
        now = walk.features.get(name)
        if not (isinstance(was, Number) and isinstance(now, Number)) or was.unit is None or now.unit is None:
            continue
        if not same(now.unit, was.unit) and now.constant is None:  # 0 is nothing of any kind
            yield Finding("state.py", 1, "Features", f"{name} was {named(was)} and is now {named(now)}")


def functions_by_a_model(plan: EditPlan | None) -> set[str] | None:
    """Those that a model wrote; None when all of it was written by hand."""
    if plan is None:
        return None
    return {each.name for each in plan.operations if isinstance(each, AddFunction | ReplaceFunction)}


def find_long_tuples(trees: Mapping[str, ast.Module]) -> Iterator[str]:
    """Data that is written out as code."""
    for file, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Tuple) and len(node.elts) > LONGEST_TUPLE:
                yield f"{file}:{node.lineno}: a tuple of {len(node.elts):,} numbers, the most is {LONGEST_TUPLE:,}"
