"""Functions that a model wrote must be the plan's, once; an indicator may bring the lines that speak of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from core.contracts import RemoveIndicator
from core.symbols import PARAMETERS_FILE, RULES_FILE
from core.syntax import syntax_tree
from services.guardian.renames import unrenamed
from services.guardian.scope.planned import INDICATOR_FILES, Planned
from services.guardian.scope.sources import is_code, lines_without, top_level


def check_functions(planned: Planned, changed: Sequence[str]) -> Iterator[str]:
    """Which function is not the plan's, and what differs beside them in the files that no other check looks at."""
    for name, source in planned.written.items():
        wanted = [ast.dump(node) for node in syntax_tree(unrenamed("x.py", source.encode(), planned.first_names)).body]
        tops = (top_level(data) for file, data in planned.new.items() if is_code(file))
        there = [top[name] for top in tops if name in top]
        if len(wanted) != 1 or there != wanted:
            yield f"{name} is not, just once, the function that the plan gives"
    names = set(planned.written)
    for file in changed:
        if not is_code(file) or file in (RULES_FILE, PARAMETERS_FILE) or planned.indicators:
            continue
        if lines_without(planned.old.get(file, b""), names) != lines_without(planned.new.get(file, b""), names):
            yield f"{file}: more differs than the functions that the plan writes"


def check_indicators(planned: Planned, changed: Sequence[str]) -> Iterator[str]:
    """Which line of an indicator's files came or went without speaking of it."""
    if not planned.indicators:
        return
    removing = any(isinstance(op, RemoveIndicator) for op in planned.operations)
    for file in (file for file in changed if file in INDICATOR_FILES):
        small, large = planned.old[file], planned.new.get(file, b"")
        if removing:
            small, large = large, small
        extra = more_lines(lines_without(small, set()), lines_without(large, set()))
        if extra is None:
            yield f"{file}: lines differ that have nothing to do with the indicator"
        elif strange := [line for line in extra if not any(name in line for name in planned.indicators)]:
            yield f"{file}: a line that does not speak of the indicator: {strange[0].strip()}"


def more_lines(small: list[str], large: list[str]) -> list[str] | None:
    """The lines of `large` that `small` lacks; None when `small` is not in it, in order."""
    extra, place = [], 0
    for line in large:
        if place < len(small) and small[place] == line:
            place += 1
        else:
            extra.append(line)
    return extra if place == len(small) else None
