"""What a sentence gives a model to choose from: the names, amounts, directions, sides and effects that its words say.

The schema of the answer is made of these, so that no model can say another number or name, whatever it was trained on.
The amounts are the owner's own words, `3%` or `dois minutos`; what they come to is worked out here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from services.interpreter.grammar import guards
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.numbers import Quantity
from services.interpreter.offers import licence

FACTOR: Final = "factor"
PERCENT: Final = "percent"
UNITS: Final = {PERCENT: Decimal("0.01"), "points_percent": Decimal("0.01"), "bps": Decimal("0.0001")}
"""What an amount counts in; of every other unit it is counted in ones, times in seconds."""
FACTORS: Final = {
    Decimal(2): ("double", "double_amount", "twice"),
    Decimal(3): ("triple", "thrice"),
    Decimal("0.5"): ("halve", "half_amount", "half_of"),
}
SWITCHES: Final = {"remove": ("remove", "drop"), "disable": ("disable",), "enable": ("enable",)}
ARTICLES: Final = frozenset({"um", "uma", "one"})
"""Beside another number they count nothing: `dá uma esticada no take, bota em 6%`."""
OPS: Final = {"<": ("op_lt",), "<=": ("op_le",), ">": ("op_gt",), ">=": ("op_ge",)}
CROSSINGS: Final = ("crosses_above", "crosses_below")
HANGING: Final = ("if", "after", "before", "provided", "unless")
"""With one of these a value is for another time or case, and no parameter is set."""
STOP: Final = "stop"
"""It may negate (`stop buying`), and it is what a parameter is called."""
HOLDING: Final = ("min_hold_seconds", "max_hold_seconds")


@dataclass(frozen=True, slots=True)
class Amount:
    """A number that was said, and what it counts."""

    number: Decimal
    unit: str  # as `numbers.Quantity` has it, or FACTOR

    @property
    def plain(self) -> Decimal:
        """In ones."""
        return self.number * UNITS.get(self.unit, Decimal(1))


@dataclass(frozen=True, slots=True)
class Said:
    """All that an answer may be made of."""

    parameters: tuple[str, ...]
    features: tuple[str, ...]
    rules: tuple[str, ...]
    amounts: Mapping[str, Amount]  # by the words that say it
    hows: tuple[str, ...]
    sides: tuple[str, ...]
    effects: tuple[str, ...]
    ops: tuple[str, ...]
    signs: tuple[str, ...]
    switches: tuple[str, ...]

    @property
    def sets(self) -> bool:
        """Whether a parameter may be set."""
        return bool(self.parameters and self.amounts)

    @property
    def rules_out(self) -> bool:
        """Whether a new rule may be said."""
        return bool(self.sides and self.ops and self.features and (self.amounts or len(self.features) > 1))

    @property
    def switches_rules(self) -> bool:
        """Whether a rule that exists may be named."""
        return bool(self.switches and self.rules)


def said(lattice: Lattice) -> Said:
    """What the words give."""
    amounts = dict(_amounts(lattice))
    if len(amounts) > 1:
        amounts = {words: amount for words, amount in amounts.items() if words not in ARTICLES or amount.unit}
    spelled_out = any(token.key in lattice.symbols.rules for token in lattice.tokens)  # then it is about that rule
    return Said(
        parameters=() if spelled_out or _hangs(lattice) else _parameters(lattice),
        features=() if spelled_out else _known(_named(lattice, "FEATURE", "NEGATED"), lattice.symbols.features),
        rules=_known(_named(lattice, "RULE"), tuple(lattice.symbols.rules)),
        amounts=amounts,
        hows=_hows(lattice, amounts),
        sides=tuple(side for side, words in licence.SIDES.items() if _has(lattice, *words)),
        effects=_effects(lattice),
        ops=_ops(lattice),
        signs=("plus", "minus") if _has(lattice, "negative", "at_loss") else ("plus",),
        switches=tuple(switch for switch, words in SWITCHES.items() if _has(lattice, *words)),
    )


def _hangs(lattice: Lattice) -> bool:
    negated = any(
        "not" in edges and token.key != STOP for edges, token in zip(lattice.edges, lattice.tokens, strict=False)
    )
    return _has(lattice, *HANGING) or (negated and not lattice.has("hold"))


def _parameters(lattice: Lattice) -> tuple[str, ...]:
    named = _named(lattice, "PARAM", "RULE")
    named |= set(HOLDING) if lattice.has("hold") else set()
    return _known(named, tuple(lattice.symbols.parameters))


def _hows(lattice: Lattice, amounts: Mapping[str, Amount]) -> tuple[str, ...]:
    up, down = (any(guards.says(lattice, word) for word in words) for words in (licence.RAISING, licence.LOWERING))
    exact = _has(lattice, "to", "strict_to")
    hows = ["to"]
    hows += ["add"] if up and not exact else []
    hows += ["subtract"] if down and not exact else []
    hows += ["times"] if any(amount.unit == FACTOR for amount in amounts.values()) else []
    return tuple(hows)


def _ops(lattice: Lattice) -> tuple[str, ...]:
    compared = tuple(op for op, words in OPS.items() if _has(lattice, *words))
    return compared + (CROSSINGS if lattice.has("cross") else ())


def _effects(lattice: Lattice) -> tuple[str, ...]:
    denies, only = _has(lattice, *licence.FORBIDDING), _has(lattice, *licence.REQUIRING)
    return tuple(["forbid"] * denies + ["require"] * only) or ("force",)


def _amounts(lattice: Lattice) -> Iterator[tuple[str, Amount]]:
    """Each amount by its words, the longest that begins at each place."""
    reached = 0
    for start, edges in enumerate(lattice.edges):
        found = [(end, _amount(value)) for value, end in (*edges.get("VALUE", ()), *edges.get("NUMBER", ()))]
        if found and start >= reached:
            reached, amount = max(found, key=lambda each: each[0])
            spelled = lattice.said(start, reached)
            if amount.unit or any(letter.isdigit() for letter in spelled):  # `meio` may be a half, or the middle
                yield spelled, amount
    for factor, words in FACTORS.items():
        if _has(lattice, *words):
            yield f"times {factor}", Amount(factor, FACTOR)


def _amount(value: Any) -> Amount:
    return Amount(value.number, value.unit) if isinstance(value, Quantity) else Amount(value[0], "")


def _has(lattice: Lattice, *categories: str) -> bool:
    return any(lattice.has(category) for category in categories)


def _named(lattice: Lattice, *categories: str) -> set[str]:
    found: set[str] = set()
    for edges in lattice.edges:
        for category in categories:
            for value, _ in edges.get(category, ()):
                found.update(value if isinstance(value, tuple) else ())
    return found


def _known(named: set[str], known: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in known if name in named)
