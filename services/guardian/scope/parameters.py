"""parameters.py may differ in the values that the plan sets, for every pair or for one, and in nothing else."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator

from core.contracts import RemoveOverride, SetOverride
from core.overrides import ABOUT, overrides_of, statement_of
from core.symbols import PARAMETERS_FILE
from core.syntax import syntax_tree
from services.guardian.scope.planned import Planned


def check_parameters(planned: Planned) -> Iterator[str]:
    """What else differs, and which value is another than the plan's."""
    wanted = set(planned.values)
    before, after = planned.old[PARAMETERS_FILE], planned.new.get(PARAMETERS_FILE, b"")
    if planned.own or overrides_of(syntax_tree(before)) != overrides_of(syntax_tree(after)):
        yield from check_own(planned, before, after)
        before, after = without_own(before), without_own(after)
    old_rest, _ = without_defaults(before, wanted)
    new_rest, found = without_defaults(after, wanted)
    if old_rest != new_rest:
        yield f"{PARAMETERS_FILE}: more differs than the values that the plan sets"
    for name, value in planned.values.items():
        if name not in found:
            yield f"{PARAMETERS_FILE}: there is no parameter {name}"
        elif not is_number(found[name], value):
            yield f"{PARAMETERS_FILE}: {name} is {found[name]!r}, the plan says {value!r}"


def check_own(planned: Planned, before: bytes, after: bytes) -> Iterator[str]:
    """Whether each pair has what it had of its own, but for what the plan says."""
    wanted = {symbol: dict(values) for symbol, values in overrides_of(syntax_tree(before)).items()}
    for operation in planned.operations:
        match operation:
            case SetOverride(name=name, pair=pair, value=value):
                wanted.setdefault(pair, {})[planned.first(name)] = value
            case RemoveOverride(name=name, pair=pair):
                wanted.get(pair, {}).pop(planned.first(name), None)
    found = overrides_of(syntax_tree(after))
    for symbol in sorted({*wanted, *found}):
        if wanted.get(symbol, {}) != dict(found.get(symbol, {})):
            told = dict(found.get(symbol, {}))
            yield f"{PARAMETERS_FILE}: {symbol} has {told} of its own, the plan says {wanted.get(symbol, {})}"


def without_own(data: bytes) -> bytes:
    """The file without OVERRIDES, and without the comment and the blank line that come and go with it."""
    statement = statement_of(syntax_tree(data))
    if statement is None:
        return data
    lines, first = data.splitlines(keepends=True), statement.lineno - 1
    if [line.strip() for line in lines[max(first - 2, 0) : first]] == [b"", f"# {ABOUT}".encode()]:
        first -= 2
    return b"".join([*lines[:first], *lines[statement.end_lineno :]])


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
