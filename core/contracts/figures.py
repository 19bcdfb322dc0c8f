"""What a trader says of itself when its commander asks or orders something: one frozen value for each question.

The field order is that of the lines that an owner reads with `--json`. Money is in quote currency.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """A value of the trader's. A key that a later version adds is passed over."""


class Done(Reply, frozen=True):
    """It was done, and there is nothing to say of it."""


class Staged(Reply, frozen=True, kw_only=True):
    """A green host is warm."""

    ready_seconds: float
    compile_seconds: float
    warmed_until: int  # sequence of the last event that it was warmed up with; 0 without one


class ShadowRun(Reply, frozen=True, kw_only=True):
    """Green has decided beside blue on the events `first` to `last`, by sequence."""

    first: int
    last: int
    events: str  # recordings, as `read_recording` takes them: of the events, and of what each host decided
    green: str
    blue: str  # empty when no host decided


class SwitchDone(Reply, frozen=True, kw_only=True):
    """Another host decides."""

    epoch: int
    first: int | None  # sequence of the first event that it answered; None when none came in time
    events_lost: int
    events_doubled: int


class PairClosing(Reply, frozen=True, kw_only=True):
    """The position of one pair is being closed."""

    pair: str
    quantity: float  # base currency
    price: float


class Percentiles(Reply, frozen=True, kw_only=True):
    """Latencies in whole microseconds; None when nothing was measured."""

    p50: int | None
    p99: int | None


class RunFigures(Reply, frozen=True, kw_only=True):
    """How a run stands. Counts are since its start; those of orders and fills, over restarts too."""

    mode: str  # shadow, paper or live
    trading: str  # active, reducing or halted
    events: int
    events_lost: int
    events_doubled: int
    events_refilled: int
    events_unanswered: int
    decisions: int
    orders: int
    fills: int
    equity: float | None  # None where it is not a number
    fees: float
    unreconciled: bool  # books and exchange are not compared yet: positions are only closed
    held_back: list[str]  # pairs of which a part is not at the exchange
    fees_unpriced: dict[str, str]  # asset -> units of it, that count in no figure
    open_positions: int
    faults: int
    latency_us: Percentiles  # frame read to decision settled
    order_latency_us: Percentiles  # frame read to order written


class Position(Reply, frozen=True, kw_only=True):
    """What is held of one pair."""

    pair: str
    quantity: float  # base currency, that can be sold
    entry_price: float
    price: float
    profit: float  # a fraction of what was paid: 0.02 is 2 %
    protected: float | None  # price of the stop order that rests at the exchange; None without one


class Trees(Reply, frozen=True, kw_only=True):
    """Tree hashes of what the warm hosts run; empty without one."""

    blue: str
    green: str
    previous: str


class TraderStatus(RunFigures, frozen=True, kw_only=True):
    """The figures of a trader that runs, with what it holds and what its hosts run."""

    pairs: list[str]
    latency_counts: dict[int, int]  # whole microseconds -> events
    paused: bool
    dust: dict[str, str]  # asset -> units of it, too little to be sold
    bare: dict[str, str]  # pair -> why nothing rests for it at the exchange
    cash: float
    positions: list[Position]
    slots: Trees
    drawdown: float | UnsetType = UNSET  # fall of the equity from its peak since the start, a fraction of it
    feed_age_seconds: dict[str, float] | UnsetType = UNSET  # pair -> since the exchange last said something of it
