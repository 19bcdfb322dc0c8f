"""The test that an added indicator brings: against the definition, written out over whole arrays, on seeded bars.

The strategy moves an indicator by one bar and remembers little; the test has all bars and remembers everything. They
share no line. What is not full yet must be unknown up to the very bar before the indicator is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from core.indicator_kinds import KINDS, TIMEFRAMES, features_of
from services.editor.literals import plain

CHECKED: Final = 40
"""Bars after the first one that counts."""

_AVERAGE: Final = (
    "def average(values, period, part):",
    "    found = [values[:period].sum() / period]",
    "    for value in values[period:]:",
    "        found.append(found[-1] + (value - found[-1]) * part)",
    "    return np.array(found)",
    "",
)
_RANGES: Final = (
    "bounds = zip(highs[1:], lows[1:], closes[:-1], strict=True)",
    "ranges = np.array([max(high, close) - min(low, close) for high, low, close in bounds])",
)


def _window(of: str) -> tuple[str, ...]:
    return (f"first = [{of}[bar - {{period}} : bar].sum() / {{period}} for bar in range({{period}}, {{after}})]",)


NAMES: Final = ("first", "second", "third")
"""What a reference calls the values of each feature, the last bar's last."""

REFERENCES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "ema": (*_AVERAGE, "first = average(closes, {period}, 2.0 / ({period} + 1))"),
        "sma": _window("closes"),
        "volume_average": _window("volumes"),
        "rsi": (
            *_AVERAGE,
            "change = np.diff(closes)",
            "gains = average((abs(change) + change) / 2, {period}, 1.0 / {period})",
            "losses = average((abs(change) - change) / 2, {period}, 1.0 / {period})",
            "first = 100.0 * gains / (gains + losses)",
        ),
        "macd": (
            *_AVERAGE,
            "fast = average(closes, {fast}, 2.0 / ({fast} + 1))",
            "first = fast[{slow} - {fast} :] - average(closes, {slow}, 2.0 / ({slow} + 1))",
            "second = average(first, {signal}, 2.0 / ({signal} + 1))",
        ),
        "bollinger": (
            "windows = [closes[bar - {period} : bar] for bar in range({period}, {after})]",
            "second = np.array([window.sum() / {period} for window in windows])",
            "away = [((window - middle) ** 2).sum() for window, middle in zip(windows, second, strict=True)]",
            "reach = {width} * np.array([math.sqrt(squares / {period}) for squares in away])",
            "first, third = second + reach, second - reach",
        ),
        "atr": (*_AVERAGE, *_RANGES, "first = average(ranges, {period}, 1.0 / {period})"),
        "adx": (
            *_AVERAGE,
            *_RANGES,
            "ups, downs = np.diff(highs), -np.diff(lows)",
            "moves = list(zip(ups, downs, strict=True))",
            "rises = np.array([up if up > down and up > 0.0 else 0.0 for up, down in moves])",
            "falls = np.array([down if down > up and down > 0.0 else 0.0 for up, down in moves])",
            "whole = average(ranges, {period}, 1.0 / {period})",
            "second = 100.0 * average(rises, {period}, 1.0 / {period}) / whole",
            "third = 100.0 * average(falls, {period}, 1.0 / {period}) / whole",
            "first = average(100.0 * abs(second - third) / (second + third), {period}, 1.0 / {period})",
        ),
        "vwap": (
            "paid = (highs + lows + closes) / 3.0 * volumes",
            "spans = [(bar - {period}, bar) for bar in range({period}, {after})]",
            "first = [paid[start:end].sum() / volumes[start:end].sum() for start, end in spans]",
        ),
        "stochastic": (
            "spans = [(bar - {period}, bar) for bar in range({period}, {after})]",
            "tops = np.array([max(highs[start:end]) for start, end in spans])",
            "bottoms = np.array([min(lows[start:end]) for start, end in spans])",
            "first = 100.0 * (closes[{period} - 1 :] - bottoms) / (tops - bottoms)",
            "second = [first[end - {smooth} : end].sum() / {smooth} for end in range({smooth}, len(first) + 1)]",
        ),
    }
)
STILL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "stochastic": "assert desk.features.{n} == 50.0",
        "vwap": "assert math.isnan(desk.features.{n})",
    }
)
"""What follows after as many bars without a move and without a trade."""


