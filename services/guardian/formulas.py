"""What each kind of indicator is, as the judge knows it: a second table on purpose, so that a fault of the editor's is
seen here. `@` stands for the indicator's name, `<period>` for a number of the plan.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

Numbers = Mapping[str, float | int]
ENOUGH: Final = 3.45
"""Times its span: an exponential average has by then forgotten all but a thousandth of what came before."""


class Formula(NamedTuple):
    """`state` are fields of the memory, an array with its length behind a colon; `features` are fields too."""

    state: str
    features: str
    moves: str
    imports: str
    bars: Callable[[Numbers], int]  # that it needs


def _full(numbers: Numbers) -> int:
    return int(numbers["period"])


def _twice(numbers: Numbers) -> int:
    return 1 + math.ceil(ENOUGH * (2 * numbers["period"] - 1))


WINDOW: Final = "@ @_ring:<period> @_moments:2"
FORMULAS: Final[Mapping[str, Formula]] = MappingProxyType(
    {
        "ema": Formula(
            "@", "@", "s.@ = ema(s.@, e.price, s.bars, <period>)", "ema", lambda n: math.ceil(ENOUGH * n["period"])
        ),
        "sma": Formula(
            WINDOW, "@", "slide(s.@_ring, s.@_moments, s.bars, e.price)\ns.@ = s.@_moments[0]", "slide", _full
        ),
        "volume_average": Formula(
            WINDOW, "@", "slide(s.@_ring, s.@_moments, s.bars, e.volume)\ns.@ = s.@_moments[0]", "slide", _full
        ),
        "rsi": Formula(
            "@ @_gain @_loss @_close",
            "@",
            """
if s.bars > 1:
    change = e.price - s.@_close
    s.@_gain = wilder(s.@_gain, max(change, 0.0), s.bars - 1, <period>)
    s.@_loss = wilder(s.@_loss, max(-change, 0.0), s.bars - 1, <period>)
s.@_close = e.price
s.@ = rsi(s.@_gain, s.@_loss)
""",
            "rsi wilder",
            _twice,
        ),
        "macd": Formula(
            "@ @_signal @_fast @_slow",
            "@ @_signal",
            """
s.@_fast = ema(s.@_fast, e.price, s.bars, <fast>)
s.@_slow = ema(s.@_slow, e.price, s.bars, <slow>)
s.@ = s.@_fast - s.@_slow
if s.bars >= <slow>:
    s.@_signal = ema(s.@_signal, s.@, s.bars - <slow> + 1, <signal>)
""",
            "ema",
            lambda n: math.ceil(ENOUGH * n["slow"]) + math.ceil(ENOUGH * n["signal"]),
        ),
        "bollinger": Formula(
            "@_upper @_middle @_lower @_ring:<period> @_moments:2",
            "@_upper @_middle @_lower",
            """
slide(s.@_ring, s.@_moments, s.bars, e.price)
reach = <width> * deviation(s.@_moments[1], s.bars, <period>)
s.@_middle = s.@_moments[0]
s.@_upper = s.@_middle + reach
s.@_lower = s.@_middle - reach
""",
            "deviation slide",
            _full,
        ),
        "atr": Formula(
            "@ @_close",
            "@",
            """
if s.bars > 1:
    s.@ = wilder(s.@, true_range(e.high, e.low, s.@_close), s.bars - 1, <period>)
s.@_close = e.price
""",
            "true_range wilder",
            _twice,
        ),
        "adx": Formula(
            "@ @_plus @_minus @_range @_up @_down @_high @_low @_close",
            "@ @_plus @_minus",
            """
if s.bars > 1:
    up = e.high - s.@_high
    down = s.@_low - e.low
    s.@_range = wilder(s.@_range, true_range(e.high, e.low, s.@_close), s.bars - 1, <period>)
    s.@_up = wilder(s.@_up, up if up > max(down, 0.0) else 0.0, s.bars - 1, <period>)
    s.@_down = wilder(s.@_down, down if down > max(up, 0.0) else 0.0, s.bars - 1, <period>)
