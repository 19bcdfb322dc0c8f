"""Further comparisons, as people say them beside the plain ones: `both positive`, `2% below the slow average`.

Each is held to the same checks as the plain ones, whose builders these use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, cast

from core.contracts import Condition
from services.interpreter.grammar.comparisons import (
    against_other,
    against_value,
    beyond,
    crossing,
    meeting,
    of_no_clock,
    of_price,
    reaching,
    sign,
)
from services.interpreter.grammar.features import Measure, measure
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.numbers import Quantity
from services.interpreter.grammar.outcome import Found, Op, group
from services.interpreter.grammar.pattern import Bindings, leading, matches

Build = Callable[[Lattice, Bindings], Found | None]
INVERTED: Final[dict[Op, Op]] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
CLOCK_HOURS: Final = 5 * 3600
"""From here on `after 6h` may be an hour of the day as well."""
HOLDING: Final = (
    ("is? held_for VALUE held?", ">"),
    ("is? held op_gt VALUE", ">"),
    ("is? op_gt VALUE held", ">"),
    ("held_from op_gt VALUE", ">"),
    ("held_from VALUE", ">="),
    ("held_before VALUE", "<"),
    ("VALUE held_in", ">="),
)
GOLDEN: Final = ("ema_fast", "ema_slow")


def leaves(lattice: Lattice, start: int) -> Iterator[tuple[Found, int]]:
    """What begins at a token, and where it ends."""
    if BEGINNING.isdisjoint(lattice.edges[start]):
        return
    for pattern, build in SHAPES:
        for bound, end in matches(pattern, lattice, start):
            found = build(lattice, bound)
            if found is not None:
                yield found, end


def held(lattice: Lattice, start: int) -> Iterator[tuple[Found, int]]:
    """How long a position has been held, which may stand beside a condition: `in profit after 10 minutes`."""
    for pattern, op in HOLDING:
        for bound, end in matches(pattern, lattice, start):
            quantity: Quantity = bound["VALUE"]
            clock = quantity.number >= CLOCK_HOURS and quantity.said.endswith("h")
            if quantity.unit == "seconds" and len(quantity.readings) == 1 and quantity.number > 0 and not clock:
                yield Condition(feature="held_seconds", op=cast(Op, op), value=int(quantity.number)), end


def inverted(when: Condition) -> Condition | None:
    """The condition that holds where this one does not; None of a crossing, which only happens."""
    if when.cross is not None:
        return None
    if when.feature is not None:
        return Condition(
            feature=when.feature, op=INVERTED[when.op or "<"], value=when.value, other=when.other, factor=when.factor
        )
    parts = tuple(inverted(branch) for branch in when.branches)
    if any(part is None for part in parts):
        return None
    branches = cast(tuple[Condition, ...], parts)
    return Condition(any=branches) if when.all else Condition(all=branches)


def _profit(op: Op) -> Build:
    return lambda _lattice, _bound: Condition(feature="profit", op=op, value=0)


def _won(op: Op, sign: int) -> Build:
    """`is up at least 1.5%`: of the position, what it has won or lost."""

    def built(lattice: Lattice, bound: Bindings) -> Found | None:
        quantity: Quantity = bound["VALUE"]
        if quantity.unit != "percent" or len(quantity.readings) != 1 or quantity.number <= 0:
            return None
        turned = replace(quantity, readings=(sign * quantity.number,))
        return against_value(lattice, {"FEATURE": ("profit",), "OP": op, "VALUE": turned})

    return built


def _count(op: Op) -> Build:
    return lambda lattice, bound: against_value(lattice, {**bound, "OP": op})


def _or_more(lattice: Lattice, bound: Bindings) -> Found:
    """`4% or more above the slow average`."""
    far: dict[Op, Op] = {">": ">=", ">=": ">=", "<": "<=", "<=": "<="}
    return beyond(lattice, {**bound, "OP": far[bound["OP"]]})


def _qualified(ops: tuple[str, ...], build: Build) -> Build:
    """`high (above 72)`: the word and the comparison have to agree."""
    return lambda lattice, bound: build(lattice, bound) if bound["OP"] in ops else None


def _both(build: Build) -> Build:
    """Of two features at once."""

    def built(lattice: Lattice, bound: Bindings) -> Found | None:
        parts = (build(lattice, bound), build(lattice, {**bound, "FEATURE": bound["second"]}))
        return None if None in parts else group("and", cast(tuple[Found, ...], parts))

    return built


def _turned(build: Build) -> Build:
    """`must not be above 65`: the comparison that is left."""

    def built(lattice: Lattice, bound: Bindings) -> Found | None:
        found = build(lattice, bound)
        return inverted(found) if isinstance(found, Condition) else found

    return built


def _within(lattice: Lattice, bound: Bindings) -> Found | None:
    """`between the lower and the middle band`."""
    feature = bound.get("FEATURE", ("price",))
    low = against_other(lattice, {"FEATURE": feature, "OP": ">=", "other": bound.get("low", ("bollinger_lower",))})
    high = against_other(lattice, {"FEATURE": feature, "OP": "<=", "other": bound["high"]})
    return group("and", (low, high))


def _placed_cross(lattice: Lattice, bound: Bindings) -> Found:
    return crossing(lattice, {**bound, "CROSS": "above" if bound["PLACE"] == ">" else "below"})


def _fallen(lattice: Lattice, bound: Bindings) -> Found | None:
    """`the account is down 4%`: of the account, not of a position."""
    return against_value(lattice, {"FEATURE": ("drawdown",), "OP": ">", "VALUE": bound["VALUE"]})


def _named_cross(side: str) -> Build:
    """A golden cross, or a death cross, of two averages; the strategy's own when none is named."""

    def built(lattice: Lattice, bound: Bindings) -> Found | None:
        first = bound.get("FEATURE", GOLDEN[:1])
        other = bound.get("other", GOLDEN[1:])
        if not {*first, *other} <= {*lattice.symbols.features, *lattice.wanted}:
            return None
        return crossing(lattice, {"CROSS": side, "FEATURE": first, "other": other})

    return built


