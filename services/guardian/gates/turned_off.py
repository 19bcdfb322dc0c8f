"""A shipped test that fails because a signal means more than the shipped one: it holds with what is new turned off.

A new term of a score has a number of its own, and the shipped tests work out signals without it. Where such a test
passes as soon as the new numbers are at an end of their ranges, the shipped signal is still there, and what its owner
adds to it is his own; the formulas gate sees it so too. Rules, the choice and the levels are not signals: there a
shipped test that fails is a fault.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from core.strategy import Source
from core.symbols import PARAMETERS_FILE, Symbols
from core.syntax import syntax_tree
from services.guardian.known import acting
from services.guardian.known.functions import reads_more
from services.guardian.known.values import names_in

SIGNALS: Final = ("technical", "orderbook", "flow", "qlearning", "ensemble")
HELD: Final = (*acting.RULES, "choose", "levels")
CLASS: Final = "Parameters"


def ways_off(source: Source) -> Iterator[Source]:
    """The strategy with every number that does not ship at the low end of its range, then at the high one; none where
    no signal reads such a number, or something that is no signal does."""
    symbols = Symbols.of(source.files)
    new = sorted(set(symbols.parameters) - set(names_in(symbols).values()))
    means_more = any(reads_more(source, name) for name in SIGNALS)
    if new and means_more and not any(reads_more(source, name) for name in HELD):
        for end in ("low", "high"):
            at = {name: getattr(symbols.parameters[name].range, end) for name in new}
            yield Source.of({**source.files, PARAMETERS_FILE: _with_values(source.files[PARAMETERS_FILE], at)})


def _with_values(data: bytes, values: dict[str, float]) -> bytes:
    """The file with other defaults; each stands on one line, as the policy has it."""
    lines = data.split(b"\n")
    for node in syntax_tree(data).body:
        fields = node.body if isinstance(node, ast.ClassDef) and node.name == CLASS else []
        for field in fields:
            match field:
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if name in values:
                    line = lines[value.lineno - 1]
                    number = f"{values[name]:g}".encode()
                    lines[value.lineno - 1] = line[: value.col_offset] + number + line[value.end_col_offset :]
    return b"\n".join(lines)
