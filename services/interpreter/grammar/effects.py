"""Parameters said by what they do: `wait 5 minutes after selling`, `vende se cair 3% do topo`, `spend 4% of it`.

Only amounts of the right kind are read this way, and only where the words leave no other: a rule about the profit stays
a rule. What sells at a fall from the top switches the trailing stop's rule on, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.interpreter.grammar.adjustment import Adjustment, How, Several
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.numbers import Quantity
from services.interpreter.grammar.pattern import matches

Outcomes = tuple[tuple[str, Quantity], ...]
OUTCOMES: Final = (
    ("trailing_stop", ("loses|falls by|at? op_gt? VALUE from_top", "loses|falls from_top by|op_gt? VALUE")),
    ("trailing_stop", ("with|at? VALUE drop_noun from_top", "with|at? drop_noun VALUE from_top")),
    ("stop_loss", ("loses by|at? op_gt? VALUE from_entry?", "falls by|at? op_gt? VALUE from_entry")),
    ("stop_loss", ("loses|falls from_entry op_gt? VALUE", "falls by|at? op_gt? VALUE")),
    ("trailing_stop", ("falls by|at? op_gt? VALUE",)),  # from where, it does not say
    ("stop_loss", ("is? with|at? VALUE loss_noun", "with|at? loss_noun at VALUE")),
    ("take_profit", ("gains by|at? op_gt? VALUE from_entry?", "gains from_entry op_gt? VALUE")),
    ("take_profit", ("is? with|at? VALUE gain_noun", "with|at? gain_noun at VALUE")),
)
"""What a position comes to, and the parameter that closes it there."""
ENDING: Final = (
    "sell if|with|once? OUTCOMES",
    "if|with|once? OUTCOMES comma|arrow|join? sell",
    "sell any_position that? OUTCOMES",
    "any_position that? OUTCOMES gets_closed",
)
CUTTING: Final = (
    ("stop_loss", "cut_loss|stop_me_out at|to|by? VALUE"),
    ("take_profit", "take_gain at|to|with|by? VALUE"),
    ("trailing_stop", "trail_by VALUE"),
    ("min_confidence", "only SIDE with|if confidence at|op_ge? VALUE or_more?"),
)
LASTING: Final = (
    ("max_hold_seconds", "sell any_position? after VALUE"),
    ("max_hold_seconds", "after VALUE comma? sell any_position?"),
    ("max_hold_seconds", "sell any_position that? op_gt|older VALUE held?"),
    ("max_hold_seconds", "only? hold any_position? op_le|for_no_longer VALUE held|per_position?"),
    ("max_hold_seconds", "~ op_le|for_no_longer VALUE held|per_position"),
    ("max_hold_seconds", "VALUE at_most held|per_position"),
    ("min_hold_seconds", "~ hold any_position? op_ge VALUE held|per_position|before_selling?"),
    ("min_hold_seconds", "~ op_ge VALUE held|per_position"),
    ("min_hold_seconds", "not sell before VALUE"),
    ("cooldown_seconds", "~ rest|wait any_position? lasting_for? VALUE for_time? after_sale|between_trades"),
    ("cooldown_seconds", "~ once_sold comma? rest|wait lasting_for? VALUE for_time?"),
    ("cooldown_seconds", "~ hold VALUE without_buying after_sale"),
)
SPENDING: Final = (
    ("order_fraction", "only|set|cap? spend|buy|set|per_order only? with|op_le? VALUE of_equity per_order?"),
    ("order_fraction", "only? spend|buy|set with|op_le? VALUE of_equity? per_order"),
    ("order_fraction", "per_order spend|to? only? with|op_le? VALUE of_equity"),
    ("order_fraction", "op_le? VALUE of_equity per_order"),
)
CLOCK_HOURS: Final = 5 * 3600
"""From here on `after 6h` may be an hour of the day as well."""


def add_edges(lattice: Lattice) -> None:
    """What a position may come to: OUTCOME, and OUTCOMES joined by `or`."""
    for start in range(lattice.end):
        for name, patterns in OUTCOMES:
            for pattern in patterns:
                for bound, end in matches(pattern, lattice, start):
                    if _is_share(bound["VALUE"], pattern):
                        lattice.add(start, "OUTCOME", (name, bound["VALUE"]), end)
    for start in range(lattice.end):
        for outcome, end in tuple(lattice.edges[start].get("OUTCOME", ())):
            for outcomes, last in _joined(lattice, (outcome,), end):
                lattice.add(start, "OUTCOMES", outcomes, last)


def _joined(lattice: Lattice, outcomes: Outcomes, end: int) -> Iterator[tuple[Outcomes, int]]:
    yield outcomes, end
    for pattern in ("or OUTCOME", "or if OUTCOME", "comma or OUTCOME"):
        for bound, last in matches(pattern, lattice, end):
            if bound["OUTCOME"][0] not in {name for name, _ in outcomes}:
                yield from _joined(lattice, (*outcomes, bound["OUTCOME"]), last)


def effects(lattice: Lattice, start: int) -> Iterator[tuple[Several, int]]:
    """The changes that a clause from here on may say by what they do."""
    for values, end in _said(lattice, start):
        if all(name in lattice.symbols.parameters for name, _ in values):
            yield Several(tuple(_change(name, value) for name, value in values)), end


def implied(lattice: Lattice) -> set[str]:
    """The parameters that the sentence says by what they do, wherever in it that is."""
    found = (values for start in range(lattice.end) for values, _ in _said(lattice, start))
    return {name for values in found for name, _ in values}


def _said(lattice: Lattice, start: int) -> Iterator[tuple[Outcomes, int]]:
    for pattern in ENDING:
        for bound, end in matches(pattern, lattice, start):
            yield bound["OUTCOMES"], end
    for table, fits in ((CUTTING, _is_share), (LASTING, _is_time), (SPENDING, _is_percentage)):
        for name, pattern in table:
            for bound, end in matches(pattern, lattice, start):
                if fits(bound["VALUE"], pattern) and (
                    not pattern.startswith("not") or _is_allowed(lattice, name, bound["VALUE"])
                ):
                    yield ((name, bound["VALUE"]),), end


def _change(name: str, value: Quantity) -> Adjustment:
    return Adjustment(((name,),), How.TO, quantity=value, exact=True, enabling=name == "trailing_stop")


def _is_allowed(lattice: Lattice, name: str, value: Quantity) -> bool:
    """Whether a time is one that its parameter may have: `never sell before noon` is no shortest hold."""
    parameter = lattice.symbols.parameters.get(name)
    return parameter is not None and parameter.range.low <= value.number <= parameter.range.high


def _is_share(quantity: Quantity, _pattern: str) -> bool:
    return quantity.unit in ("percent", "bps") and quantity.number > 0


def _is_percentage(quantity: Quantity, _pattern: str) -> bool:
    return quantity.unit == "percent"


def _is_time(quantity: Quantity, pattern: str) -> bool:
    if quantity.unit != "seconds":
        return False
    clock = "after" in pattern.split() or "before" in pattern.split()
    return not clock or quantity.number < CLOCK_HOURS or not quantity.said.endswith("h")
