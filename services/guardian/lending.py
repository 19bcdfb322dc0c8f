"""Whose values a pair of a tape is judged with, when pairs have values of their own.

A pair that is on the tape has its own. The owner's pair may not be there: the tape may be made from a seed, or of other
pairs. Then one that has none of its own wears its values, those that this change is about first, so that no value goes
live which no market has tried. One pair keeps the common ones, unless it is the only one and this change is about
values of another.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import StrategyError
from core.overrides import Overrides, overrides_of
from core.strategy import Source
from core.symbols import PARAMETERS_FILE, parse


def own_of(source: Source) -> Overrides:
    """The own values of a strategy's pairs; none of one that cannot be read, which other gates refuse."""
    try:
        return overrides_of(parse(PARAMETERS_FILE, source.files[PARAMETERS_FILE]))
    except StrategyError:
        return {}


def lent(symbols: Sequence[str], candidate: Overrides, parent: Overrides) -> tuple[str, ...]:
    """By pair of the tape, the symbol whose values it wears; the same for candidate and parent."""
    own = sorted({*candidate, *parent}, key=lambda one: (candidate.get(one) == parent.get(one), one))
    missing = [symbol for symbol in own if symbol not in symbols]
    free = [place for place, symbol in enumerate(symbols) if symbol not in own]
    if len(free) == len(symbols) and (len(free) > 1 or candidate == parent):
        free = free[1:]
    worn = list(symbols)
    for place, symbol in zip(reversed(free), missing, strict=False):
        worn[place] = symbol
    return tuple(worn)
