"""Single positions that the owner wants closed: each with its pair's next event, until it is flat.

His word is a file of the data folder (`services.trader.owner`), so that it is heard without a commander and after a
restart. It is about the position that was open when it was heard, never about a later one of that pair.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from services.trader.books import Holding
from services.trader.owner import OwnersWord

REASON: Final = "owner"
"""Of the order that closes it."""


class Closing:
    """The positions of one trader that are being closed by their owner's word."""

    def __init__(self, owner: OwnersWord, holdings: Sequence[Holding], tell: Callable[..., None]) -> None:
        self.pairs: dict[int, int] = {}  # index of the pair -> when its position was entered
        self._owner, self._holdings, self._tell = owner, holdings, tell

    def close(self, pair: int) -> None:
        """Close the position of a pair. OSError: it is obeyed, and a restart will not know it."""
        self.pairs[pair] = self._holdings[pair].entry_ns
        self._tell("closing", pair=self._symbol(pair), quantity=self._holdings[pair].size)
        self._owner.close(self._symbol(pair))

    def wants(self, pair: int) -> bool:
        """Whether the position that is held now is to be closed; one that is gone is done with."""
        if pair not in self.pairs:
            return False
        holding = self._holdings[pair]
        if holding.size > 0.0 and holding.entry_ns == self.pairs[pair]:
            return True
        del self.pairs[pair]
        self._owner.closed(self._symbol(pair))
        self._tell("closed", pair=self._symbol(pair), left=holding.there)  # less than can be sold
        return False

    def look(self) -> None:
        """Hear what was said by file, and finish with what is flat."""
        for pair in list(self.pairs):
            self.wants(pair)
        wanted = self._owner.closing_pairs()
        if not wanted:
            return
        for pair, holding in enumerate(self._holdings):
            if holding.pair.symbol not in wanted or pair in self.pairs:
                continue
            if holding.size > 0.0:
                self.close(pair)
            elif wanted[holding.pair.symbol]:  # every trader of the folder has looked at it, and we hold nothing
                self._owner.closed(holding.pair.symbol)
                self._tell("closed", pair=holding.pair.symbol, left=holding.there)

    def _symbol(self, pair: int) -> str:
        return self._holdings[pair].pair.symbol
