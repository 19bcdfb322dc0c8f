"""The parts of a strategy that remember something for an indicator or a crossing, as code should have them."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from core.contracts import AddRule, Condition
from core.syntax import syntax_tree
from services.guardian.formulas import FORMULAS, LENGTHS, ORDER, USUAL, Numbers, of_longer

HEAD: Final = "@kernel\ndef {name}(state: Records, {given}) -> None:\n    {about!r}\n    s = state[0]\n"
KEEPS: Final = "Keep on which side of each other things were at this event: the next one crosses from there."


@dataclass
class Pieces:
    """Every part in one form, the one that `ast.unparse` gives, in the order in which a plan brings them."""

    state: list[str] = field(default_factory=list)  # entries of STATE
    features: list[str] = field(default_factory=list)  # fields of Features
    constants: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)  # at the end of update_bar
    turns: list[str] = field(default_factory=list)  # at the end of update, of indicators that count longer bars
    told: list[str] = field(default_factory=list)  # keywords of Features(...)
    functions: list[str] = field(default_factory=list)
    sides: list[str] = field(default_factory=list)  # lines of `remember`
    imports: set[str] = field(default_factory=set)  # of core.indicators

    def add_indicator(self, kind: str, parameters: Numbers, name: str, timeframe: str | None = None) -> None:
        """What an indicator of that name is made of. ValueError for a kind, numbers or bars that there are not."""
        formula, order = FORMULAS.get(kind), ORDER.get(kind, ("period",))
        said = {**USUAL.get(kind, {}), **parameters}
        if formula is None or not set(order) <= set(said) or timeframe not in (None, *LENGTHS):
            raise ValueError(f"the plan has no such indicator: {kind}")
        numbers = {key: float(said[key]) if key == "width" else int(said[key]) for key in order}

        def filled(text: str) -> str:
            for key, value in numbers.items():
                text = text.replace(f"<{key}>", repr(value))
            return text.replace("@", name)

        warm = f"WARM_{name.upper()}"
        state, seen = (f"{formula.state} @_frame:12", f"s.{name}_frame[0]") if timeframe else (formula.state, "s.bars")
        for part in filled(state).split():
            label, _, length = part.partition(":")
            self.state.append(same(f"({label!r}, 'f8', ({length},))" if length else f"({label!r}, 'f8')"))
        for feature in filled(formula.features).split():
            self.features.append(f"{feature}: float")
            self.told.append(same(f"Features({feature}=known(s.{feature}, {seen}, {warm}))"))
        self.constants.append(f"{warm}: Final = {formula.bars(numbers)}")
        (self.turns if timeframe else self.calls).append(f"update_{name}(state, event)")
        about = ", ".join([kind, *(f"{key} {value!r}" for key, value in numbers.items())])
        bar = f"bar of {timeframe}" if timeframe else "bar"
        head = HEAD.format(name=f"update_{name}", given="event: Records", about=f"Take in a closed {bar} ({about}).")
        text = of_longer(formula.moves, timeframe) if timeframe else f"e = event[0]\n{formula.moves.strip()}"
        moves = "\n".join(f"    {line}" for line in filled(text).splitlines())
        self.functions.append(same(head + moves))
        self.imports |= {"known", *formula.imports.split(), *(("gather",) if timeframe else ())}

    def add_crossings(self, plan: AddRule, name: str) -> None:
        """What a rule of that name remembers of its crossings."""
        for number, leaf in enumerate(crossings(plan.when), start=1):
            side = side_of(name, number)
            other = f"f.{leaf.other}" if leaf.value is None else repr(float(leaf.value))
            self.state.append(same(f"({side!r}, 'f8')"))
            self.features.append(f"{side}: float")
            self.told.append(same(f"Features({side}=s.{side})"))
            self.sides.append(same(f"s.{side} = side(f.{leaf.feature}, {other}, s.{side})"))
            self.imports.add("side")

    @property
    def names(self) -> set[str]:
        """The fields of STATE and Features."""
        return {ast.literal_eval(entry)[0] for entry in self.state}

    @property
    def function_names(self) -> set[str]:
        """The functions that belong to nothing else."""
        return {call.partition("(")[0] for call in (*self.calls, *self.turns)}


def same(text: str) -> str:
    """Code in the one form that two texts of the same meaning share."""
    return ast.unparse(syntax_tree(text))


def side_of(rule: str, number: int) -> str:
    """What the memory of a rule's crossing of that number, from 1, is called."""
    return f"side{number if number > 1 else ''}_{rule}"


def crossings(condition: Condition) -> Iterable[Condition]:
    """The crossings of a condition, from left to right."""
    for branch in condition.branches:
        yield from crossings(branch)
    if condition.cross is not None:
        yield condition
