"""The two currencies of a symbol, where no exchange is at hand to tell them: a journal names its symbols only."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from core.contracts import Pair

QUOTES: Final = ("FDUSD", "USDT", "USDC", "BUSD", "TUSD", "BRL", "USD", "EUR", "TRY", "BTC", "ETH", "BNB")
"""One that ends like another comes first."""
FINEST: Final = Decimal("1e-18")


def pair_of(symbol: str) -> Pair:
    """The pair of a symbol, with no grid: enough to count what its trades came to.

    A symbol that ends in no currency that we know is counted in one without a name.
    """
    quote = next((each for each in QUOTES if symbol.endswith(each) and symbol != each), "")
    return Pair(symbol, symbol.removesuffix(quote) if quote else symbol, quote, FINEST, FINEST, Decimal(0))