if s.bars > <period>:
    s.@_plus = 100.0 * s.@_up / s.@_range if s.@_range > 0.0 else 0.0
    s.@_minus = 100.0 * s.@_down / s.@_range if s.@_range > 0.0 else 0.0
    apart = 100.0 * abs(imbalance(s.@_plus, s.@_minus))
    s.@ = wilder(s.@, apart, s.bars - <period>, <period>)
s.@_high = e.high
s.@_low = e.low
s.@_close = e.price
""",
            "imbalance true_range wilder",
            lambda n: 1 + 2 * math.ceil(ENOUGH * (2 * n["period"] - 1)),
        ),
        "vwap": Formula(
            "@ @_prices:<period> @_volumes:<period> @_sums:3",
            "@",
            """
middle = (e.high + e.low + e.price) / 3.0
s.@ = weigh(s.@_prices, s.@_volumes, s.@_sums, s.bars, middle, e.volume)
""",
            "weigh",
            _full,
        ),
        "stochastic": Formula(
            "@ @_signal @_highs:<period> @_high_bars:<period> @_high_ends:2"
            " @_lows:<period> @_low_bars:<period> @_low_ends:2 @_ring:<smooth> @_moments:2",
            "@ @_signal",
            """
top = highest(s.@_highs, s.@_high_bars, s.@_high_ends, s.bars, e.high)
bottom = -highest(s.@_lows, s.@_low_bars, s.@_low_ends, s.bars, -e.low)
s.@ = 100.0 * (e.price - bottom) / (top - bottom) if top > bottom else 50.0
slide(s.@_ring, s.@_moments, s.bars, s.@)
s.@_signal = s.@_moments[0]
""",
            "highest slide",
            lambda n: int(n["period"] + n["smooth"] - 1),
        ),
    }
)
USUAL: Final[Mapping[str, Numbers]] = MappingProxyType({"bollinger": {"width": 2.0}, "stochastic": {"smooth": 3}})
"""What is meant where a plan does not say it."""
ORDER: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"macd": ("fast", "slow", "signal"), "bollinger": ("period", "width"), "stochastic": ("period", "smooth")}
)
"""The numbers of a kind as they are listed; just the period where it is not named."""


LENGTHS: Final[Mapping[str, int]] = MappingProxyType(
    {
        **{f"{minutes}m": 60 * minutes for minutes in (3, 5, 15, 30)},
        **{f"{hours}h": 3600 * hours for hours in (1, 2, 4, 6, 8, 12)},
        "1d": 24 * 3600,
        "1w": 7 * 24 * 3600,
    }
)
"""The longer bars that there are, in seconds."""
LONGER: Final = (
    ("bars", "s.bars", "int"),
    ("high", "e.high"),
    ("low", "e.low"),
    ("close", "e.price"),
    ("volume", "e.volume"),
)
"""What is taken from a longer bar, in the order in which it is kept, and what stands for it in `moves`."""


def of_longer(moves: str, timeframe: str) -> str:
    """The moves of an indicator that counts longer bars: each once one has closed."""
    taken = []
    for place, (name, asked, *kind) in enumerate(LONGER):
        words = re.compile(rf"(?<![\w.]){re.escape(asked)}\b")
        if words.search(moves):
            taken.append(f"{name} = {kind[0] if kind else 'float'}(frame[{place}])")
            moves = words.sub(name, moves)
    inner = "".join(f"    {line}\n" for line in [*taken, *moves.strip().splitlines()])
    return f"frame = s.@_frame\nif gather(frame, event, {LENGTHS[timeframe]}):\n{inner}"


def names_of_one(name: str) -> list[str]:
    """Every name that an indicator of any kind may bring, in an order that does not depend on it."""
    parts = {part.partition(":")[0] for one in FORMULAS.values() for part in f"{one.state} {one.features}".split()}
    parts.add("@_frame")
    return [name, f"update_{name}", f"WARM_{name.upper()}", *(part.replace("@", name) for part in sorted(parts))]
