"""What fees in a third asset were worth when they were paid; never a guess.

The price is the last one of the asset's pair when that is traded here. Otherwise the exchange is asked, once for each
minute in which such fees were paid, and its answer goes to the journal; until then, and when it has none, the fee is
named in units of its asset and counts in no figure.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Final

import msgspec

from core.errors import ExchangeError
from core.kernel import NANOSECONDS
from core.tasks import start_task
from services.trader.exchanges.protocol import UNKNOWN_SYMBOL, Exchange
from services.trader.ledger import Ledger
from services.trader.orders import FeePriced, Fill
from services.trader.portfolio import is_third
from services.trader.timing import Pauses

MINUTE_NS: Final = 60 * NANOSECONDS
MOST_TRIES: Final = 8
"""For a minute of which the exchange does not answer; what is left then is asked for at the next start."""
MOST_EMPTY_ANSWERS: Final = 3
"""A minute that has just begun may have no price yet."""

Minute = tuple[str, int]
"""The pair that a fee is priced by, and the minute since 1970."""


class FeePrices:
    """Prices the fees of one ledger's fills."""

    def __init__(
        self, exchange: Exchange, ledger: Ledger, pauses: Pauses, on_fault: Callable[[str, str, str], None]
    ) -> None:
        self._exchange, self._ledger, self._on_fault = exchange, ledger, on_fault
        self._pauses = pauses
        self._in_vain: set[Minute] = set()  # the exchange has no price of it, or did not say
        self._asking: asyncio.Task[None] | None = None

    def priced(self, fill: Fill) -> Fill:
        """`fill` with its fee's price, when it needs one and the fee's asset is traded here."""
        portfolio = self._ledger.portfolio
        pair = portfolio.holdings[fill.symbol].pair if fill.symbol in portfolio.holdings else None
        if fill.fee_price is not None or not is_third(fill, pair):
            return fill
        holding = portfolio.holding_of(fill.fee_asset)
        if holding is None or holding.price <= 0.0:
            return fill
        return msgspec.structs.replace(fill, fee_price=Decimal(repr(holding.price)))

    def ask(self) -> None:
        """Ask for the prices that are not known; does nothing while it is asked already."""
        if self._waiting() and (self._asking is None or self._asking.done()):
            self._asking = start_task(self._ask_for_all())

    async def close(self) -> None:
        """Stop asking."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    def _waiting(self) -> dict[Minute, list[Fill]]:
        """The fills whose fee has no price, by what would tell it."""
        waiting: dict[Minute, list[Fill]] = {}
        for fill in self._ledger.portfolio.unpriced.values():
            minute = (f"{fill.fee_asset}{self._quote}", fill.time_ns // MINUTE_NS)
            if minute not in self._in_vain:
                waiting.setdefault(minute, []).append(fill)
        return waiting

    @property
    def _quote(self) -> str:
        return next((holding.pair.quote for holding in self._ledger.portfolio.holdings.values()), "")

    async def _ask_for_all(self) -> None:
        while waiting := self._waiting():
            minute, fills = next(iter(waiting.items()))
            price = await self._price(minute)
            if price is None:
                self._in_vain.add(minute)
                fees = sum((fill.fee for fill in fills), Decimal(0))
                told = f"{fees} {fills[0].fee_asset} have no price in {self._quote} and count in no figure"
                self._on_fault("fee_unpriced", fills[0].fee_asset, told)
                continue
            for fill in fills:
                self._ledger.record(FeePriced(fill.symbol, fill.trade_id, price))

    async def _price(self, minute: Minute) -> Decimal | None:
        symbol, number = minute
        pause, empty = self._pauses.first_seconds, 0
        for _ in range(MOST_TRIES):
            try:
                price = await self._exchange.price_at(symbol, number * MINUTE_NS)
            except ExchangeError as error:
                if error.code == UNKNOWN_SYMBOL:
                    return None
                pause = max(pause, min(error.retry_after_seconds, self._pauses.longest_seconds))
            else:
                if price is not None and price.is_finite() and price > 0:
                    return price
                empty += 1
                if empty == MOST_EMPTY_ANSWERS:
                    return None
            await asyncio.sleep(pause)
            pause = self._pauses.after(pause)
        return None
