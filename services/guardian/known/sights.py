"""What is seen at an event, from what is remembered: every field of Features that ships."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np

from core.kernel import NANOSECONDS, Records
from services.guardian.known.values import Values

Column = np.ndarray[Any, Any]
YEAR_SECONDS: Final = 365.25 * 86_400
FEATURES: Final = "features_at"
HELD: Final = ("profit", "retreat")
"""What `features` works out, and `features_at` is given."""


def seen(events: Records, states: Mapping[str, Column], scores: Column, values: Values) -> dict[str, Column]:
    """Feature by feature, its value at each event; `states` are the fields of the memory after it."""
    found: dict[str, Column] = {"price": events["price"], "score": scores, "drawdown": events["drawdown"]}
    for name in ("ema_fast", "ema_slow", "macd_signal", "volume", "atr", "spread", "book_imbalance"):
        if name in states:
            found[name] = states[name]
    if {"ema_fast", "ema_slow"} <= states.keys():
        found["macd"] = states["ema_fast"] - states["ema_slow"]
    if {"average_gain", "average_loss"} <= states.keys():
        found["rsi"] = 100.0 * part(states["average_gain"], states["average_loss"], otherwise=0.5)
    if {"buy_flow", "sell_flow"} <= states.keys():
        found["flow"] = 2.0 * part(states["buy_flow"], states["sell_flow"], otherwise=0.5) - 1.0
    found |= bands(states, values)
    found |= position(events)
    found["advice"] = np.nan_to_num(events["advice"], nan=0.0)
    local = [at_owners_clock(int(event["time_ns"]), int(event["utc_offset_s"])) for event in events]
    found["hour"] = np.array([moment.hour for moment in local], np.float64)
    found["weekday"] = np.array([moment.weekday() for moment in local], np.float64)
    return found


def part(one: Column, other: Column, *, otherwise: float) -> Column:
    """How much of both is the one."""
    both = one + other
    return np.where(both > 0.0, one / np.where(both > 0.0, both, 1.0), otherwise)


def bands(states: Mapping[str, Column], values: Values) -> dict[str, Column]:
    """From the last closes and volumes themselves, not from what is summed of them."""
    found: dict[str, Column] = {}
    if {"closes", "bars"} <= states.keys() and values.has("bollinger_width"):
        middle, spread = spread_of(states["closes"], states["bars"])
        reach = values["bollinger_width"] * spread
        found |= {"bollinger_middle": middle, "bollinger_upper": middle + reach, "bollinger_lower": middle - reach}
    if {"volumes", "bars"} <= states.keys():
        found["volume_average"] = spread_of(states["volumes"], states["bars"])[0]
    return found


def spread_of(windows: Column, bars: Column) -> tuple[Column, Column]:
    """Mean and population standard deviation of what is in each window."""
    filled = np.arange(windows.shape[1]) < bars[:, None]
    count = np.maximum(filled.sum(axis=1), 1)
    mean = np.where(filled, windows, 0.0).sum(axis=1) / count
    squares = np.where(filled, (windows - mean[:, None]) ** 2, 0.0).sum(axis=1)
    return mean, np.sqrt(squares / count)


def position(events: Records) -> dict[str, Column]:
    """Of the position that is open, or of the rest since the last one."""
    held = events["position"] > 0.0
    entry, best = (np.where(held, events[name], 1.0) for name in ("entry_price", "best_price"))
    since_entry = (events["time_ns"] - events["entry_ns"]) / NANOSECONDS
    since_exit = (events["time_ns"] - events["exit_ns"]) / NANOSECONDS
    return {
        "profit": np.where(held, (events["price"] - entry) / entry, 0.0),
        "retreat": np.where(held, (best - events["price"]) / best, 0.0),
        "held_seconds": np.where(held, since_entry, 0.0),
        "rested_seconds": np.where(~held & (events["exit_ns"] > 0), since_exit, YEAR_SECONDS),
    }


def at_owners_clock(time_ns: int, offset_s: int) -> datetime:
    """By a calendar."""
    return datetime.fromtimestamp(time_ns // NANOSECONDS, UTC) + timedelta(seconds=offset_s)
