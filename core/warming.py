"""How many closed bars a strategy wants to have seen, read from its source: the constants `WARM_...` of indicators.py.

Those of an indicator that counts longer bars are longer bars too; of its own bars a strategy then wants those of the
longer one that is under way.

Nothing is run: who fetches the past is trusted, and the strategy is not. What `core.constants`
cannot work out is not known, and counts for nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from core.constants import worth
from core.errors import StrategyError
from core.indicator_kinds import TIMEFRAMES
from core.kernel import NANOSECONDS
from core.names import parse_timeframe
from core.symbols import INDICATORS_FILE, PARAMETERS_FILE, STATE_FILE, Symbols, parse

WARM: Final = "WARM_"
OWN: Final = ""
MOST: Final = 20_000
"""Bars that are fetched at the most, whatever a strategy says: the slowest indicator that can be added wants fewer."""


class Wanted(NamedTuple):
    """Closed bars of the strategy's own that it wants, and of each longer timeframe (`4h`)."""

    own: int = 0
    longer: Mapping[str, int] = MappingProxyType({})

    def bars(self, timeframe_ns: int) -> int:
        """Of bars of that length, all that it wants: the longer one that is under way is to be seen whole."""
        under_way = (TIMEFRAMES[name] * NANOSECONDS // timeframe_ns + 1 for name in self.longer)
        return min(max(self.own, *under_way, 0), MOST)

    def all_bars(self, timeframe_ns: int) -> int:
        """Of bars of that length alone, as many as hold every longer one that it wants."""
        held = (TIMEFRAMES[name] * NANOSECONDS // timeframe_ns * (count + 1) for name, count in self.longer.items())
        return max(self.own, *held, 0)

    def unfit(self, timeframe_ns: int) -> str | None:
        """A longer timeframe that is no multiple of that length."""
        return next((name for name in self.longer if not is_longer(name, timeframe_ns)), None)


def is_longer(timeframe: str, own_ns: int) -> bool:
    """Whether bars of a timeframe that indicators may count are made of several bars of that length."""
    length_ns = TIMEFRAMES[timeframe] * NANOSECONDS
    return length_ns > own_ns and length_ns % own_ns == 0


def fits(timeframe: str | None, own: str) -> bool:
    """Whether an indicator can count bars of a timeframe, None for the strategy's own, which are those of `own`."""
    return timeframe is None or is_longer(timeframe, parse_timeframe(own))


def wanted(files: Mapping[str, bytes]) -> Wanted:
    """The most that any part of the strategy wants for any pair; nothing when it says nothing that can be read."""
    if INDICATORS_FILE not in files:
        return Wanted()
    try:
        symbols = Symbols.of(files)
        tree = parse(INDICATORS_FILE, files[INDICATORS_FILE])
    except StrategyError:
        return Wanted()
    parameters = symbols.parameters
    pairs = {None, *(symbol for parameter in parameters.values() for symbol in parameter.own)}
    sets = [{name: parameter.of(symbol) for name, parameter in parameters.items()} for symbol in pairs]
    timeframes = {f"{WARM}{each.name.upper()}": each.timeframe for each in symbols.indicators.values()}
    found: dict[str, int] = {}
    for node in tree.body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if name.startswith(WARM):
                timeframe = timeframes.get(name) or OWN
                most = max(int(worth(value, each) or 0) for each in sets)
                found[timeframe] = max(found.get(timeframe, 0), min(most, MOST))
    return Wanted(found.pop(OWN, 0), found)


def wanted_in(folder: Path) -> Wanted:
    """The same of a strategy that is laid out in a folder."""
    names = (INDICATORS_FILE, PARAMETERS_FILE, STATE_FILE, "rules.py")
    return wanted({name: (folder / name).read_bytes() for name in names if (folder / name).is_file()})
