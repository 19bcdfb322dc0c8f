"""The prices at which a position will be closed, worked out from what the rules say on both sides of each edge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from core.kernel import SELL
from services.guardian.known import acting
from services.guardian.known.difference import Difference, apart, shown
from services.guardian.known.values import Values
from services.guardian.known.watching import row_of
from services.guardian.known.witness import Sight, call
from services.guardian.side import Side

MOST: Final = 40
"""Events with a position, of those that close it and of those that do not."""
HAIR: Final = 1e-9


def heights(side: Side, sight: Sight, values: Values, rules: Sequence[str]) -> Iterator[Difference]:
    """Stop and target on some events; `rules` are those in force by their known names."""
    flat = ~(sight.events["position"] > 0.0)
    for name in ("stop", "target"):
        wrong = np.flatnonzero(flat & ~np.isnan(sight.decisions[name]))
        if len(wrong):
            yield Difference("levels", f"{name} is {sight.decisions[name][wrong[0]]:.10g} without a position.")
            return
    at = acting.edges(rules, sight.edges, values)
    rows, asked = [], []
    for place in chosen_events(sight):
        world, event = row_of(sight.features, place), sight.events[place]
        for of_entry, of_best, amount in sorted(at):
            edge = float(of_entry * event["entry_price"] + of_best * event["best_price"] + amount)
            for way in (-1.0, 1.0) if edge > 0.0 else ():
                asked.append((place, edge, way))
                rows += [
                    [{"features": seen_at(world, event, edge * (1.0 + side * way * HAIR))}] for side in (-1.0, 1.0)
                ]
    answers = call(side, values, "rules.verdicts", rows)
    told: dict[int, list[tuple[float, float, Sequence[int], Sequence[int]]]] = {}
    for (place, edge, way), before, behind in zip(asked, answers[::2], answers[1::2], strict=True):
        if isinstance(before, str) or isinstance(behind, str):
            yield Difference(
                "levels", f"at a price of {edge:.10g} a rule raises {before if isinstance(before, str) else behind}."
            )
            return
        told.setdefault(place, []).append((edge, way, [int(v) for v in before], [int(v) for v in behind]))
    yield from compared(sight, told)


def chosen_events(sight: Sight) -> list[int]:
    """Some with a position: those that close it, and those that do not."""
    held = sight.events["position"] > 0.0
    closing = sight.decisions["action"] == SELL
    return [int(i) for which in (closing, ~closing) for i in np.flatnonzero(held & which)[:MOST]]


def seen_at(world: dict[str, float], event: np.void, price: float) -> dict[str, float]:
    """What would be seen at another price."""
    profit = price / float(event["entry_price"]) - 1.0
    retreat = max(1.0 - price / float(event["best_price"]), 0.0)
    return world | {"price": price, "profit": profit, "retreat": retreat}


def compared(
    sight: Sight, told: dict[int, list[tuple[float, float, Sequence[int], Sequence[int]]]]
) -> Iterator[Difference]:
    for place, questions in told.items():
        decision, event = sight.decisions[place], sight.events[place]
        known = acting.levels(float(event["price"]), questions, closing=bool(decision["action"] == SELL))
        given = (float(decision["stop"]), float(decision["target"]))
        if apart(given, known).any():
            about = f"for a position bought at {event['entry_price']:.10g}, at a price of {event['price']:.10g}"
            yield Difference("levels", f"stop and target are {shown(given)} {about}; known is {shown(known)}.")
            return
