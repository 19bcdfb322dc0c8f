"""Longer bars of before a history, for a strategy that counts them: a trader asks the exchange for as many.

They are made of the bars that there are before it, and from a seed where there are none: prices that come, after as
many as are wanted, to where the history begins. What a strategy knows at its beginning is no forecast of anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from core.history.resample import MONDAY_NS, resample
from core.indicator_kinds import TIMEFRAMES
from core.kernel import BAR, BAR_ROW, EVENT, NANOSECONDS, Records
from core.names import CLOSE_BEFORE_NEXT_OPEN_NS
from core.strategy import Source
from core.warming import is_longer, wanted
from services.guardian.tape import Tape, in_zone

SPARE: Final = 2
"""More than are wanted."""
DAILY: Final = 0.03
"""How far a made price moves in a day, and its bars reach; half as much in a quarter of one."""
PULL: Final = 0.02
"""How much of its way from where the history begins a made price goes back in each bar."""


def longer_of(*sides: Source) -> dict[str, int]:
    """How many bars of each longer timeframe these strategies want at the most."""
    found: dict[str, int] = {}
    for longer in (wanted(side.files).longer for side in sides):
        for timeframe, count in longer.items():
            found[timeframe] = max(found.get(timeframe, 0), count)
    return found


def with_past(tape: Tape, longer: Mapping[str, int], before: Sequence[Records], zone: str) -> Tape:
    """The tape, and as many longer bars of each pair before it. `before` are the own bars of each from before it."""
    if not longer:
        return tape
    parts = [
        _events(pair, TIMEFRAMES[timeframe], _rows(tape, pair, timeframe, count + SPARE, before[pair]))
        for timeframe, count in longer.items()
        for pair in range(len(tape.symbols))
    ]
    past: Records = np.concatenate(parts)
    past = in_zone(past[np.lexsort((past["pair"], past["kind"], past["time_ns"]))], zone)
    events: Records = np.concatenate([past, tape.events])
    events["sequence"] = np.arange(1, len(events) + 1)
    return replace(tape, events=events)


def _rows(tape: Tape, pair: int, timeframe: str, count: int, before: Records) -> Records:
    """The last so many that have ended when the one begins in which the tape does."""
    length_ns = TIMEFRAMES[timeframe] * NANOSECONDS
    own = tape.events[(tape.events["pair"] == pair) & (tape.events["kind"] <= BAR)]
    begin_ns, price = int(tape.events["time_ns"][0]), float(own["price"][0])
    end_ns = (begin_ns - MONDAY_NS) // length_ns * length_ns + MONDAY_NS
    there = before[before["time_ns"] < end_ns]
    if len(there) and is_longer(timeframe, tape.timeframe_ns):
        there = resample(there, tape.timeframe_ns, length_ns)[1:][-count:]  # of the first a part may be missing
        end_ns, price = (int(there[0]["time_ns"]), float(there[0]["open"])) if len(there) else (end_ns, price)
    else:
        there = there[:0]
    made = _made(f"{tape.symbols[pair]}:{timeframe}", count - len(there), length_ns, end_ns, price)
    return np.concatenate([made, there])


def _made(seed: str, count: int, length_ns: int, end_ns: int, price: float) -> Records:
    """Bars from a seed, the last of which ends then, at that price."""
    chance = np.random.default_rng(np.frombuffer(hashlib.sha256(seed.encode()).digest(), np.uint32))
    reach = DAILY * (length_ns / NANOSECONDS / 86_400) ** 0.5
    steps, away = chance.normal(0.0, reach, count), [0.0]
    for step in steps.tolist():
        away.append(away[-1] * (1.0 - PULL) + step)
    levels = price * np.exp(np.array(away[::-1]))
    rows: Records = np.zeros(count, BAR_ROW)
    rows["time_ns"] = end_ns - length_ns * np.arange(count, 0, -1)
    rows["open"], rows["close"] = levels[:-1], levels[1:]
    rows["high"] = np.maximum(rows["open"], rows["close"]) * (1.0 + reach * chance.random(count))
    rows["low"] = np.minimum(rows["open"], rows["close"]) / (1.0 + reach * chance.random(count))
    rows["volume"] = chance.lognormal(0.0, 0.5, count)
    return rows


def _events(pair: int, seconds: int, rows: Records) -> Records:
    events: Records = np.zeros(len(rows), EVENT)
    events["pair"], events["kind"], events["advice"] = pair, seconds, np.nan
    events["time_ns"] = rows["time_ns"] + seconds * NANOSECONDS - CLOSE_BEFORE_NEXT_OPEN_NS
    events["price"] = rows["close"]
    for name in ("open", "high", "low", "volume"):
        events[name] = rows[name]
    return events
