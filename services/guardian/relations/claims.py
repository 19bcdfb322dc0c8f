"""The same market in another coin, in larger lots, or of a pair that has been traded for longer: the same decisions.

Prices and amounts are multiplied by a power of two, which no float rounds, so that not one bit may differ.
"""

from __future__ import annotations

import ast
import math
import struct
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import numpy as np

from core.kernel import DECISION_PRICES, Records
from core.warming import wanted
from services.guardian.bounds.package import AMOUNTS, PRICES
from services.guardian.bounds.walk import Walk

SIGNALS: Final = ("technical", "orderbook", "flow", "qlearning", "advice", "score", "confidence")
MOST_MODULUS: Final = 60
"""A number up to here may be what a counter is divided by: bars of a minute in an hour."""
MOST_RING: Final = 10_000
YOUNG: Final = 1_500
"""Bars after which a strategy knows all of its indicators, if it wants no more."""
OLD: Final = (3_000, 30_000, 1_000_000)
"""Bars that a pair may have been traded for: one number of each stretch between these and young ones."""
FURTHEST: Final = 2**48
"""A number from here on is no count of anything that a market brings."""


def ages(warm: int, furthest: int = 0) -> tuple[int, ...]:
    """The ends of these stretches for a strategy that wants so many bars: before them it may answer otherwise.

    One more where it is written with a number beyond the last of them.
    """
    young = max(YOUNG, warm)
    return (young, *(old for old in OLD if old > young), *([2 * furthest] if furthest > OLD[-1] else []))


def warm_of(candidate: Mapping[str, bytes], parent: Mapping[str, bytes], *, planned: bool) -> int:
    """Bars before which not all indicators are known.

    What the candidate says of itself counts only where a plan explains it, which `scope` has held against it: by hand
    it could name any number, and change its mind before it.
    """
    told = [wanted(parent), *([wanted(candidate)] if planned else [])]
    return max(count for each in told for count in (each.own, *each.longer.values()))


def in_other_money(events: Records, factor: float) -> Records:
    """The same market, every price multiplied."""
    return _times(events, PRICES, factor)


def in_other_lots(events: Records, factor: float) -> Records:
    """The same market, every amount multiplied."""
    return _times(events, AMOUNTS, factor)


def _times(events: Records, names: Collection[str], factor: float) -> Records:
    other: Records = events.copy()
    for name in names:
        other[name] *= factor
    return other


def back(decisions: Records, factor: float) -> Records:
    """Decisions on a market in other money, their levels in the first one."""
    other: Records = decisions.copy()
    for name in DECISION_PRICES:
        other[name] /= factor
    return other


def count_changed(one: Records, other: Records, fields: Sequence[str] = ()) -> int:
    """How many decisions differ in a bit of these fields, or of any."""
    return int(find_changed(one, other, fields).sum())


