"""Does the difference between parent and candidate do what the plan says, and nothing else?

Worked out from both trees and the plan alone; how, `services.guardian.scope` says.
"""

from __future__ import annotations

import re
import tokenize
from collections.abc import Iterator, Sequence
from typing import Final

from core.contracts import Extract
from core.errors import StrategyError
from core.symbols import PARAMETERS_FILE, RULES_FILE
from services.guardian.case import Case
from services.guardian.gates import upgrading
from services.guardian.gates.upgrading import upgrade_of
from services.guardian.grade import Grade
from services.guardian.scope.byhand import check_by_hand
from services.guardian.scope.functions import check_functions
from services.guardian.scope.memory import check_memory
from services.guardian.scope.names import check_free_names, check_generated, check_new_names
from services.guardian.scope.numbers import check_extracted
from services.guardian.scope.parameters import check_parameters
from services.guardian.scope.planned import Planned
from services.guardian.scope.rules import check_rules
from services.guardian.scope.sources import Files, top_level

GENERATED: Final = re.compile(r"tests/test_change_[a-zA-Z0-9_-]+\.py")
DIFF_PATH: Final = re.compile(r"^(?:---|\+\+\+) (?:[ab]/)?(.+?)\t?$", re.MULTILINE)


def gate(case: Case) -> Grade:
    """The diff against the plan; with no plan only where it may be."""
    old, new = case.parent.files, case.candidate.files
    changed = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
    figures: dict[str, float | int | str | None] = {"files": len(changed), "changed": ", ".join(changed)}
    found = list(check_diff(case.diff))
    try:
        if not changed:
            found.append("the candidate is its parent: nothing was changed")
        elif (operation := upgrade_of(case.plan)) is not None:
            found += upgrading.findings(operation, old, new)
        elif case.plan is None:
            figures["functions"] = ", ".join(changed_functions(old, new, changed))
            found += check_by_hand(old, new, changed)
        else:
            found += check_plan(Planned.of(case.plan, old, new), changed)
    except (StrategyError, SyntaxError, ValueError, RecursionError, tokenize.TokenError) as error:
        found.append(f"a changed file cannot be read: {error}")
    return Grade(tuple(found), figures=figures)


def check_diff(diff: str) -> Iterator[str]:
    """Whether a commit touches files outside of the strategy."""
    for path in sorted(set(DIFF_PATH.findall(diff))):
        if not path.startswith("strategy/") and path != "/dev/null":
            yield f"{path}: outside of the strategy"


def changed_functions(old: Files, new: Files, changed: Sequence[str]) -> Iterator[str]:
    """The functions and classes that differ, as `file:name`."""
    for file in changed:
        before, after = top_level(old.get(file, b"")), top_level(new.get(file, b""))
        for name in sorted({*before, *after}):
            if before.get(name) != after.get(name):
                yield f"{file}:{name}"


def check_plan(planned: Planned, changed: Sequence[str]) -> Iterator[str]:
    """What the difference does beside or against the plan."""
    yield from check_free_names(planned)
    allowed = planned.places()
    yield from check_files(planned, changed, allowed)
    if planned.values or planned.own or PARAMETERS_FILE in changed:
        yield from check_parameters(planned)
    if RULES_FILE in allowed or RULES_FILE in changed:
        yield from check_rules(planned)
    yield from check_functions(planned, changed)
    for operation in planned.operations:
        if isinstance(operation, Extract):
            yield from check_extracted(operation, planned.extracted.get(planned.first(operation.name)))
    yield from check_memory(planned)
    yield from check_new_names(planned)


def check_files(planned: Planned, changed: Sequence[str], allowed: set[str]) -> Iterator[str]:
    """Which file comes, goes or changes although the plan does not speak of it."""
    for file in changed:
        if GENERATED.fullmatch(file):
            yield from check_generated(planned, file)
        elif file not in planned.raw_old or file not in planned.raw_new:
            yield f"{file}: the plan neither makes nor removes files"
        elif planned.alike and planned.old[file] == planned.new[file]:
            continue  # the new name, or a name for a number, stands where the old one stood, and nothing else differs
        elif file not in allowed:
            yield f"{file}: the plan does not change it"
