"""What a sentence gives a model to choose from: the names, amounts, directions, sides and effects that its words say.

The schema of the answer is made of these, so that no model can say another number or name, whatever it was trained on.
The amounts are the owner's own words, `3%` or `dois minutos`; what they come to is worked out here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from services.interpreter.grammar import guards
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.numbers import Quantity
from services.interpreter.model import speaking
from services.interpreter.model.mentions import Mention, mentions, says
from services.interpreter.offers import licence

FACTOR: Final = "factor"
PERCENT: Final = "percent"
UNITS: Final = {PERCENT: Decimal("0.01"), "points_percent": Decimal("0.01"), "bps": Decimal("0.0001")}
"""What an amount counts in; of every other unit it is counted in ones, times in seconds."""
UNITS_OF: Final = {
    "bars": ("bars",),
    "seconds": ("seconds",),
    "RSI points": ("points",),
    "standard deviations": ("deviations",),
    **dict.fromkeys(("of entry price", "of best price", "of equity"), (PERCENT, "points_percent", "bps")),
    **dict.fromkeys(("weight", "ratio", "score"), (PERCENT, "points_percent", "points")),
}
"""In which units a parameter that counts in something is said."""
FACTORS: Final = {
    Decimal(2): ("double", "double_amount", "twice"),
    Decimal(3): ("triple", "thrice"),
    Decimal("0.5"): ("halve", "half_amount", "half_of"),
}
SWITCHES: Final = {"remove": ("remove", "drop"), "disable": ("disable",), "enable": ("enable",)}
SEVERAL: Final = frozenset({"regras", "rules", "ambas", "ambos", "both", "todas", "todos", "all"})
ARTICLES: Final = frozenset({"um", "uma", "one"})
"""Beside another number they count nothing: `dá uma esticada no take, bota em 6%`."""
HANGING: Final = ("if", "after", "before", "provided", "unless")
"""With one of these a value is for another time or case, and no parameter is set."""
HOLDING: Final = {
    "min_hold_seconds": frozenset({"min", "minimo", "minima", "minimum", "least", "menos"}),
    "max_hold_seconds": frozenset({"max", "maximo", "maxima", "maximum", "most", "mais", "longer", "more"}),
}
MORE_OR_LESS: Final = ("more_by", "more_adjective", "less_adjective", "plus", "minus")
MORE_OR_LESS_WORDS: Final = frozenset({"mais", "menos", "more", "less", "fewer", "extra", "off", "further", "another"})
"""`Half a point more`, `two bars fewer`: the number is no new value."""
AT_LEAST: Final = frozenset({"pelo", "ao"})
"""Before `menos`, which is then no sign of the number behind it."""


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
    amounts: Mapping[str, Amount]  # by the words that say it, in their order
    hows: tuple[str, ...]
    sides: tuple[str, ...]
    effects: tuple[str, ...]
    comparisons: tuple[str, ...]  # each in its place
    signs: tuple[str, ...]
    joints: tuple[str, ...]
    switches: tuple[str, ...]
    named: tuple[tuple[str, ...], ...]  # what each place of the sentence that names something may mean

    @property
    def ops(self) -> tuple[str, ...]:
        """The comparisons, each once."""
        return tuple(dict.fromkeys(self.comparisons))

    @property
    def sets(self) -> bool:
        """Whether a parameter may be set."""
        return bool(self.parameters and self.amounts and self.hows)

    @property
    def rules_out(self) -> bool:
        """Whether a new rule may be said."""
        whole = self.sides and self.effects and self.ops and self.signs and self.joints and self.features
        return bool(whole and (self.amounts or len(self.features) > 1))

    @property
    def switches_rules(self) -> bool:
        """Whether a rule that exists may be named."""
        return bool(self.switches and self.rules)


def said(lattice: Lattice) -> Said:
    """What the words give."""
    amounts = dict(amounts_of(lattice))
    if len(amounts) > 1:
        amounts = {words: amount for words, amount in amounts.items() if words not in ARTICLES or amount.unit}
    spelled_out = any("_" in name and name in lattice.text.lower for name in lattice.symbols.rules)
    rule = not spelled_out and speaking.may_be_a_rule(lattice)
    sets = not (spelled_out or _hangs(lattice) or speaking.speaks_of_rule(lattice))
    parameters = _parameters(lattice, amounts.values()) if sets else ()
    features = mentions(lattice, "FEATURE", "NEGATED") if rule else []
    return Said(
        parameters=parameters,
        features=_known({name for each in features for name in each.names}, lattice.symbols.spoken),
        rules=_known({name for each in mentions(lattice, "RULE") for name in each.names}, tuple(lattice.symbols.rules)),
        amounts=amounts,
        hows=_hows(lattice, amounts),
        sides=speaking.sides(lattice),
        effects=speaking.effects(lattice),
        comparisons=speaking.comparisons(lattice),
        signs=speaking.signs(lattice),
        joints=speaking.joints(lattice),
        switches=_switches(lattice),
        named=tuple(each.names for each in _naming(lattice, features)),
    )


def _switches(lattice: Lattice) -> tuple[str, ...]:
    """What is done with a rule, when it is one thing with one rule."""
    found = [switch for switch, words in SWITCHES.items() if says(lattice, *words)]
    several = any(token.key in SEVERAL for token in lattice.tokens)
    return tuple(found) if len(found) == 1 and not several else ()


def _naming(lattice: Lattice, features: list[Mention]) -> list[Mention]:
    """What an answer has to use, all of it: the features of a rule, the rules to switch, or the parameters."""
    if speaking.switches(lattice):
        return mentions(lattice, "RULE")
    return features or mentions(lattice, "PARAM")


def _hangs(lattice: Lattice) -> bool:
    negated = any(
        "not" in edges and token.key != speaking.STOP
        for edges, token in zip(lattice.edges, lattice.tokens, strict=False)
    )
    return _has(lattice, *HANGING) or (negated and not lattice.has("hold"))


def _parameters(lattice: Lattice, amounts: Collection[Amount]) -> tuple[str, ...]:
    """Those named for certain: by a name of their own, or as the only one of that name which counts like that."""
    found = set(_held(lattice))
    for each in mentions(lattice, "PARAM", "RULE"):
        fitting = [name for name in each.names if name in lattice.symbols.parameters]
        if len(fitting) > 1:
            fitting = [name for name in fitting if all(_counts(name, amount, lattice) for amount in amounts)]
        found.update(fitting if len(fitting) == 1 else ())
    return _known(found, tuple(lattice.symbols.parameters))


def _counts(name: str, amount: Amount, lattice: Lattice) -> bool:
    """Whether an amount says by its unit that it is of this parameter."""
    counted = lattice.symbols.parameters[name].range.unit
    return bool(amount.unit) and amount.unit in UNITS_OF.get(counted, ())


def _held(lattice: Lattice) -> list[str]:
    """How long a position is held: at least, or at most, when one of both is said."""
    if not lattice.has("hold"):
        return []
    words = {token.key for token in lattice.tokens}
    found = [name for name, saying in HOLDING.items() if words & saying]
    return found if len(found) == 1 else []


def _hows(lattice: Lattice, amounts: Mapping[str, Amount]) -> tuple[str, ...]:
    up, down = (any(guards.says(lattice, word) for word in words) for words in (licence.RAISING, licence.LOWERING))
    exact = _has(lattice, "to", "strict_to")
    words = {token.key for token in lattice.tokens}
    moved = says(lattice, *MORE_OR_LESS) or (bool(words & MORE_OR_LESS_WORDS) and not lattice.has("hold"))
    hows = ["to"] if exact or not moved else []
    by = not exact and (says(lattice, "by") or _adds(lattice))  # `a looser stop, 4% or so` is a value
    hows += ["add"] if up and by else []
    hows += ["subtract"] if down and by else []
    hows += ["times"] if any(amount.unit == FACTOR for amount in amounts.values()) else []
    return tuple(hows)


def _adds(lattice: Lattice) -> bool:
    """Whether an amount stands right behind `more`: `mais 3`."""
    return any(
        {"VALUE", "NUMBER"} & lattice.edges[end].keys()
        for edges in lattice.edges
        for _, end in edges.get("more_by", ())
        if end < lattice.end
    )


def amounts_of(lattice: Lattice) -> Iterator[tuple[str, Amount]]:
    """Each amount by its words, the longest that begins at each place."""
    reached = 0
    for start, edges in enumerate(lattice.edges):
        found = [(end, _amount(value)) for value, end in (*edges.get("VALUE", ()), *edges.get("NUMBER", ()))]
        if found and start >= reached and not _is_at_least(lattice, start):
            reached, amount = max(found, key=lambda each: each[0])
            spelled = lattice.said(start, reached)
            if amount.unit or any(letter.isdigit() for letter in spelled):  # `meio` may be a half, or the middle
                yield spelled, amount
    for factor, words in FACTORS.items():
        if _has(lattice, *words):
            yield f"times {factor}", Amount(factor, FACTOR)


def _is_at_least(lattice: Lattice, start: int) -> bool:
    return start > 0 and lattice.tokens[start].key == "menos" and lattice.tokens[start - 1].key in AT_LEAST


def _amount(value: Any) -> Amount:
    return Amount(value.number, value.unit) if isinstance(value, Quantity) else Amount(value[0], "")


def _has(lattice: Lattice, *categories: str) -> bool:
    return any(lattice.has(category) for category in categories)


def _known(named: set[str], known: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in known if name in named)