def find_changed(one: Records, other: Records, fields: Sequence[str] = ()) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which of them do."""
    names = fields or one.dtype.names or ()
    differ = np.zeros(len(one), bool)
    for name in names:
        differ |= np.ascontiguousarray(one[name]).view(np.int64) != np.ascontiguousarray(other[name]).view(np.int64)
    return differ


def counts_of(trees: Mapping[str, ast.Module]) -> list[str]:
    """Fields of the state that are only ever counted up, by a number that stands there."""
    added: dict[str, None] = {}
    otherwise: set[str] = set()
    for tree in trees.values():
        for node in ast.walk(tree):
            match node:
                case ast.AugAssign(target=ast.Attribute(attr=name), op=ast.Add(), value=ast.Constant()):
                    added[name] = None
                case ast.AugAssign(target=ast.Attribute(attr=name)):
                    otherwise.add(name)
                case ast.Assign(targets=[ast.Attribute(attr=name)], value=value) if is_next(value, name):
                    added[name] = None
                case ast.Assign(targets=targets):
                    otherwise |= {each.attr for each in targets if isinstance(each, ast.Attribute)}
    return [name for name in added if name not in otherwise]


def words_of(trees: Mapping[str, ast.Module], walk: Walk) -> dict[str, tuple[int, bool]]:
    """Where the fields of a state that hold one number lie, counted in words; and whether as a float."""
    kinds: dict[str, bool] = {}
    for tree in trees.values():
        for node in (top.value for top in tree.body if isinstance(top, ast.Assign | ast.AnnAssign)):
            match node:
                case ast.Call(func=ast.Name(id="record_dtype")):
                    fields = (
                        each.elts for each in ast.walk(node) if isinstance(each, ast.Tuple) and len(each.elts) > 1
                    )
                    kinds |= {
                        str(first.value): second.value == "f8"
                        for first, second, *_ in fields
                        if isinstance(first, ast.Constant) and isinstance(second, ast.Constant)
                    }
    found, place = {}, 0
    for name, shape in walk.package.state.items():
        if shape is None:
            found[name] = (place, kinds.get(name, False))
        place += int(walk.size(name))
    return found


def is_next(node: ast.expr, name: str) -> bool:
    """Whether a value is what the field of that name holds, and a number more."""
    match node:
        case ast.BinOp(left=one, op=ast.Add(), right=other):
            sides = (one, other)
            field = any(isinstance(each, ast.Attribute) and each.attr == name for each in sides)
            return field and any(isinstance(each, ast.Constant) for each in sides)
    return False


def whole_turn(trees: Mapping[str, ast.Module], walk: Walk) -> int:
    """A number of bars after which every ring is where it was, and every short remainder of a counter.

    A remainder of a long turn counts where it is a place in a ring: what else is done once in a thousand bars is no
    habit of a market's.
    """
    turns = {int(walk.size(name)) for name in walk.package.state}
    for tree in trees.values():
        nodes = list(ast.walk(tree))
        places = places_in(nodes)
        for node in nodes:
            match node:
                case ast.BinOp(op=ast.Mod(), left=left, right=right) if not is_of_time(left):
                    turn = turn_in(right, walk)
                    if turn <= MOST_MODULUS or node in places:
                        turns.add(turn)
    rings = [turn for turn in turns if 1 < turn <= MOST_RING]
    found = 1
    for turn in sorted(rings):
        if math.lcm(found, turn) < 10**9:
            found = math.lcm(found, turn)
    return found


def places_in(nodes: Sequence[ast.AST]) -> set[ast.AST]:
    """What stands where a place in a row is looked up, or is kept under a name that stands there."""
    found = {each for node in nodes if isinstance(node, ast.Subscript) for each in ast.walk(node.slice)}
    names = {node.id for node in found if isinstance(node, ast.Name)}
    kept = [
        node.value
        for node in nodes
        if isinstance(node, ast.Assign)
        and any(isinstance(each, ast.Name) and each.id in names for each in node.targets)
    ]
    return found | {each for value in kept for each in ast.walk(value)}


def indexes(trees: Mapping[str, ast.Module]) -> set[str]:
    """Fields that say a place in a row."""
    found = set()
    for tree in trees.values():
        found |= {node.attr for node in places_in(list(ast.walk(tree))) if isinstance(node, ast.Attribute)}
    return found


def turn_in(node: ast.expr, walk: Walk) -> int:
    """The whole number that something is divided by, or what a parameter is set to; 0 for anything else."""
    match node:
        case ast.Constant(value=int() as value):
            return value
        case ast.Attribute(attr=name) if name in walk.package.parameters:
            return int(min(walk.package.parameters[name].most, MOST_RING))
    return 0


def is_of_time(node: ast.expr) -> bool:
    """Whether nanoseconds are in it: what is left of them by a division is no place in a ring."""
    names = (each.id if isinstance(each, ast.Name) else getattr(each, "attr", "") for each in ast.walk(node))
    return any(name == "NANOSECONDS" or name.endswith("_ns") for name in names)


def older(states: Sequence[bytes], walk: Walk, fields: Collection[str], by: int) -> list[bytes]:
    """States in which these counters are larger."""
    found = []
    for state in states:
        data, place = bytearray(state), 0
        for name in walk.package.state:
            if name in fields and place + 8 <= len(data):
                struct.pack_into("<q", data, place, struct.unpack_from("<q", data, place)[0] + by)
            place += 8 * int(walk.size(name))
        found.append(bytes(data))
    return found
