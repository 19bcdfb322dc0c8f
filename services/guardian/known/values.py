"""The parameters that are known, as a tree has them: by their names, or by what is written above them when renamed."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.strategy import Source
from core.symbols import Parameter, Symbols

OFF: Final[Mapping[str, float]] = {"trailing_stop": 0.03, "max_hold_seconds": 1800.0, "weight_advice": 0.4}
"""Something to vary for what is off as shipped."""
VARIED: Final = (0.4, 2.2)
"""Times its shipped value, a varied one."""


@functools.cache
def shipped() -> Symbols:
    """What ships today."""
    return Symbols.of(Source.shipped().files)


@dataclass(frozen=True, slots=True)
class Values:
    """Known parameters by their shipped names; `given` are those that a box is to load the strategy with."""

    numbers: Mapping[str, float]
    given: Mapping[str, float]

    def has(self, *names: str) -> bool:
        """Whether all of these are known."""
        return all(name in self.numbers for name in names)

    def __getitem__(self, name: str) -> float:
        return self.numbers[name]


def names_in(symbols: Symbols) -> dict[str, str]:
    """Shipped name -> the name in this tree, where there is one."""
    about = {parameter.about: name for name, parameter in symbols.parameters.items() if parameter.about}
    found = {}
    for name, parameter in shipped().parameters.items():
        here = name if name in symbols.parameters else about.get(parameter.about)
        if here is not None:
            found[name] = here
    return found


def own_values(symbols: Symbols, parent: Symbols) -> Values:
    """Its own. One that became a number in the code has the value that the parent has."""
    found = {name: symbols.parameters[here].value for name, here in names_in(symbols).items()}
    before = {name: parent.parameters[here].value for name, here in names_in(parent).items()}
    return Values({name: float(value) for name, value in {**before, **found}.items()}, {})


def varied_values(symbols: Symbols, chance: np.random.Generator) -> Values:
    """Others, each in its range and some way from its shipped value."""
    numbers, given = {}, {}
    for name, here in names_in(symbols).items():
        value = _varied(shipped().parameters[name], symbols.parameters[here], chance)
        numbers[name], given[here] = float(value), value
    return Values(numbers, given)


def _varied(as_shipped: Parameter, here: Parameter, chance: np.random.Generator) -> float | int:
    usual = float(as_shipped.value) or OFF.get(as_shipped.name, here.range.low)
    value = min(max(usual * chance.uniform(*VARIED), here.range.low), here.range.high)
    if here.kind is int:
        return int(min(max(round(value), here.range.low), here.range.high))
    return min(max(round(value, 4), here.range.low), here.range.high)
