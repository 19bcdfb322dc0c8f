"""What an account has come to, as its owner asks for it.

Money is in quote currency; a Decimal is written as a string.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from core.contracts.events import Told


class PairProfit(msgspec.Struct, frozen=True, kw_only=True):
    """Of one pair in the stretch."""

    pair: str
    realised: Decimal
    trades: int
    won: int


class ProfitShown(Told, frozen=True, kw_only=True, tag="profit"):
    """What a stretch of time came to. A trade is an order that sold; it is won when it earned something."""

    period: str  # today, yesterday, week, month, year, all, or a day like 2026-11-27
    from_ns: int  # UTC; 0: from the account's beginning
    until_ns: int
    account: str  # exchange, paper, or run: a simulated account of its own
    currency: str  # empty when that is not one
    realised: Decimal  # net of fees
    realised_share: float | None  # of the equity that the stretch began with; None when that was not written down
    open: Decimal | None  # of what is held now; None when the stretch is over, or no trader runs to tell the prices
    open_share: float | None
    fees: Decimal
    trades: int
    won: int
    drawdown: float | None  # deepest fall of the realised equity, a fraction of its peak
    before: Decimal | None  # equity that it began with
    equity: float | None  # now; None without a trader
    pairs: list[PairProfit]


class ReleaseProfit(msgspec.Struct, frozen=True, kw_only=True):
    """What one release came to over all the time that it decided."""

    release: str  # tree hash
    commit: str  # newest one of that tree; empty when the workspace has none
    summary: str
    from_ns: int
    seconds: float
    realised: Decimal
    trades: int
    won: int
    trades_now: bool


class CompareShown(Told, frozen=True, kw_only=True, tag="compare"):
    """The releases that have traded, the newest first."""

    account: str
    currency: str
    releases: list[ReleaseProfit]
