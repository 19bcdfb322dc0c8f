"""Where prices come from: the Protocol that the generator and the replay fulfil."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol


class Move(NamedTuple):
    """One step of one pair: the best bid and ask after it, and the trade that came with it, if any.

    `pair` is an index into the settings' pairs. Prices are in ticks, sizes in lots, `time_ms` is market time. A move
    with `trade_lots` 0 is a mere quote; one whose quote is the last one again is a mere trade.
    """

    time_ms: int
    pair: int
    bid: int
    ask: int
    bid_lots: int
    ask_lots: int
    trade_ticks: int = 0
    trade_lots: int = 0
    buyer_is_maker: bool = False


class PriceSource(Protocol):
    """Moves in the order of their time. A source is used once, from the past through the live market."""

    start_ms: int
    """Market time at which the live market begins; the past lies before."""

    def past(self) -> Iterator[Move]:
        """What happened before the start, at least one move for each pair. Consumed first, at once."""
        ...

    def live(self) -> Iterator[Move]:
        """What happens from the start on; ends where the data ends, or never."""
        ...

    def end_ms(self) -> int:
        """Market time at which a finite source is over; asked once `live` has ended."""
        ...
