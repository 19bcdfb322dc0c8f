"""By hand: what signals, score and confidence may differ in from the parent's, on the very same events.

A rule of its own changes what is done and nothing of what is believed. What is believed differs where a number of the
owner's does, where a signal reads a parameter or a feature that is new, or where more bars are waited for. Else it does
nowhere: a door that opened on these events, wherever it stands, shows in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import numpy as np

from core.kernel import Records
from core.strategy import Source
from core.symbols import Symbols
from core.syntax import syntax_tree
from core.warming import wanted
from services.guardian.bounds.package import AMOUNTS, PRICES
from services.guardian.known.functions import reads_more
from services.guardian.relations.planned import VOTES, readers

BEHIND: Final = {
    "technical": ("technical", "stretched_rsi", "stretched_band"),
    "orderbook": ("orderbook",),
    "flow": ("flow",),
    "qlearning": ("qlearning", "chart_cell", "stretched_rsi", "stretched_band"),
}
"""Signal -> the known functions that work it out."""
ENSEMBLE: Final = "decide.py:ensemble"
AFTER_VOTES: Final = "decide.py:"
SCORES: Final = ("score", "confidence")
NEAR: Final = 1e-6
"""Far more than another order of the same sums comes to."""
SO_FEW: Final = 2
"""Events that differ and are forgiven where rounding decides: where the parent too answers otherwise when shaken."""
SHAKES: Final = 6
SHAKEN: Final = 1e-9
"""As a part of every price and amount: far more than rounding, and less than any number that somebody writes."""

Flags = np.ndarray[Any, np.dtype[np.bool_]]


Shaking = Callable[[], Sequence[Records]]


def check_by_hand(
    candidate: Source, parent: Source, before: Records, after: Records, shaking: Shaking
) -> Iterator[str]:
    """What differs and is not explained. `shaking` says the parent's decisions on events that were shaken a little."""
    read = {place for name in changed(candidate, parent) for place in read_in(candidate, name)}
    if any(not place.startswith(AFTER_VOTES) for place in read):
        return
    waits = wanted(candidate.files).own != wanted(parent.files).own
    alike = same(before["advice"], after["advice"])
    for name in VOTES:
        equal = same(before[name], after[name])
        alike &= equal
        if waits:
            equal |= np.isnan(before[name]) | np.isnan(after[name])
        if not any(reads_more(candidate, function) for function in BEHIND[name]):
            yield from told(name, equal, before, shaking)
    if ENSEMBLE not in read and not reads_more(candidate, "ensemble"):
        for name in SCORES:
            yield from told(name, same(before[name], after[name]) | ~alike, before, shaking)


def changed(candidate: Source, parent: Source) -> set[str]:
    """Parameters that have another value, in common or for a pair."""
    ours, theirs = (Symbols.of(source.files).parameters for source in (candidate, parent))
    return {
        name
        for name in ours.keys() | theirs.keys()
        if name not in ours
        or (name in theirs and (ours[name].value, ours[name].own) != (theirs[name].value, theirs[name].own))
    }


def read_in(source: Source, name: str) -> set[str]:
    """Where it is read; see `readers`."""
    code = {file: data for file, data in source.files.items() if file.endswith(".py") and "/" not in file}
    return readers({file: syntax_tree(data) for file, data in code.items() if file != "rules.py"}, name)


def same(one: Any, other: Any) -> Flags:
    """Where two columns are near each other, or both abstain."""
    equal: Flags = np.isclose(one, other, rtol=NEAR, atol=NEAR, equal_nan=True)
    return equal


def told(name: str, equal: Flags, before: Records, shaking: Shaking) -> Iterator[str]:
    count, first = int((~equal).sum()), int(np.argmin(equal)) + 1
    if 0 < count <= SO_FEW:
        edge = ~np.logical_and.reduce([same(before[name], shaken[name]) for shaken in shaking()])
        count = int((~equal & ~edge).sum())
    if count:
        yield (
            f"{name} differs from its parent's at {count:,} of {len(equal):,} events, first at {first:,},"
            " and nothing in the change says why: no number of its owner's is another, and it reads nothing new."
        )


def shaken(events: Records, chance: np.random.Generator) -> Iterator[Records]:
    """The same market as many times, every price and amount a little another: what lies at an edge falls to a side."""
    for _ in range(SHAKES):
        moved: Records = events.copy()
        for name in (*PRICES, *AMOUNTS):
            moved[name] *= 1.0 + chance.uniform(-SHAKEN, SHAKEN, len(events))
        yield moved
