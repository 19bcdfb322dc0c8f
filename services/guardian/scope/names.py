"""New names stand everywhere, and generated tests speak of what the plan is about."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from core.syntax import syntax_tree
from services.guardian.scope.planned import Planned
from services.guardian.scope.sources import is_text, names_of, top_level

KINDS: Final = ("parameter", "rule", "function", "indicator")
ENDINGS: Final = ("is_as_set", "is_as_asked", "has_its_name", "answers", "crosses")
"""How a generated test is called: `test_<kind>_<name>_<ending>`."""


def check_free_names(planned: Planned) -> Iterator[str]:
    """Which new name was in use before."""
    for op in planned.renames:
        if op.new in names_of(planned.raw_old, op.what):
            yield f"{op.new} is in use already"


def check_new_names(planned: Planned) -> Iterator[str]:
    """Which old name is still there, or which new one is not."""
    for op in planned.renames:
        names = names_of(planned.raw_new, op.what)
        if op.old in names or op.new not in names:
            yield f"the {op.what} {op.old} is not, everywhere, {op.new}"


def check_generated(planned: Planned, file: str) -> Iterator[str]:
    """Of generated tests only those may come, go or change that speak of what the plan is about."""
    names = {f"test_{kind}_{subject}_{end}" for kind in KINDS for subject in planned.subjects for end in ENDINGS}
    renamed = "|".join(re.escape(name) for op in planned.renames if op.what == "parameter" for name in (op.old, op.new))
    of_pairs = re.compile(rf"test_parameter_({renamed})_of_\w+_is_as_asked") if renamed else None
    before, after = top_level(planned.old.get(file, b"")), top_level(planned.new.get(file, b""))
    for name in sorted({*before, *after}):
        if of_pairs is not None and of_pairs.fullmatch(name):
            continue
        if before.get(name) != after.get(name) and name not in names:
            yield f"{file}: {name} has nothing to do with the plan"
    allowed = (ast.FunctionDef, ast.Import, ast.ImportFrom)
    for place, node in enumerate(syntax_tree(planned.raw_new.get(file, b"")).body):
        if not isinstance(node, allowed) and not (place == 0 and is_text(node)):
            yield f"{file}:{node.lineno}: something that is no test"
