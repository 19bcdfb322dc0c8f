"""Each kind of indicator as lines of a strategy: what it remembers of a pair, and how a closed bar moves it.

`{n}` is the indicator's name, `s` the memory of the pair and `e` the event. What an indicator brings as a feature is a
field of that name, which is worked out whether it is warm or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from core.indicator_kinds import KINDS, TIMEFRAMES, features_of
from services.editor.literals import plain


@dataclass(frozen=True, slots=True)
class Formula:
    """`about` is its first feature in words, `memory` fields of STATE: name, and length where it is an array."""

    about: str
    memory: tuple[tuple[str, str], ...]
    moves: tuple[str, ...]
    kernels: tuple[str, ...]  # of core.indicators


def _averaging(about: str, of: str) -> Formula:
    """The mean of a window."""
    return Formula(
        about,
        (("{n}", ""), ("{n}_ring", "{period}"), ("{n}_moments", "2")),
        ("slide(s.{n}_ring, s.{n}_moments, s.bars, e." + of + ")", "s.{n} = s.{n}_moments[0]"),
        ("slide",),
    )


def _fields(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, "") for name in names)


FORMULAS: Final[Mapping[str, Formula]] = MappingProxyType(
    {
        "ema": Formula(
            "exponential average of the close over {period} bars",
            _fields("{n}"),
            ("s.{n} = ema(s.{n}, e.price, s.bars, {period})",),
            ("ema",),
        ),
        "sma": _averaging("mean of the last {period} closes", "price"),
        "volume_average": _averaging("mean volume of the last {period} bars", "volume"),
        "rsi": Formula(
            "relative strength index over {period} bars, 0..100",
            _fields("{n}", "{n}_gain", "{n}_loss", "{n}_close"),
            (
                "if s.bars > 1:",
                "    change = e.price - s.{n}_close",
                "    s.{n}_gain = wilder(s.{n}_gain, max(change, 0.0), s.bars - 1, {period})",
                "    s.{n}_loss = wilder(s.{n}_loss, max(-change, 0.0), s.bars - 1, {period})",
                "s.{n}_close = e.price",
                "s.{n} = rsi(s.{n}_gain, s.{n}_loss)",
            ),
            ("rsi", "wilder"),
        ),
        "macd": Formula(
            "fast less slow exponential average, {fast} and {slow} bars",
            _fields("{n}", "{n}_signal", "{n}_fast", "{n}_slow"),
            (
                "s.{n}_fast = ema(s.{n}_fast, e.price, s.bars, {fast})",
                "s.{n}_slow = ema(s.{n}_slow, e.price, s.bars, {slow})",
                "s.{n} = s.{n}_fast - s.{n}_slow",
                "if s.bars >= {slow}:",
                "    s.{n}_signal = ema(s.{n}_signal, s.{n}, s.bars - {slow} + 1, {signal})",
            ),
            ("ema",),
        ),
        "bollinger": Formula(
            "mean of {period} closes and {width} standard deviations",
            (*_fields("{n}_upper", "{n}_middle", "{n}_lower"), ("{n}_ring", "{period}"), ("{n}_moments", "2")),
            (
                "slide(s.{n}_ring, s.{n}_moments, s.bars, e.price)",
                "reach = {width} * deviation(s.{n}_moments[1], s.bars, {period})",
                "s.{n}_middle = s.{n}_moments[0]",
                "s.{n}_upper = s.{n}_middle + reach",
                "s.{n}_lower = s.{n}_middle - reach",
            ),
            ("deviation", "slide"),
        ),
        "atr": Formula(
            "average true range over {period} bars",
            _fields("{n}", "{n}_close"),
            (
                "if s.bars > 1:",
                "    s.{n} = wilder(s.{n}, true_range(e.high, e.low, s.{n}_close), s.bars - 1, {period})",
                "s.{n}_close = e.price",
            ),
            ("true_range", "wilder"),
        ),
        "adx": Formula(
            "average directional index over {period} bars, 0..100",
            _fields(
                *("{n}", "{n}_plus", "{n}_minus", "{n}_range", "{n}_up", "{n}_down"),
                *("{n}_high", "{n}_low", "{n}_close"),
            ),
            (
                "if s.bars > 1:",
                "    up = e.high - s.{n}_high",
                "    down = s.{n}_low - e.low",
                "    s.{n}_range = wilder(s.{n}_range, true_range(e.high, e.low, s.{n}_close), s.bars - 1, {period})",
                "    s.{n}_up = wilder(s.{n}_up, up if up > max(down, 0.0) else 0.0, s.bars - 1, {period})",
                "    s.{n}_down = wilder(s.{n}_down, down if down > max(up, 0.0) else 0.0, s.bars - 1, {period})",
                "if s.bars > {period}:",
                "    s.{n}_plus = 100.0 * s.{n}_up / s.{n}_range if s.{n}_range > 0.0 else 0.0",
                "    s.{n}_minus = 100.0 * s.{n}_down / s.{n}_range if s.{n}_range > 0.0 else 0.0",
                "    apart = 100.0 * abs(imbalance(s.{n}_plus, s.{n}_minus))",
                "    s.{n} = wilder(s.{n}, apart, s.bars - {period}, {period})",
                "s.{n}_high = e.high",
                "s.{n}_low = e.low",
                "s.{n}_close = e.price",
            ),
            ("imbalance", "true_range", "wilder"),
        ),
        "vwap": Formula(
            "average price of the last {period} bars by their volume",
            (*_fields("{n}"), ("{n}_prices", "{period}"), ("{n}_volumes", "{period}"), ("{n}_sums", "3")),
            (
                "middle = (e.high + e.low + e.price) / 3.0",
                "s.{n} = weigh(s.{n}_prices, s.{n}_volumes, s.{n}_sums, s.bars, middle, e.volume)",
            ),
            ("weigh",),
        ),
        "stochastic": Formula(
            "where the close lies in the range of {period} bars, 0..100",
            (
                *_fields("{n}", "{n}_signal"),
                *(("{n}_highs", "{period}"), ("{n}_high_bars", "{period}"), ("{n}_high_ends", "2")),
                *(("{n}_lows", "{period}"), ("{n}_low_bars", "{period}"), ("{n}_low_ends", "2")),
                *(("{n}_ring", "{smooth}"), ("{n}_moments", "2")),
            ),
            (
                "top = highest(s.{n}_highs, s.{n}_high_bars, s.{n}_high_ends, s.bars, e.high)",
                "bottom = -highest(s.{n}_lows, s.{n}_low_bars, s.{n}_low_ends, s.bars, -e.low)",
                "s.{n} = 100.0 * (e.price - bottom) / (top - bottom) if top > bottom else 50.0",
                "slide(s.{n}_ring, s.{n}_moments, s.bars, s.{n})",
                "s.{n}_signal = s.{n}_moments[0]",
            ),
            ("highest", "slide"),
        ),
    }
)


FRAME: Final = "{n}_frame"
"""What is remembered of the longer bars; see `core.indicators.gather`."""
FRAME_NUMBERS: Final = "12"
SAID: Final = {"s.bars": "bars", "e.high": "high", "e.low": "low", "e.price": "close", "e.volume": "volume"}
"""What a formula asks of the memory and the event, and what it is called of a longer bar, in the order of `gather`."""


@dataclass(frozen=True, slots=True)
class Lines:
    """An indicator in the files of a strategy; each line without its margin."""

    warm: str  # the name of its constant in indicators.py
    constant: str
    fields: tuple[str, ...]  # of STATE
    features: tuple[str, ...]
    function: str
    call: str
    moved_by: str  # the function at whose end the call stands
    told: tuple[str, ...]  # keywords of Features(...)
    kernels: tuple[str, ...]


def lines_of(kind: str, name: str, parameters: Mapping[str, float | int], timeframe: str | None = None) -> Lines:
    """The indicator of that name, on the strategy's own bars or on longer ones."""
    formula, warm_bars = FORMULAS[kind], KINDS[kind].warm_bars(parameters)
    filled = {"n": name, **{key: plain(value) for key, value in parameters.items()}}
    about = formula.about.format(**filled)
    warm, features = f"WARM_{name.upper()}", features_of(kind, name)
    said = ", ".join([kind, *(f"{key} {plain(value)}" for key, value in parameters.items())])
    memory = (*formula.memory, (FRAME, FRAME_NUMBERS)) if timeframe else formula.memory
    shapes = [(field.format(**filled), shape.format(**filled)) for field, shape in memory]
    moves = [line.format(**filled) for line in formula.moves]
    bar = f"bar of {timeframe}" if timeframe else "bar"
    function = [
        *("@kernel", f"def update_{name}(state: Records, event: Records) -> None:"),
        *(f'    """Take in a closed {bar} ({said})."""', "    s = state[0]"),
        *(f"    {line}" for line in (_of_longer(name, moves, timeframe) if timeframe else ("e = event[0]", *moves))),
    ]
    bars = f"s.{name}_frame[0]" if timeframe else "s.bars"
    return Lines(
        warm=warm,
        constant=f"{warm}: Final = {warm_bars}",
        fields=tuple(f'("{field}", "f8"{f", ({shape},)" if shape else ""}),' for field, shape in shapes),
        features=tuple(
            f"{feature}: float  # {about}{f', {timeframe} each' if timeframe else ''}" for feature in features[:1]
        )
        + tuple(f"{feature}: float" for feature in features[1:]),
        function="\n".join(function),
        call=f"update_{name}(state, event)",
        moved_by="update" if timeframe else "update_bar",
        told=tuple(f"{feature}=known(s.{feature}, {bars}, {warm})," for feature in features),
        kernels=(*formula.kernels, "known", *(("gather",) if timeframe else ())),
    )


def _of_longer(name: str, moves: list[str], timeframe: str) -> Iterator[str]:
    """The same moves, once for each longer bar that has closed."""
    yield f"frame = s.{name}_frame"
    yield f"if gather(frame, event, {TIMEFRAMES[timeframe]}):"
    text = "\n".join(moves)
    for place, (asked, taken) in enumerate(SAID.items()):
        found = re.compile(rf"(?<!\w){re.escape(asked)}(?!\w)")
        if found.search(text):
            yield f"    {taken} = {'int' if taken == 'bars' else 'float'}(frame[{place}])"
            text = found.sub(taken, text)
    yield from (f"    {line}" for line in text.splitlines())
