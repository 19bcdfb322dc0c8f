"""A change without a plan: where it may be, and what it may not do because nobody said so.

Who edits by hand says nothing, so the checks that were there stay, and no number may come to go further than it did.
Both would be the first of two steps: a test that is emptied today, or a range that is widened, lets pass what comes
tomorrow.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from core.strategy import Source
from core.symbols import Parameter, Symbols
from core.syntax import syntax_tree
from services.guardian.scope.names import ENDINGS, KINDS
from services.guardian.scope.sayings import check_sayings
from services.guardian.scope.slips import check_order, check_slips
from services.guardian.scope.sources import Files, is_code

TEST: Final = re.compile(r"tests/test_[a-zA-Z0-9_-]+\.py")
GENERATED: Final = re.compile(r"tests/test_change_[a-zA-Z0-9_-]+\.py")
SUBJECT: Final = re.compile(rf"test_(?:{'|'.join(KINDS)})_(?P<subject>\w+)_(?:{'|'.join(ENDINGS)})")
"""How a test is called that a change wrote; see `names`."""


def check_by_hand(old: Files, new: Files, changed: Sequence[str]) -> Iterator[str]:
    """What may not change without a plan."""
    shipped = Source.shipped().files
    for file in changed:
        if not (is_code(file) or TEST.fullmatch(file)):
            yield f"{file}: not a file of the strategy's code or a new test"
        elif file in old and file in shipped and not is_code(file) and new.get(file) != shipped[file]:
            yield f"{file}: a shipped test, which no change by hand may alter or remove"
        elif file in old and not is_code(file):
            yield from check_own_tests(file, old, new)
    before, after = Symbols.of(old).parameters, Symbols.of(new).parameters
    yield from check_ranges(before, after)
    yield from check_read(before, after, new)
    yield from check_slips(before, after)
    yield from check_order(before, after)
    yield from check_sayings(old, new)


def check_own_tests(file: str, old: Files, new: Files) -> Iterator[str]:
    """A test that was added stays, and asserts no less; but one that a change wrote about what is gone may go."""
    after = _tests(new.get(file, b""))
    known = Symbols.of(new)
    names = {*known.parameters, *known.rules, *known.indicators}.union(*known.functions.values())
    for test, asserted in _tests(old[file]).items():
        about = SUBJECT.fullmatch(test) if GENERATED.fullmatch(file) else None
        if about is not None and not any(about["subject"].startswith(name) for name in names):
            continue
        if after.get(test, -1) < asserted:
            yield f"{file}: {test} asserts less than before, or is gone"


def _tests(data: bytes) -> dict[str, int]:
    """The tests, those of a class behind its name, and how many assertions each has."""
    return {
        name: sum(isinstance(part, ast.Assert) for part in ast.walk(node))
        for top in syntax_tree(data).body
        for name, node in _functions_in(top, "")
        if node.name.startswith("test_")
    }


def _functions_in(node: ast.stmt, of_class: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    if isinstance(node, ast.FunctionDef):
        yield f"{of_class}{node.name}", node
    elif isinstance(node, ast.ClassDef):
        for part in node.body:
            yield from _functions_in(part, f"{node.name}.")


def check_ranges(before: Mapping[str, Parameter], after: Mapping[str, Parameter]) -> Iterator[str]:
    """No range gets wider, and none counts in another unit; nor by way of a parameter that takes another's place."""
    for name in sorted(before.keys() & after.keys()):
        yield from _compare(name, [before[name]], after[name])
    gone = [before[name] for name in before.keys() - after.keys()]
    for name in sorted(after.keys() - before.keys()):
        instead = [one for one in gone if one.range.unit == after[name].range.unit]
        if instead:
            yield from _compare(name, instead, after[name])


def check_read(before: Mapping[str, Parameter], after: Mapping[str, Parameter], new: Files) -> Iterator[str]:
    """A parameter that came and that no code reads: its owner would turn it, and nothing would change."""
    came = after.keys() - before.keys()
    nodes = [node for file in new if came and is_code(file) for node in ast.walk(syntax_tree(new[file]))]
    read = {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)}
    for name in sorted(came - read):
        yield f"parameters.py:{after[name].line}: no code reads {name}: whoever sets it changes nothing"


def _compare(name: str, before: Sequence[Parameter], after: Parameter) -> Iterator[str]:
    low, high, unit = min(one.range.low for one in before), max(one.range.high for one in before), before[0].range.unit
    if after.range.low < low or after.range.high > high or after.range.unit != unit:
        now = after.range
        yield (
            f"parameters.py:{after.line}: the range of {name} was {low:g} to {high:g} {unit} and is now"
            f" {now.low:g} to {now.high:g} {now.unit}; by hand it may only become narrower"
        )
