"""One decision held against its contract: plain Python of little more than a microsecond, for trader and judge alike.

What is said is a part of a sentence for the owner. The first thing that is wrong is told, and nothing of a decision
that may be.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from typing import Final

from core.allowed.acting import YEAR_SECONDS, flat_of, invested_of
from core.allowed.contract import Contract
from core.allowed.ensemble import MOST, exactly, strange
from core.allowed.levels import levels_of
from core.kernel import NANOSECONDS

SEEN: Final = struct.Struct("<8xq16xd80xdddqqdd8x")
"""Of an EVENT: time_ns, price, position, entry_price, best_price, entry_ns, exit_ns, drawdown and advice."""
ROUNDING: Final = 1e-9

Check = Callable[[bytes | memoryview, Sequence[float], int], str]
"""EVENT record, DECISION in the order of its fields, and the closed bars of the pair that were seen; what is wrong."""


def check_of(contract: Contract) -> Check:
    """The check of one contract."""
    score = exactly(contract.weights) if contract.weights is not None else _roughly
    plain = _plain_of(contract)
    flat, invested, levels = flat_of(contract), invested_of(contract), levels_of(contract)
    unpack = SEEN.unpack_from

    def check(event: bytes | memoryview, d: Sequence[float], bars: int) -> str:
        time_ns, price, position, entry, best, entry_ns, exit_ns, drawdown, advice = unpack(event)
        wrong = score(d) or plain(d, advice)
        if wrong:
            return wrong
        if position > 0.0:
            if not (entry > 0.0 and best > 0.0):
                return ""  # no position that an exchange knows: nothing can be said of it
            held = (time_ns - entry_ns) / NANOSECONDS
            seen = (price / entry - 1.0, 1.0 - price / best, held, YEAR_SECONDS, drawdown, price, d[4])
            return invested(d, seen) or levels(d, price, entry, best)
        rested = (time_ns - exit_ns) / NANOSECONDS if exit_ns > 0 else YEAR_SECONDS
        return flat(d, (0.0, 0.0, 0.0, rested, drawdown, price, d[4]), bars)

    return check


def _roughly(d: Sequence[float]) -> str:
    """The bounds of a mean, for an ensemble that is not known."""
    votes = [vote for vote in d[10:] if vote == vote] + [0.0]
    low, high = min(votes), max(votes)
    if low < -MOST or high > MOST:
        return strange(votes)
    if low - ROUNDING <= d[4] <= high + ROUNDING and 0.0 <= d[5] <= 1.0:
        return ""
    return f"a score of {d[4]:.6g}, where its signals lie between {low:.6g} and {high:.6g}"


def _plain_of(contract: Contract) -> Callable[[Sequence[float], float], str]:
    """What follows from the numbers of the tree alone, and from the advice that it was given."""
    most = math.inf if contract.size is None else contract.size
    least = most if contract.sizes else 0.0
    hold, rules, advises = contract.min_hold, len(contract.rules), contract.advises

    def plain(d: Sequence[float], told: float) -> str:
        if not least <= d[6] <= most:
            return f"a size of {d[6]:.6g}, where order_fraction is {most:.6g}"
        if d[7] != hold and hold is not None:
            return f"a least time of {d[7]:.6g} s, where min_hold_seconds is {hold:.6g}"
        if not -1 <= d[3] < rules:
            return f"rule {d[3]:.0f} as its reason, which is not in the list"
        advice = d[14]
        if advice != told and (advice == advice or (advises and told == told)):
            return f"an advice of {advice:.6g}, where it was told {told:.6g}"
        return ""

    return plain
