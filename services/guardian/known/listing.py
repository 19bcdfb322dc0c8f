"""The known rules as `verdicts` lists them: at every hour of every day, and at the numbers that they are written with.

A stop that is not there on Sundays at three is a stop that is not there. What a rule reads is any feature, so all of
them are drawn: from their usual reach, and from the numbers of the code and their neighbours.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from core.strategy import rule_names
from core.syntax import syntax_tree
from services.guardian.branches.literals import numbers
from services.guardian.known import acting
from services.guardian.known.difference import Difference
from services.guardian.known.functions import ASKS
from services.guardian.known.placing import close_to
from services.guardian.known.values import Values
from services.guardian.known.witness import call
from services.guardian.side import Side

RULES_FILE: Final = "rules.py"
DRAWN: Final = 400
"""Worlds beside those of the calendar."""
MOST: Final = 40
"""Numbers of the code that are looked around."""
STOP: Final = "stop_loss"
EXTREMES: Final = (0.0, 1.0, -1.0, 1e3, -1e3, 1e6, -1e6, 1e12, -1e12, math.nan)
"""What a feature may be of which nothing is known."""
FAR: Final = 10.0
"""Times its limit, what a rule speaks at for certain."""
NAMED: Final = (
    "hour",
    "weekday",
    "profit",
    "retreat",
    "held_seconds",
    "rested_seconds",
    "rsi",
    "score",
    "price",
    "atr",
)
"""What of a world is told."""
VERDICTS: Final = {
    -1: "no answer",
    acting.ALLOW: "ALLOW",
    acting.FORBID_ENTRY: "FORBID_ENTRY",
    acting.FORCE_ENTRY: "FORCE_ENTRY",
    acting.FORBID_EXIT: "FORBID_EXIT",
    acting.FORCE_EXIT: "FORCE_EXIT",
}
POSITION: Final = ("profit", "retreat", "held_seconds", "rested_seconds")
SIGNED: Final = frozenset({"macd", "macd_signal", "book_imbalance", "flow", "advice", "score"})
"""What may be below zero."""
World = dict[str, float]


def as_listed(
    side: Side,
    values: Values,
    rules: Mapping[str, str],
    code: bytes,
    chance: np.random.Generator,
    added: Sequence[str] = (),
    own: Sequence[float] = (),
) -> Iterator[Difference]:
    """The first world in which a rule in force says something else than it is known to say.

    `rules` are the known rules by what they are called here, `code` is that of rules.py. `added` are features that do
    not ship, and `own` the numbers that the candidate is written with and its parent is not; see `kept_up`.
    """
    listed = rule_names(code.decode())
    places = {
        known: listed.index(here)
        for known, here in rules.items()
        if here in listed and values.has(acting.RULES[known][0][1])
    }
    worlds = [*at_each_hour(places, values, chance), *drawn(places, values, code, chance)]
    answers = call(side, values, f"rules.{ASKS}", [[{"features": world}] for world in worlds])
    for known, place in places.items():
        for world, answer in zip(worlds, answers, strict=True):
            right = float(acting.answered(known, world, values))
            if isinstance(answer, str):  # what raises is another gate's
                continue
            if len(answer) != len(listed) or answer[place] != right:
                said = answer[place] if place < len(answer) else -1.0
                yield Difference(known, f"{VERDICTS[int(said)]} {_about(world)}; known is {VERDICTS[int(right)]}.")
                break
    if STOP in places:
        yield from kept_up(side, values, places[STOP], added, own, chance)


def kept_up(
    side: Side,
    values: Values,
    place: int,
    added: Sequence[str],
    own: Sequence[float],
    chance: np.random.Generator,
) -> Iterator[Difference]:
    """The first world in which the stop, that of this `place`, lets a loss go for what a feature says that was `added`.

    It may mean more by them, and close earlier. A sum or a count of one's own is zero in other worlds; here it is
    anything, first of all one of the numbers that the code is written with.
    """
    pool = [*EXTREMES, *(near for number in own for near in close_to(number))]
    worlds = [
        usual(chance) | {"profit": -FAR * values[STOP]} | {name: float(chance.choice(pool)) for name in added}
        for _ in range(DRAWN if added else 0)
    ]
    answers = call(side, values, f"rules.{ASKS}", [[{"features": world}] for world in worlds])
    for world, answer in zip(worlds, answers, strict=True):
        if not isinstance(answer, str) and place < len(answer) and answer[place] != acting.FORCE_EXIT:
            said = VERDICTS[int(answer[place])]
            yield Difference(STOP, f"{said} {_about(world, added)}; known is {VERDICTS[acting.FORCE_EXIT]}.")
            return


def _about(world: World, more: Sequence[str] = ()) -> str:
    return "at " + ", ".join(f"{name} {world[name]:.10g}" for name in (*NAMED, *more))


def at_each_hour(places: Mapping[str, int], values: Values, chance: np.random.Generator) -> Iterator[World]:
    """Each hour of a week, after a long time and a loss and after none and a gain: so every rule speaks at each."""
    limits = dict.fromkeys(POSITION, 0.0)
    for known in places:
        (feature, parameter), _, _ = acting.RULES[known]
        limits[feature] = max(limits[feature], FAR * values[parameter])
    for hour, weekday in itertools.product(range(24), range(7)):
        both = {"hour": hour, "weekday": weekday}
        yield usual(chance) | limits | both | {"profit": -limits["profit"]}
        yield usual(chance) | limits | both | {"held_seconds": 0.0, "rested_seconds": 0.0}


def drawn(places: Mapping[str, int], values: Values, code: bytes, chance: np.random.Generator) -> Iterator[World]:
    """Worlds about the limits, and about the numbers of the code."""
    written = numbers({RULES_FILE: syntax_tree(code)})[:MOST]
    limits = {acting.RULES[known][0][0]: values[acting.RULES[known][0][1]] for known in places}
    for _ in range(DRAWN):
        world = usual(chance)
        for feature, limit in limits.items():
            way = -1.0 if feature == "profit" and chance.random() < 0.5 else 1.0
            world[feature] = way * limit * float(chance.choice((0.0, 0.5, 1.5, FAR)))
        if "profit" in limits and chance.random() < 0.5:
            world["profit"] = -FAR * values["stop_loss"] if values.has("stop_loss") else world["profit"]
        for name in world:
            if written and name not in limits and chance.random() < 0.3:
                number = float(chance.choice(written)) * float(chance.choice((1.0, 1.001, 0.999, 0.5, 1.5)))
                number *= -1.0 if name in SIGNED and chance.random() < 0.5 else 1.0
                world[name] = int(number) if name in ("hour", "weekday") else number
        yield world


def usual(chance: np.random.Generator) -> World:
    """Something of every feature that ships, position and account left aside."""
    price = float(np.exp(chance.normal(4.0, 3.0)))
    near = (price * (1.0 + chance.normal(0, 0.02, 6))).tolist()  # a box is asked about plain numbers only
    return {
        "price": price,
        "rsi": chance.uniform(0, 100),
        "ema_fast": near[0],
        "ema_slow": near[1],
        "macd": near[2] - price,
        "macd_signal": near[3] - price,
        "bollinger_upper": price * (1.0 + abs(chance.normal(0, 0.03))),
        "bollinger_middle": near[4],
        "bollinger_lower": price * (1.0 - abs(chance.normal(0, 0.03))),
        "volume": float(np.exp(chance.normal(2.0, 3.0))),
        "volume_average": float(np.exp(chance.normal(2.0, 3.0))),
        "atr": price * abs(chance.normal(0, 0.02)),
        "spread": abs(chance.normal(0, 0.001)),
        "book_imbalance": chance.uniform(-1, 1),
        "flow": chance.uniform(-1, 1),
        "advice": chance.uniform(-1, 1),
        "score": chance.uniform(-1, 1),
        "profit": chance.normal(0, 0.05),
        "retreat": abs(chance.normal(0, 0.05)),
        "held_seconds": chance.exponential(3000),
        "rested_seconds": chance.exponential(3000),
        "drawdown": abs(chance.normal(0, 0.1)),
        "hour": int(chance.integers(24)),
        "weekday": int(chance.integers(7)),
    }