def _volume_average(lattice: Lattice, bound: Bindings) -> Found | None:
    """`above average volume`; `above the average slow one` is something else."""
    return against_other(lattice, bound) if measure(bound["FEATURE"][0]) is Measure.VOLUME else None


ABOVE: Final = (">", ">=")
BELOW: Final = ("<", "<=")
SHAPES: Final[tuple[tuple[str, Build], ...]] = (
    ("is? OP VALUE FEATURE|NEGATED", of_no_clock(against_value)),
    ("reach VALUE FEATURE|NEGATED", reaching),
    ("FEATURE|NEGATED qualified_high comma? OP VALUE", _qualified(ABOVE, against_value)),
    ("qualified_high FEATURE|NEGATED comma? OP VALUE", _qualified(ABOVE, against_value)),
    ("FEATURE|NEGATED qualified_low comma? OP VALUE", _qualified(BELOW, against_value)),
    ("qualified_low FEATURE|NEGATED comma? OP VALUE", _qualified(BELOW, against_value)),
    ("FEATURE qualified_high comma? OP FACTOR|PART:FACTOR AVERAGE", _qualified(ABOVE, against_other)),
    ("qualified_high FEATURE comma? OP FACTOR|PART:FACTOR AVERAGE", _qualified(ABOVE, against_other)),
    ("FEATURE qualified_low comma? OP FACTOR|PART:FACTOR AVERAGE", _qualified(BELOW, against_other)),
    ("qualified_low FEATURE comma? OP FACTOR|PART:FACTOR AVERAGE", _qualified(BELOW, against_other)),
    ("FEATURE is? OP PART:FACTOR AVERAGE", against_other),
    ("FEATURE is? OP PART:FACTOR FEATURE:other", against_other),
    ("FEATURE qualified_high comma? OP AVERAGE", _qualified(ABOVE, against_other)),
    ("FEATURE qualified_low comma? OP AVERAGE", _qualified(BELOW, against_other)),
    ("both_of? FEATURE list_and FEATURE:second both_of? is? positive", _both(sign(">"))),
    ("both_of? FEATURE list_and FEATURE:second both_of? is? negative", _both(sign("<"))),
    ("both_of? FEATURE list_and FEATURE:second both_of? is? OP VALUE", _both(against_value)),
    ("FEATURE? is? between FEATURE:low list_and FEATURE:high", _within),
    ("FEATURE? is? between lower_word list_and FEATURE:high", _within),
    ("FEATURE|NEGATED must_not is? OP VALUE", _turned(against_value)),
    ("FEATURE must_not is? OP FEATURE:other", _turned(against_other)),
    ("FEATURE must_not is? OP AVERAGE", _turned(against_other)),
    ("OP AVERAGE FEATURE", _volume_average),
    ("it? is? op_gt? VALUE OP FEATURE:other", of_price(beyond)),
    ("FEATURE is? op_gt VALUE OP FEATURE:other", beyond),
    ("FEATURE is? op_gt VALUE OP AVERAGE", beyond),
    ("it? is? op_ge VALUE OP FEATURE:other", of_price(_or_more)),
    ("FEATURE is? op_ge VALUE OP FEATURE:other", _or_more),
    ("it? is? VALUE or_more OP FEATURE:other", of_price(_or_more)),
    ("FEATURE is? VALUE or_more OP FEATURE:other", _or_more),
    ("FEATURE|NEGATED at VALUE or_more", _count(">=")),
    ("FEATURE|NEGATED at VALUE or_less", _count("<=")),
    ("gains op_ge VALUE", _won(">=", 1)),
    ("loses op_ge VALUE", _won("<=", -1)),
    ("gains op_gt VALUE", _won(">", 1)),
    ("loses op_gt VALUE", _won("<", -1)),
    ("op_gt VALUE gains", _won(">", 1)),
    ("FEATURE is? FACTOR OP FEATURE:other", against_other),
    ("FEATURE is? FACTOR OP AVERAGE", against_other),
    ("OP? FACTOR AVERAGE FEATURE", _volume_average),
    ("it? reach FEATURE:other", of_price(meeting)),
    ("cross FEATURE PLACE FEATURE:other", _placed_cross),
    ("cross FEATURE PLACE VALUE", _placed_cross),
    ("cross FEATURE CROSS FEATURE:other", crossing),
    ("FEATURE cross PLACE FEATURE:other", _placed_cross),
    ("FEATURE cross PLACE VALUE", _placed_cross),
    ("CROSS FEATURE comma VALUE", crossing),
    ("CROSS FEATURE comma FEATURE:other", crossing),
    ("golden_cross", _named_cross("above")),
    ("death_cross", _named_cross("below")),
    ("golden_cross FEATURE list_and|onto|over_word FEATURE:other", _named_cross("above")),
    ("death_cross FEATURE list_and|onto|under_word FEATURE:other", _named_cross("below")),
    ("account is? op_gt? VALUE down_word from_top?", _fallen),
    ("account is? down_word op_gt? VALUE from_top?", _fallen),
    ("losing|loses|falls|down_word op_gt? VALUE from_top? in_account", _fallen),
    ("FEATURE motion positive", sign(">")),
    ("FEATURE motion negative", sign("<")),
    ("at_point FEATURE VALUE", reaching),
    ("winning", _profit(">")),
    ("losing", _profit("<")),
    ("not_winning", _profit("<=")),
    ("not_losing", _profit(">=")),
)
"""`above average volume` has its feature last; the strict shapes have it first."""
BEGINNING: Final = frozenset(category for pattern, _ in SHAPES for category in leading(pattern))
