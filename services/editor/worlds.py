"""Worlds in which a condition is true, and ones just beside them in which it is not.

Each comparison is shown at its threshold, a hair above it and a hair below, in a world where the others let it decide.
A condition that is only ever true, or only ever false, cannot be shown both ways and is refused.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from core.contracts import AddRule, Condition
from core.symbols import Symbols
from services.editor.conditions import as_said, holds, leaves
from services.editor.literals import plain
from services.editor.refusals import EditRefused
from services.editor.sides import expanded, is_side

POSITIVE: Final = (0.0, math.inf)
SIGNED: Final = (-1.0, 1.0)
REACH: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        **dict.fromkeys(("price", "ema_fast", "ema_slow", "volume", "volume_average", "atr", "spread"), POSITIVE),
        **dict.fromkeys(("held_seconds", "rested_seconds"), POSITIVE),
        **dict.fromkeys(("book_imbalance", "flow", "advice", "score"), SIGNED),
        **dict.fromkeys(("retreat", "drawdown"), (0.0, 1.0)),
        "profit": (-1.0, math.inf),
        "rsi": (0.0, 100.0),
        "hour": (0, 23),
        "weekday": (0, 6),
    }
)
"""How far a feature goes, ends included; one that is not named goes anywhere."""
KIND_REACH: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        **dict.fromkeys(("ema", "sma", "vwap", "atr", "volume_average"), POSITIVE),
        **dict.fromkeys(("rsi", "adx", "stochastic"), (0.0, 100.0)),
    }
)
"""The same of what was added, by its kind."""

MOST_STEPS: Final = 20_000
"""Of the search for a world: tens of milliseconds. Three comparisons need tens of steps."""


@dataclass(frozen=True, slots=True)
class Point:
    """A value of a feature, and how a test writes it."""

    value: float
    text: str


World: TypeAlias = dict[str, Point]
Goal: TypeAlias = tuple[Condition, bool]
"""A condition, and whether it is to be true."""


def examples(rule: AddRule, symbols: Symbols) -> tuple[World, list[tuple[World, bool]]]:
    """A world where the condition is true; and those that show every comparison at work, with whether it is true there.

    Raises EditRefused when there are none.
    """
    condition = expanded(rule)
    points = _points(condition, symbols)
    for part in (*leaves(condition), condition):  # one that is always true is half of a range: weekday >= 0 and <= 0
        if _find([(part, True)], points) is None:
            raise EditRefused("never_true", text=as_said(part))
    if _find([(condition, False)], points) is None:
        raise EditRefused("always_true", text=as_said(condition))
    base = {name: some[0] for name, some in points.items() if some} | (_find([(condition, True)], points) or {})
    shown: dict[tuple[tuple[str, str], ...], tuple[World, bool]] = {}
    for leaf in leaves(condition):
        alone = base | (_find(_decided_by(condition, leaf), points) or {})
        for point in _around(leaf, alone, symbols):
            world = {**alone, leaf.feature or "": point}
            key = tuple((name, point.text) for name, point in sorted(world.items()))
            shown.setdefault(key, (world, _answer(condition, world)))
    worlds_shown = list(shown.values())
    unknown = next((leaf.feature for leaf in leaves(condition) if leaf.feature not in symbols.whole), None)
    if rule.effect == "require" and unknown is not None:  # a requirement that cannot be told is not met
        world = {**base, unknown: Point(math.nan, "math.nan")}
        worlds_shown.append((world, _answer(condition, world)))
    return base, worlds_shown


def world_of_part(condition: Condition, part: Condition, symbols: Symbols) -> World:
    """A world where this part of a condition is true and nobody else decides, or else one where the whole is true."""
    points = _points(condition, symbols)
    base = {name: some[0] for name, some in points.items() if some} | (_find([(condition, True)], points) or {})
    return base | (_find(_decided_by(condition, part), points) or {})


def points_around(leaf: Condition, world: World, symbols: Symbols) -> list[Point]:
    """What lies below, at and above the threshold of a comparison or crossing, from low to high."""
    return sorted(_around(leaf, world, symbols), key=lambda point: point.value)


def _decided_by(condition: Condition, part: Condition) -> list[Goal]:
    """What must be so for the whole to be as this part is, and for that to be true: nobody else decides."""
    if condition == part:
        return [(part, True)]
    goals: list[Goal] = []
    for branch in condition.branches:
        goals += _decided_by(branch, part) if _contains(branch, part) else [(branch, bool(condition.all))]
    return goals


def _contains(condition: Condition, part: Condition) -> bool:
    return condition == part or any(_contains(branch, part) for branch in condition.branches)


def _answer(condition: Condition, world: World) -> bool:
    return holds(condition, {name: point.value for name, point in world.items()})


def _around(leaf: Condition, world: World, symbols: Symbols) -> Iterator[Point]:
    """The threshold that the comparison has in this world, and what lies just beside it."""
    feature, threshold = leaf.feature or "", leaf.value
    if leaf.other is not None:
        threshold = world[leaf.other].value * (1.0 if leaf.factor is None else leaf.factor)
    assert threshold is not None  # noqa: S101 - for the type checker; a comparison has a value or another feature
    return (point for point in _beside(threshold, whole=feature in symbols.whole) if _reaches(feature, point.value))


def _points(condition: Condition, symbols: Symbols) -> dict[str, tuple[Point, ...]]:
    """Values to look for a world among: the thresholds, and for features compared with another some far apart."""
    found: dict[str, dict[float, Point]] = {}
    levels: set[float] = set()
    related: dict[str, None] = {}
    for leaf in leaves(condition):
        assert leaf.feature is not None  # noqa: S101 - for the type checker; a leaf has one
        threshold = leaf.value
        if leaf.other is not None:
            factor = 1.0 if leaf.factor is None else leaf.factor
            anchor = _anchor(leaf.feature, leaf.other, factor)
            found.setdefault(leaf.other, {})[anchor] = Point(anchor, plain(anchor))
            threshold = factor * anchor
            related |= {leaf.feature: None, leaf.other: None}
        assert threshold is not None  # noqa: S101 - for the type checker; a comparison has a value or another feature
        levels.add(threshold)
        for point in _beside(threshold, whole=leaf.feature in symbols.whole):
            found.setdefault(leaf.feature, {})[point.value] = point
    doubled = [2.0**times for times in range(1, len(related) + 1)]  # room for a row of features, each above the next
    apart = (0.5, *doubled, -1.0, *(-step for step in doubled))
    for name in related:
        for level in (level * step for level in sorted(levels) for step in apart):
            if name not in symbols.whole or level == int(level):
                found[name].setdefault(level, Point(level, plain(level)))
    reached = {name: [point for point in some.values() if _reaches(name, point.value)] for name, some in found.items()}
    return {name: tuple(sorted(some, key=lambda point: len(point.text))) for name, some in reached.items()}


def _reaches(feature: str, value: float) -> bool:
    low, high = _reach(feature)
    return low <= value <= high


def _reach(feature: str) -> tuple[float, float]:
    """How far a feature goes; one that was added as far as its kind does, which its name begins with."""
    if feature in REACH:
        return REACH[feature]
    if is_side(feature):
        return SIGNED
    kind = next((kind for kind in KIND_REACH if feature.startswith(f"{kind}_")), None)
    return (-math.inf, math.inf) if kind is None else KIND_REACH[kind]


def _anchor(feature: str, other: str, factor: float) -> float:
    """A value of `other` whose multiple lies well inside what `feature` can be. Powers of two multiply exactly."""
    low, high = _reach(feature)
    least, most = _reach(other)
    tried = (2.0, 0.5, 16.0, 64.0, 0.125, -0.5, -2.0, 1.0, 2.0**-10)
    return next((anchor for anchor in tried if least < anchor < most and low < factor * anchor < high), 2.0)


def _beside(threshold: float, *, whole: bool) -> Iterator[Point]:
    if whole:
        for number in sorted({math.ceil(threshold) - 1, math.floor(threshold), math.floor(threshold) + 1}):
            yield Point(number, str(number))
        return
    text = plain(threshold)
    yield Point(math.nextafter(threshold, -math.inf), f"math.nextafter({text}, -math.inf)")
    yield Point(float(threshold), text)
    yield Point(math.nextafter(threshold, math.inf), f"math.nextafter({text}, math.inf)")


def _find(goals: list[Goal], points: Mapping[str, tuple[Point, ...]]) -> World | None:
    """A world in which every condition is as its goal says, of round numbers if there is one; None when there is none.

    EditRefused when it would take too long to tell.
    """
    steps = itertools.count()

    def solve(goals: list[Goal], world: World) -> World | None:
        if not goals:
            return world
        place = min(range(len(goals)), key=lambda i: 0 if goals[i][0].branches else 1 + len(free(goals[i][0], world)))
        goal, true = goals[place]  # a group is taken apart first, then what leaves the least to choose is met
        rest = goals[:place] + goals[place + 1 :]
        if not goal.branches:
            return next((done for bigger in worlds_of(goal, world, true) if (done := solve(rest, bigger))), None)
        if bool(goal.all) == true:  # every branch alike
            return solve([*((branch, true) for branch in goal.branches), *rest], world)
        return next((done for branch in goal.branches if (done := solve([(branch, true), *rest], world))), None)

    def free(leaf: Condition, world: World) -> list[str]:
        return [name for name in (leaf.other, leaf.feature) if name is not None and name not in world]

    def worlds_of(leaf: Condition, world: World, true: bool) -> Iterator[World]:
        names = free(leaf, world)
        for chosen in itertools.product(*(points[name] for name in names)):
            if next(steps) > MOST_STEPS:
                raise EditRefused("tangled_condition")
            bigger = {**world, **dict(zip(names, chosen, strict=True))}
            if _answer(leaf, bigger) == true:
                yield bigger

    return solve(goals, {})
