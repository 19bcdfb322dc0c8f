"""Fills at a declared level, checked once more: the one kind of fill that may lie between two events.

A stop or a target is filled when the price has reached it, and then at its price: where inside a bar that was no event
says. Allowed is just this. The level was declared by the decision before, the next event of the pair reached it, and
what was received is neither better than the level nor than what the market offered on its way.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from core.backtest.records import AT_STOP, AT_TARGET
from core.kernel import SELL, Records
from services.guardian.play import Play

EVENTS_PER_BAR: Final = 4
ROUNDING: Final = 1.0 + 1e-9
"""Of a price: what multiplying by a tick leaves."""


def level_fills(play: Play) -> np.ndarray:
    """Which fills were made at a level."""
    return np.isin(play.fills["rule"], (AT_STOP, AT_TARGET))


def check_levels(play: Play) -> Iterator[str]:
    """The first fill at a level that no earlier decision declared, that was not reached, or that paid too much."""
    events = play.shown
    places = [np.flatnonzero(events["pair"] == pair) for pair in range(len(play.tape.grids))]
    at_level = level_fills(play)
    for fill, signal in zip(play.fills[at_level], play.signals[at_level].tolist(), strict=True):
        own = places[fill["pair"]]
        turn = int(np.searchsorted(own, signal))
        if turn + 1 >= len(own) or own[turn] != signal or events["time_ns"][own[turn + 1]] != fill["time_ns"]:
            yield f"A level on the {play.tape.name} was filled at another event than the one after its decision."
            return
        if wrong := explain_wrong_level(play, fill, own, turn):
            yield f"A position on the {play.tape.name} was closed at {fill['price']} by a level that {wrong}."
            return


def explain_wrong_level(play: Play, fill: np.void, own: Records, turn: int) -> str:
    """What is wrong with a fill at the event after the pair's number `turn`; empty when nothing is."""
    stops = fill["rule"] == AT_STOP
    decision = play.decisions[own[turn]]
    before, now = float(play.shown["price"][own[turn]]), float(play.shown["price"][own[turn + 1]])
    jumped = not play.tape.bars or (turn + 1) % EVENTS_PER_BAR == 0
    level = float(decision["stop"] if stops else decision["target"])
    if fill["side"] != SELL or math.isnan(level):
        return "no decision declared"
    lowest = float(play.shown["price"][own[turn + 1 : (turn + 1) // EVENTS_PER_BAR * EVENTS_PER_BAR + 4]].min())
    if not (now <= level or (play.tape.bars and lowest <= level) if stops else now >= level):
        return "the market did not reach"
    best = _best_price(level, before, now, stops=bool(stops), jumped=jumped)
    return "" if fill["price"] <= best * ROUNDING else "the market did not offer so much for"


def _best_price(level: float, before: float, now: float, *, stops: bool, jumped: bool) -> float:
    """What may be received. A target below the price at which it is declared, as one that sinks with time, is a market
    order: it is worth the less of both prices, and never more than an order by the score would get."""
    if stops:
        return min(level, now if jumped else max(before, now))
    if jumped:
        return now
    return min(before, now) if before >= level else level
