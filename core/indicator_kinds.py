"""The kinds of indicators that can be added: what each takes, which features it brings, how many bars it needs.

Who reads a sentence, who edits and who fetches the past agree here. The judge has a table of his own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

TIMEFRAMES: Final[Mapping[str, int]] = MappingProxyType(
    {
        **{f"{minutes}m": 60 * minutes for minutes in (3, 5, 15, 30)},
        **{f"{hours}h": 3600 * hours for hours in (1, 2, 4, 6, 8, 12)},
        "1d": 86_400,
        "1w": 604_800,
    }
)
"""The longer bars that an indicator may count, in seconds: exchanges have them, and a week is a number of each."""
SPANS: Final = 3.45
"""An exponential average over n values has forgotten what came before these many n: all but a thousandth."""


class Bounds(NamedTuple):
    """What a parameter of an indicator may be, both ends included."""

    low: float
    high: float
    whole: bool = True
    usual: float | int | None = None  # taken when it is not said; None: it has to be


@dataclass(frozen=True, slots=True)
class Kind:
    """`features` are endings behind the indicator's name; an empty one is the name itself."""

    parameters: Mapping[str, Bounds]
    warm_bars: Callable[[Mapping[str, float]], int]  # closed bars that it needs
    features: tuple[str, ...] = ("",)

    def completed(self, given: Mapping[str, float | int]) -> dict[str, float | int]:
        """All parameters, in their order. ValueError, with its name, for one that is missing, unknown or not fit."""
        for name in given:
            if name not in self.parameters:
                raise ValueError(name)
        found: dict[str, float | int] = {}
        for name, (low, high, whole, usual) in self.parameters.items():
            value = given.get(name, usual)
            if value is None or not low <= value <= high or (whole and value != int(value)):
                raise ValueError(name)
            found[name] = int(value) if whole else float(value)
        if "fast" in found and found["fast"] >= found["slow"]:
            raise ValueError("fast")
        return found


def forgotten(span: float) -> int:
    """How many values an exponential average of that span wants to see."""
    return math.ceil(SPANS * span)


def wilder_span(period: float) -> float:
    """The span of an exponential average as slow as Wilder's of this period."""
    return 2 * period - 1


PERIOD: Final = MappingProxyType({"period": Bounds(2, 1000)})
WINDOW: Final[Callable[[Mapping[str, float]], int]] = lambda p: int(p["period"])  # noqa: E731 - one of a table
WILDER: Final[Callable[[Mapping[str, float]], int]] = lambda p: 1 + forgotten(wilder_span(p["period"]))  # noqa: E731

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "ema": Kind(PERIOD, lambda p: forgotten(p["period"])),
        "sma": Kind(PERIOD, WINDOW),
        "rsi": Kind(PERIOD, WILDER),
        "macd": Kind(
            {"fast": Bounds(2, 1000), "slow": Bounds(3, 1000), "signal": Bounds(2, 1000)},
            lambda p: forgotten(p["slow"]) + forgotten(p["signal"]),
            ("", "_signal"),
        ),
        "bollinger": Kind(
            {"period": Bounds(2, 1000), "width": Bounds(0.1, 10, whole=False, usual=2.0)},
            WINDOW,
            ("_upper", "_middle", "_lower"),
        ),
        "atr": Kind(PERIOD, WILDER),
        "adx": Kind(PERIOD, lambda p: 1 + 2 * forgotten(wilder_span(p["period"])), ("", "_plus", "_minus")),
        "vwap": Kind(PERIOD, WINDOW),
        "stochastic": Kind(
            {"period": Bounds(2, 1000), "smooth": Bounds(1, 100, usual=3)},
            lambda p: int(p["period"] + p["smooth"] - 1),
            ("", "_signal"),
        ),
        "volume_average": Kind(PERIOD, WINDOW),
    }
)


def features_of(kind: str, name: str) -> tuple[str, ...]:
    """The features that an indicator of that name brings."""
    return tuple(name + ending for ending in KINDS[kind].features)


def default_name(kind: str, parameters: Mapping[str, float | int], timeframe: str | None = None) -> str:
    """`ema_200`, `macd_12_26_9`, `rsi_14_4h`: the kind, the numbers that have to be said, and the longer bars."""
    said = [str(parameters[name]) for name, bounds in KINDS[kind].parameters.items() if bounds.usual is None]
    return "_".join([kind, *said, *([timeframe] if timeframe else [])])
