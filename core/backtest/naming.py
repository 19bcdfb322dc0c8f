"""Which rule stood behind each fill. A level names none by itself: the rule is the one whose edge lay there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from core.backtest.records import AT_STOP, AT_TARGET
from core.kernel import BUY, Records
from core.levels import Edge, edges_by_rule
from core.strategy import Strategy

RuleEdges = Mapping[str, tuple[Edge, ...]]
"""By rule, where it changes its mind; see `core.levels`."""
SAME: Final = 1e-9
"""Relative: prices that differ by less are the same level."""
LEVELS: Final = {AT_STOP: "stop", AT_TARGET: "target"}
"""What a level is called that no rule of the strategy explains."""


def names_of(strategy: Strategy, edges: Sequence[RuleEdges], fills: Records) -> list[str]:
    """The rule of each fill; "score" when the score decided, "stop" and "target" for levels that no rule explains.

    `edges` are those of each pair: where a rule has its level may be a pair's own.
    """
    entries: dict[int, float] = {}
    names = []
    for fill in fills:
        if fill.side == BUY:
            entries[fill.pair] = fill.price
        if fill.rule in LEVELS:
            found = rule_at(edges[fill.pair], fill.signal_price, entries.get(fill.pair, 0.0))
            names.append(found or LEVELS[fill.rule])
        else:
            names.append(strategy.rule_name(fill.rule) or "score")
    return names


def level_edges(strategy: Strategy) -> RuleEdges:
    """The edges of the rules in force, from the shipped shape of a strategy; nothing for one of another shape."""
    return edges_by_rule(strategy.verdicts) if callable(strategy.verdicts) else {}


def rule_at(edges: RuleEdges, level: float, entry_price: float) -> str:
    """The rule whose edge is this level: one that is known exactly, else one that follows the best price, which of
    several are the nearest to it; empty when there is none."""
    trailing: list[tuple[float, str]] = []
    for name, found in edges.items():
        for of_entry, of_best, amount in found:
            if of_best > 0.0:
                trailing.append((of_best, name))
            elif abs(of_entry * entry_price + amount - level) <= SAME * level:
                return name
    # The best price is at least the entry price, so that a trailing level is never below its part of that.
    return max(
        ((part, name) for part, name in trailing if part * entry_price <= level * (1.0 + SAME)), default=(0, "")
    )[1]
