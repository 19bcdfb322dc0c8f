"""What an owner asks of his ledger: round trips, tables, balance, curves.

Money is in quote currency, quantities are in base currency; a Decimal is written as a string. A round trip lasts from
the order that opened a position to the one after which nothing is left that could be sold.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from core.contracts.events import Told
from core.contracts.reasons import Reason


class TripLeg(msgspec.Struct, frozen=True, kw_only=True):
    """One end of a round trip."""

    order: str  # client id; empty for what the owner did
    time_ns: int
    quantity: Decimal  # of all its orders
    price: Decimal  # at which they traded, on average
    reason: str  # rule, score, stop, target, protection, panic ...; of what the owner did sold_by_hand, adopted ...
    release: str  # tree that decided
    commit: str
    change: str


class TripShown(msgspec.Struct, frozen=True, kw_only=True):
    """One round trip, or what there is of it."""

    number: int  # from 1, in the order in which trips of the account were opened
    pair: str
    closed: bool
    entry: TripLeg | None  # None: its purchase is in no journal
    exit: TripLeg | None  # None: nothing was sold yet
    paid: Decimal  # for what was bought, fees aside
    profit: Decimal  # realised so far, net of fees
    share: float | None  # of `paid`
    fees: Decimal
    seconds: float | None  # that it lasted; None while it does
    open: float | None  # what is still held would earn so much now; None when nothing is, or no trader tells the price
    text: str  # the sentence that led to the code that entered


class TripsShown(Told, frozen=True, kw_only=True, tag="trips"):
    """Round trips, newest first."""

    account: str  # exchange, paper, or run: a simulated account of its own
    currency: str  # empty when that is not one
    pair: str  # asked for; empty: all
    period: str  # asked for; empty: all
    total: int  # of which these are the newest
    trips: list[TripShown]


class FillMark(msgspec.Struct, frozen=True, kw_only=True):
    """A trade as it is drawn on a price."""

    time_ns: int
    side: str  # BUY or SELL
    price: Decimal
    quantity: Decimal
    order: str
    reason: str


class TripExplained(Told, frozen=True, kw_only=True, tag="trip"):
    """One round trip with what decided each end, as the ledger of reasons has it, and its trades."""

    account: str
    currency: str
    trip: TripShown
    entry_why: Reason | None
    exit_why: Reason | None
    entry_about: str  # what the rule says of itself; empty when no rule decided
    exit_about: str
    exit_text: str  # the sentence that led to the code that left
    fills: list[FillMark]  # oldest first


class PeriodProfit(msgspec.Struct, frozen=True, kw_only=True):
    """One day, week or month of the owner's. A trade is an order that sold, and is won when it earned something."""

    day: str  # its first one, ISO
    from_ns: int
    until_ns: int
    realised: Decimal  # net of fees
    share: float | None  # of the equity that it began with
    fees: Decimal
    trades: int
    won: int
    before: Decimal | None
    drawdown: float | None


class PeriodsShown(Told, frozen=True, kw_only=True, tag="periods"):
    """What each of the last days, weeks or months came to, newest first; the first one is not over."""

    unit: str  # day, week or month
    account: str
    currency: str
    periods: list[PeriodProfit]


class TripFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What closed round trips of one kind came to."""

    name: str  # pair, release (tree) or reason
    trips: int
    won: int
    lost: int
    realised: Decimal
    fees: Decimal
    share: float | None  # of what was paid for them
    seconds: float | None  # that one lasted, on average
    commit: str = ""  # of a release: the last one of that tree that decided
    change: str = ""
    text: str = ""  # the sentence of that change


class PerformanceShown(Told, frozen=True, kw_only=True, tag="performance"):
    """Closed round trips by pair, by the release that left, and by reason; who earned most comes first."""

    period: str
    from_ns: int
    until_ns: int
    account: str
    currency: str
    pairs: list[TripFigures]
    releases: list[TripFigures]
    entries: list[TripFigures]  # by the reason that they were entered for
    exits: list[TripFigures]  # by the reason that they were left for


class StatsShown(Told, frozen=True, kw_only=True, tag="stats"):
    """What the closed round trips of a stretch have in common."""

    period: str
    from_ns: int
    until_ns: int
    account: str
    currency: str
    trips: int
    won: int
    lost: int
    even: int
    realised: Decimal
    fees: Decimal
    mean_share: float | None
    profit_factor: float | None  # earned by those won, over what those lost cost; None when none was lost
    won_seconds: float | None  # on average
    lost_seconds: float | None
    won_in_a_row: int  # at the most
    lost_in_a_row: int
    best: TripShown | None
    worst: TripShown | None
    exits: list[TripFigures]


class CountShown(Told, frozen=True, kw_only=True, tag="count"):
    """How much is open, against what the limits allow."""

    open: int
    most: int
    pairs: list[str]
    value: float | None  # of what is held; None when no trader tells the prices
    most_value: Decimal
    currency: str
    runs: bool  # a trader runs


class AssetHeld(msgspec.Struct, frozen=True, kw_only=True):
    """What the account has of one asset."""

    asset: str
    quantity: Decimal
    price: float | None  # quote currency; None when no trader tells it
    value: float | None
    share: float | None  # of the equity
    sellable: bool  # False: too little to be sold


class BalanceShown(Told, frozen=True, kw_only=True, tag="balance"):
    """What the account has. Without a trader that runs there are no prices and no cash, which an exchange tells."""

    account: str
    currency: str
    equity: float | None
    cash: float | None
    began: Decimal | None  # equity at its first record of it
    realised: Decimal  # since its first record, net of fees
    fees: Decimal
    assets: list[AssetHeld]
    runs: bool


class PositionHeld(msgspec.Struct, frozen=True, kw_only=True):
    """One open position, with what led to it."""

    pair: str
    number: int | None  # of its round trip; None when it is in no journal
    quantity: Decimal  # base currency
    entry_price: Decimal
    price: float | None  # None without a trader that tells it
    value: float | None
    profit: float | None  # that it would earn now, what it cost to enter aside
    share: float | None  # of what was paid
    fees: Decimal  # so far
    since_ns: int | None
    protected: float | None  # price of the stop order that rests at the exchange
    reason: str  # that it was entered for
    release: str  # tree that decided
    commit: str
    change: str
    text: str  # the sentence that led to that code


class PositionsShown(Told, frozen=True, kw_only=True, tag="positions"):
    """What is open, the newest first; with prices only while a trader runs."""

    account: str
    currency: str
    runs: bool
    positions: list[PositionHeld]


class EquityPoint(msgspec.Struct, frozen=True, array_like=True):
    """The account's worth at a moment."""

    time_ns: int
    equity: float
    exact: bool  # as the trader had it; else the last such, and what was realised since


class ReleaseBegan(msgspec.Struct, frozen=True, kw_only=True):
    """From that moment on a release decided."""

    time_ns: int
    release: str


class EquityShown(Told, frozen=True, kw_only=True, tag="equity"):
    """The account's worth over a stretch, oldest first, thinned so that no peak and no valley is lost."""

    period: str
    from_ns: int
    until_ns: int
    account: str
    currency: str
    points: list[EquityPoint]
    drawdown: float | None  # deepest fall, a fraction of the peak
    releases: list[ReleaseBegan]


class Candle(msgspec.Struct, frozen=True, array_like=True):
    """One bar by the moment at which it opened."""

    time_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class CandlesShown(Told, frozen=True, kw_only=True, tag="candles"):
    """The last bars of a pair that the trader saw, with the trades on them, both oldest first."""

    account: str
    pair: str
    timeframe: str
    candles: list[Candle]
    fills: list[FillMark]


class JudgedTrade(msgspec.Struct, frozen=True, array_like=True):
    """A round trip that the judge counted; quote currency."""

    pair: str
    entered_ns: int
    left_ns: int
    quantity: float  # base currency
    entry: float  # price
    exit: float
    profit: float  # net of fees
    entered_for: str  # rule, or score
    left_for: str  # the same, stop or target


class JudgedShown(Told, frozen=True, kw_only=True, tag="judged"):
    """What the judge counted of a change on the held-out history: as it traded before, and as it was changed."""

    change: str
    pairs: list[str]
    begin_ns: int  # from there on both traded; what comes before warmed them up
    times_ns: list[int]
    before: list[float]  # equity at these times, quote currency
    after: list[float]
    trades_before: list[JudgedTrade] = []  # noqa: RUF012 - msgspec copies it for each value; the newest of them
    trades_after: list[JudgedTrade] = []  # noqa: RUF012 - the same


LedgerShown = (
    TripsShown
    | TripExplained
    | PeriodsShown
    | PerformanceShown
    | StatsShown
    | CountShown
    | BalanceShown
    | PositionsShown
    | EquityShown
    | CandlesShown
    | JudgedShown
)
