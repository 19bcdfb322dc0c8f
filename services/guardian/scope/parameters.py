"""parameters.py may differ in the values that the plan sets, and in nothing else."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator

from core.symbols import PARAMETERS_FILE
from core.syntax import syntax_tree
from services.guardian.scope.planned import Planned


def check_parameters(planned: Planned) -> Iterator[str]:
    """What else differs, and which value is another than the plan's."""
    wanted = set(planned.values)
    old_rest, _ = without_defaults(planned.old[PARAMETERS_FILE], wanted)
    new_rest, found = without_defaults(planned.new.get(PARAMETERS_FILE, b""), wanted)
    if old_rest != new_rest:
        yield f"{PARAMETERS_FILE}: more differs than the values that the plan sets"
    for name, value in planned.values.items():
        if name not in found:
            yield f"{PARAMETERS_FILE}: there is no parameter {name}"
        elif not is_number(found[name], value):
            yield f"{PARAMETERS_FILE}: {name} is {found[name]!r}, the plan says {value!r}"


def is_number(found: object, wanted: float | int) -> bool:
    """Whether a literal is that finite number, and no truth value."""
    return type(found) in (int, float) and found == wanted and math.isfinite(wanted)


def without_defaults(data: bytes, names: set[str]) -> tuple[bytes, dict[str, object]]:
    """The file with the defaults of these parameters cut out, and what they were."""
    lines = data.splitlines(keepends=True)
    found: dict[str, object] = {}
    fields = [f for node in syntax_tree(data).body if isinstance(node, ast.ClassDef) for f in node.body]
    for field in reversed(fields):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and field.target.id in names:
            value = field.value
            if value is not None and value.lineno == value.end_lineno and field.target.id not in found:
                found[field.target.id] = ast.literal_eval(value)
                row = value.lineno - 1
                lines[row] = lines[row][: value.col_offset] + lines[row][value.end_col_offset :]
    return b"".join(lines), found
