"""Functions that a model wrote must be the plan's, once."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from core.symbols import PARAMETERS_FILE, RULES_FILE
from core.syntax import syntax_tree
from services.guardian.renames import unrenamed
from services.guardian.scope.planned import CROSSING_FILES, Planned
from services.guardian.scope.sources import is_code, lines_without, top_level


def check_functions(planned: Planned, changed: Sequence[str]) -> Iterator[str]:
    """Which function is not the plan's, and what differs beside them in the files that no other check looks at."""
    for name, source in planned.written.items():
        wanted = [ast.dump(node) for node in syntax_tree(unrenamed("x.py", source.encode(), planned.first_names)).body]
        tops = (top_level(data) for file, data in planned.new.items() if is_code(file))
        there = [top[name] for top in tops if name in top]
        if len(wanted) != 1 or there != wanted:
            yield f"{name} is not, just once, the function that the plan gives"
    tops_now = {name for file, data in planned.new.items() if is_code(file) for name in top_level(data)}
    yield from (f"{name} is still there" for name in sorted(planned.dropped & tops_now))
    names = {*planned.written, *planned.dropped}
    for file in changed:
        if not is_code(file) or file in (RULES_FILE, PARAMETERS_FILE):
            continue
        if planned.remembers and file in CROSSING_FILES:
            continue  # `memory.check_memory` looks at the whole file
        if lines_without(planned.old.get(file, b""), names) != lines_without(planned.new.get(file, b""), names):
            yield f"{file}: more differs than the functions that the plan writes"
