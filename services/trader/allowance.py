"""What the releases that trade allow themselves: each decision is held against it before it may become an order.

The judge did the same on its tapes. Live it ends what no tape showed: a host whose decision does not follow from its
own signals, numbers and rules talks nonsense, and is no longer heard.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Final

from core.allowed import Check, check_of, contracts_for
from core.errors import SorteError
from core.kernel import BAR, EVENT
from core.releases import Release
from core.strategy import Source

KIND: Final = slice(*((EVENT.names or ()).index("kind") * 8 + end for end in (0, 8)))
PAIR: Final = slice(*((EVENT.names or ()).index("pair") * 8 + end for end in (0, 8)))
A_BAR: Final = BAR.to_bytes(8, "little")
KEPT: Final = 8
"""Releases whose source was read: blue, green, previous, and those before them."""

Checks = tuple[Check | None, ...]


class Allowance:
    """Of one host: the checks of its pairs, and how many closed bars of each it has seen."""

    def __init__(self, pairs: int) -> None:
        self.checks: Checks = ()
        """By pair, set before the host is warmed up; None for a strategy of another make: nothing can be said of it."""
        self._bars = [0] * pairs

    def warm_up(self, events: Sequence[tuple[int, bytes]]) -> None:
        """Count the bars that a host is warmed up with."""
        for _, event in events:
            if event[KIND] == A_BAR:
                self._bars[int.from_bytes(event[PAIR], "little")] += 1

    def wrong(self, pair: int, event: bytes, decision: Sequence[float]) -> str:
        """What is wrong with a decision on an event of this pair; empty for nothing. Once for each event, in order."""
        if event[KIND] == A_BAR:
            self._bars[pair] += 1
        check = self.checks[pair]
        return check(event, decision, self._bars[pair]) if check is not None else ""


def checks_of(release: Release, symbols: Sequence[str]) -> Checks:
    """Read from the release's own files, in tens of milliseconds: call it beside the loop. Never raises.

    A tree that is not the release's, or cannot be read, allows nothing at all.
    """
    try:
        return _checks_of(release, tuple(symbols))
    except (SorteError, OSError, SyntaxError, ValueError, RecursionError) as error:
        wrong = f"what nobody can hold it to: {error}"
        return tuple(lambda *_: wrong for _ in symbols)


@functools.lru_cache(maxsize=KEPT)
def _checks_of(release: Release, symbols: tuple[str, ...]) -> Checks:
    source = Source.read(release.folder)
    if source.tree_hash != release.tree_hash:
        raise ValueError(f"its folder holds the tree {source.tree_hash[:12]}")
    contracts = contracts_for(source.files, symbols)
    checks = {contract: check_of(contract) for contract in contracts if contract is not None}
    return tuple(None if contract is None else checks[contract] for contract in contracts)