PARTS: Final = 2
"""Of a longer bar, in the test of an indicator that counts these."""

GATHERED: Final = (
    "halves, told = [told[1::2], told[2::2]], told[2::2]",
    "assert np.allclose(halves[0][1:], halves[1][:-1], rtol=0.0, atol=0.0, equal_nan=True)",
    "closes, volumes = closes[2::2], volumes[1::2] + volumes[2::2]",
    "highs = np.array([max(both) for both in zip(highs[1::2], highs[2::2], strict=True)])",
    "lows = np.array([min(both) for both in zip(lows[1::2], lows[2::2], strict=True)])",
)
"""The longer bars, without the one that was under way at first; between the ends of two of them nothing changes."""


def _bars_of(timeframe: str | None) -> str:
    return f"Of bars of {timeframe}, two halves each," if timeframe else "Of bars"


def _bar(timeframe: str | None, close: str, volume: str, others: str) -> str:
    """A bar of the desk's own, or a half of a longer one."""
    if timeframe is None:
        return f"desk.bar({close}, {volume}{others})"
    return f"desk.show(BAR, {close}, after_seconds={TIMEFRAMES[timeframe] // PARTS}, volume={volume}{others})"


def _played(timeframe: str | None, count: int, warm: int, features: Sequence[str]) -> Iterator[str]:
    """So many bars from a seed, and what the strategy said of each."""
    half = TIMEFRAMES[timeframe] // PARTS if timeframe else 0
    yield f"chance = [{1000 + warm}]"
    yield f"for _ in range({4 * (PARTS * count + 1 if timeframe else count)}):"
    yield "    chance.append(chance[-1] * 16807 % 2147483647)"
    yield "part = np.array(chance[1:]) / 2147483647"
    yield "closes, volumes = 100.0 + 10.0 * part[0::4], 1.0 + part[1::4]"
    yield "highs, lows = closes + 3.0 * part[2::4], closes - 3.0 * part[3::4]"
    if timeframe:
        yield f"desk.trade(100.0, after_seconds={half} - 0.001)"
    yield "rows = []"
    yield "for close, high, low, volume in zip(closes, highs, lows, volumes, strict=True):"
    yield f"    {_bar(timeframe, 'close', 'volume', ', open=low, high=high, low=low')}"
    yield "    seen = desk.features"
    yield f"    rows.append([{', '.join(f'seen.{feature}' for feature in features)}])"
    yield "told = np.array(rows)"
    yield from GATHERED if timeframe else ()


def reference_test(
    test: str, kind: str, name: str, parameters: Mapping[str, float | int], timeframe: str | None = None
) -> str:
    """The test of that name."""
    warm = KINDS[kind].warm_bars(parameters)
    count, features = warm + CHECKED, features_of(kind, name)
    filled = {"n": name, "after": str(count + 1), **{key: plain(value) for key, value in parameters.items()}}
    reference = REFERENCES[kind]
    helper = _AVERAGE if reference[0] == _AVERAGE[0] else ()
    lines = [
        f'"""{_bars_of(timeframe)} made from a seed: unknown before bar {warm}, then what their definition gives."""',
        *(("", *helper) if helper else ()),
        *_played(timeframe, count, warm, features),
        *reference[len(helper) :],
    ]
    for place, value in enumerate(NAMES[: len(features)]):
        lines.append(f"assert not any(np.isfinite(told[:{warm - 1}, {place}]))")
        lines.append(f"assert np.allclose(told[{warm - 1}:, {place}], {value}[-{CHECKED + 1}:], rtol=1e-9, atol=0.0)")
    if kind in STILL:
        bars = f"{PARTS} * {filled['period']}" if timeframe else filled["period"]
        still = _bar(timeframe, "100.0", "0.0", ", open=100.0, high=100.0, low=100.0" if timeframe else "")
        lines += [f"for _ in range({bars}):", f"    {still}", STILL[kind]]
    body = "\n".join(f"    {line.format(**filled)}" if line else "" for line in lines)
    return f"def {test}(desk):\n{body}"
