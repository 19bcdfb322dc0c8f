"""Positions that the owner wants closed: each with its pair's next event, until it is flat.

His word is a file of the data folder (`core.owner`), so that it is heard without a commander and after a restart. A
word about one pair is about the position that was open when it was heard, never about a later one of that pair.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from core.contracts.events import ClosedPair, ClosingPair, Event
from core.owner import OwnersWord
from services.trader.books import Holding

ONE: Final = "owner"
ALL: Final = "panic"
"""The reasons of the orders that close a single pair's position, and every one."""


class Closing:
    """The positions of one trader that are being closed by their owner's word."""

    def __init__(
        self,
        owner: OwnersWord,
        holdings: Sequence[Holding],
        tell: Callable[[Event], None],
        on_fault: Callable[[str, str, str], None],
    ) -> None:
        self.everything = False  # the owner's panic: every position is closed, whichever he named
        self.pairs: dict[int, int] = {}  # index of the pair -> when its position was entered
        self._stays: set[str] = set()  # symbols whose word was obeyed and could not be taken away
        self._owner, self._holdings, self._tell, self._on_fault = owner, holdings, tell, on_fault

    def close(self, pair: int) -> None:
        """Close the position of a pair. OSError: it is obeyed, and a restart will not know it."""
        self._begin(pair)
        self._owner.close(self._symbol(pair))

    def forget(self) -> None:
        """The owner wants everything to go on: what is not closed yet stays."""
        self.pairs.clear()

    def reason(self, *, wanted: bool) -> str:
        """Why a position is closed by his word, `wanted` by one about its pair; empty when it is not."""
        return ALL if self.everything else ONE if wanted else ""

    def wants(self, pair: int) -> bool:
        """Whether the position that is held now is to be closed; one that is gone is done with."""
        if pair not in self.pairs:
            return False
        holding = self._holdings[pair]
        if holding.size > 0.0 and holding.entry_ns == self.pairs[pair]:
            return True
        del self.pairs[pair]
        self._end(pair)
        return False

    def look(self) -> None:
        """Hear what was said by file, and finish with what is flat."""
        for pair in list(self.pairs):
            self.wants(pair)
        wanted = self._owner.closing_pairs()
        self._stays &= wanted.keys()
        if not wanted:
            return
        for pair, holding in enumerate(self._holdings):
            symbol = holding.pair.symbol
            if symbol not in wanted or pair in self.pairs or symbol in self._stays:
                continue
            if holding.size > 0.0:
                self._begin(pair)
            elif wanted[symbol]:  # every trader of the folder has looked at it, and we hold nothing
                self._end(pair)

    def _begin(self, pair: int) -> None:
        self.pairs[pair] = self._holdings[pair].entry_ns
        self._tell(ClosingPair(pair=self._symbol(pair), quantity=self._holdings[pair].size))

    def _end(self, pair: int) -> None:
        """Take the word away. One that stays is obeyed no second time: the next position is none that it was about."""
        symbol = self._symbol(pair)
        try:
            self._owner.closed(symbol)
        except OSError as error:
            self._stays.add(symbol)
            told = f"obeyed, and its file cannot be taken away ({error}); remove it, or a restart obeys it again"
            self._on_fault("word_stays", symbol, told)
        self._tell(ClosedPair(pair=symbol, left=self._holdings[pair].there))  # less than can be sold

    def _symbol(self, pair: int) -> str:
        return self._holdings[pair].pair.symbol
