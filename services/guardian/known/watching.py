"""Memory, features and decisions of a strategy on a tape, each stage held against what the stage before it gave.

So a fault is told where it is made, and what follows from it is not told again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from core.kernel import BAR, SELL
from services.guardian.known import acting, beliefs, memory, sights
from services.guardian.known.difference import Difference, apart
from services.guardian.known.values import Values
from services.guardian.known.witness import Column, Sight

OF_PRICE: Final = ("close", "ema_fast", "ema_slow", "macd_signal", "average_gain", "average_loss", "atr", "closes")
MOST_SIZE: Final = " That is the most."
KINDS: Final = {1: "a quote", 2: "a trade", 3: "a bar"}


def watched(sight: Sight, tables: list[Column], values: Values) -> Iterator[Difference]:
    """Each stage; of every number the first event at which it is another."""
    yield from of_memory(sight, values)
    yield from of_chart(sight, values)
    yield from of_sights(sight, values)
    yield from of_signals(sight, tables)
    yield from of_ensemble(sight, values)
    yield from of_action(sight, values)


def of_memory(sight: Sight, values: Values) -> Iterator[Difference]:
    """Every field that is known and there."""
    prices = sight.events["price"]
    for name, known in memory.remembered(sight.events, values).items():
        given = sight.states.get(name)
        if given is None:
            continue
        owner = memory.OWNERS[name][0]
        if given.shape != known.shape:
            yield Difference(owner, f"{name} has another length than its period.")
            continue
        scale = scale_of(name, prices, sight.events["volume"], known)
        yield from first(owner, name, apart(given, known, scale), given, known, sight)


def scale_of(name: str, prices: Column, volumes: Column, known: Column) -> Column | float:
    """How large the numbers are that a field is worked out from: what is left of them may be small."""
    if name in OF_PRICE:
        return prices.reshape(-1, *[1] * (known.ndim - 1))
    if name in ("close_moments", "volume_moments"):
        most = float(np.nanmax(prices if name == "close_moments" else volumes))
        return np.array([most, most * most])
    return 1e-6


def of_chart(sight: Sight, values: Values) -> Iterator[Difference]:
    """What is remembered of the chart: worked out as a bar closes, and kept until the next one does."""
    bars = sight.events["kind"] == BAR
    right: dict[str, Column] = {name: np.zeros(len(bars)) for name in ("technical", "chart_cell")}
    last: dict[int, tuple[float, float]] = {}
    needed = beliefs.BELIEVED["technical"]
    if not values.has(*needed) or not {"technical", "chart_cell"} <= sight.states.keys():
        return
    for place, pair in enumerate(sight.events["pair"].tolist()):
        if bars[place]:
            f = row_of(sight.features, place)
            warm = bool(sight.states["bars"][place] >= sight.warm)
            last[pair] = beliefs.technical(f, warm, values), float(beliefs.chart_cell(f, values))
        right["technical"][place], right["chart_cell"][place] = last.get(pair, (0.0, 0.0))
    for name, known in right.items():
        yield from first(name, name, apart(sight.states[name], known, 1e-3), sight.states[name], known, sight)


def of_sights(sight: Sight, values: Values) -> Iterator[Difference]:
    """Every feature that is known and there, from the memory as it is."""
    prices = sight.events["price"]
    for name, known in sights.seen(sight.events, sight.states, sight.decisions["score"], values).items():
        given = sight.features.get(name)
        if given is None:
            continue
        scale = prices if name.startswith("bollinger") or name == "macd" else 1e-3
        owner = "features" if name in sights.HELD else "features_at"
        yield from first(owner, name, apart(given, known, scale), given, known, sight)


def of_signals(sight: Sight, tables: list[Column]) -> Iterator[Difference]:
    """What the decision reports of each signal, from the memory as it is."""
    for name, right in reported(sight, tables).items():
        given = sight.decisions[name]
        owner = name if name in beliefs.BELIEVED and name != "technical" else "decide"
        yield from first(owner, name, apart(given, right, 1e-3), given, np.asarray(right), sight)


def reported(sight: Sight, tables: list[Column]) -> dict[str, Any]:
    """Of the signals whose memory is there."""
    s, events = sight.states, sight.events
    now, warm = events["time_ns"].tolist(), s["bars"] >= sight.warm
    known: dict[str, Any] = {"advice": events["advice"]}
    if "technical" in s:
        known["technical"] = np.where(warm, s["technical"], np.nan)
    if {"book_imbalance", "book_ns"} <= s.keys():
        seen = zip(s["book_imbalance"], s["book_ns"].tolist(), now, strict=True)
        known["orderbook"] = [beliefs.orderbook(*one) for one in seen]
    if {"buy_flow", "sell_flow", "flow_trades", "flow_ns"} <= s.keys():
        kept = zip(s["buy_flow"], s["sell_flow"], s["flow_trades"], s["flow_ns"].tolist(), now, strict=True)
        known["flow"] = [beliefs.flow(*one) for one in kept]
    if "chart_cell" in s:
        where = zip(warm.tolist(), s["chart_cell"].tolist(), (events["position"] > 0.0).tolist(), strict=True)
        boards = [tables[pair] for pair in events["pair"].tolist()]
        known["qlearning"] = [beliefs.qlearning(*one, board) for one, board in zip(where, boards, strict=True)]
    return known


def of_ensemble(sight: Sight, values: Values) -> Iterator[Difference]:
    """Score and confidence, from the signals as they are reported."""
    if not values.has(*beliefs.BELIEVED["ensemble"]):
        return
    d = sight.decisions
    for place, votes in enumerate(zip(*(d[name].tolist() for name in beliefs.SIGNALS), strict=True)):
        score, confidences = beliefs.ensemble(votes, values)
        if apart(d["score"][place], score, 1e-3):
            yield Difference("ensemble", at(sight, place, "score", float(d["score"][place]), score))
            return
        if all(apart(d["confidence"][place], one, 1e-3) for one in confidences):
            yield Difference("ensemble", at(sight, place, "confidence", float(d["confidence"][place]), confidences[0]))
            return


def of_action(sight: Sight, values: Values) -> Iterator[Difference]:
    """Action, rule and least time held, from score, confidence and what the rules say."""
    d, events = sight.decisions, sight.events
    if values.has("min_hold_seconds"):
        known = np.full(len(d), values["min_hold_seconds"])
        yield from first(
            "decide", "min_hold_seconds", apart(d["min_hold_seconds"], known), d["min_hold_seconds"], known, sight
        )
    yield from of_patience(sight)
    if values.has("order_fraction"):
        most = values["order_fraction"] * (1.0 + 1e-12)
        dear = np.flatnonzero(~(d["size"] <= most))
        if len(dear):
            yield Difference("decide", at(sight, int(dear[0]), "size", float(d["size"][dear[0]]), most) + MOST_SIZE)
    if not values.has("buy_threshold", "sell_threshold", "min_confidence"):
        return
    for place, verdicts in enumerate(sight.verdicts.tolist()):
        right = acting.chosen(
            verdicts,
            float(d["score"][place]),
            float(d["confidence"][place]),
            invested=bool(events["position"][place] > 0.0),
            warm=bool(sight.states["bars"][place] >= sight.warm),
            values=values,
        )
        if (int(d["action"][place]), int(d["rule"][place])) != right:
            given = float(d["action"][place]), float(d["rule"][place])
            names = ("action", "rule")
            which = 0 if given[0] != right[0] else 1
            yield Difference("choose", at(sight, place, names[which], given[which], right[which]))
            return


def of_patience(sight: Sight) -> Iterator[Difference]:
    """A score closes no position that was not held for as long as the decision itself says."""
    d, held = sight.decisions, sight.features.get("held_seconds")
    if held is not None:
        early = np.flatnonzero((d["action"] == SELL) & (d["rule"] == -1) & (held < d["min_hold_seconds"]))
        if len(early):
            place = int(early[0])
            least = f"{d['min_hold_seconds'][place]:.10g} s is the least time"
            yield Difference("min_hold", f"the score closes a position after {held[place]:.10g} s, and {least}.")


def first(owner: str, name: str, wrong: Column, given: Column, known: Column, sight: Sight) -> Iterator[Difference]:
    """The first event at which a number is another."""
    rows = np.flatnonzero(wrong.reshape(len(wrong), -1).any(axis=1))
    if len(rows):
        place = int(rows[0])
        part = int(np.flatnonzero(np.atleast_1d(wrong[place]))[0])
        values = (float(np.atleast_1d(column[place])[part]) for column in (given, known))
        yield Difference(owner, at(sight, place, name, *values))


def at(sight: Sight, place: int, name: str, given: float, known: float) -> str:
    """The example in words."""
    event = sight.events[place]
    kind = KINDS.get(int(event["kind"]), "a longer bar")
    bars = f" after {int(sight.states['bars'][place])} bars" if "bars" in sight.states else ""
    return f"{name} is {given:.10g} at {kind}{bars} (event {place + 1:,}), known is {known:.10g}."


def row_of(columns: Mapping[str, Column], place: int) -> dict[str, float]:
    return {name: float(column[place]) for name, column in columns.items()}
