"""What a trader tells of its own accord, one frozen value for each kind of line.

`kind` and the names of the fields are the wire: `sorte run --json` prints them in this order, and they are in no
language. Money is in quote currency, quantities in base currency; a Decimal is written as a string.
"""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from core.contracts.figures import RunFigures


class Told(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """Something that is told. A field that is UNSET is not on the wire; an unknown one is passed over."""


class PaperTold(msgspec.Struct, frozen=True, kw_only=True):
    """What the first and the last line of a run say of the paper account."""

    account: str  # continued or new
    since: str  # UTC, ISO 8601
    not_traded: dict[str, str] | UnsetType = UNSET  # asset -> quantity and value, of pairs that are not traded


class Starting(Told, frozen=True, kw_only=True, tag="starting"):
    """A run begins. What follows `folder` is of the paper account, `fills` of one that goes on."""

    mode: str  # shadow, paper or live
    pairs: tuple[str, ...]
    release: str  # tree hash
    folder: str
    account: str | UnsetType = UNSET
    since: str | UnsetType = UNSET
    not_traded: dict[str, str] | UnsetType = UNSET
    fills: int | UnsetType = UNSET


class Ready(Told, frozen=True, kw_only=True, tag="ready"):
    """Two hosts are warm: decisions count from here on."""

    pairs: list[str]
    equity: float | None


class Summary(RunFigures, frozen=True, kw_only=True, tag_field="kind", tag="summary"):
    """The last line of a run. What follows `rss_mb` is of the paper account."""

    rss_mb: float  # resident memory of the trader and its hosts, shared pages counted in each
    account: str | UnsetType = UNSET
    since: str | UnsetType = UNSET
    not_traded: dict[str, str] | UnsetType = UNSET
    starts: int | UnsetType = UNSET
    profit: float | UnsetType | None = UNSET  # on what was paid in


class NeverBegan(Summary, frozen=True, kw_only=True, tag="summary"):
    """The last line of a run that ended before there was a trader."""

    WIRE: ClassVar = (
        *("trading", "events", "events_lost", "events_doubled", "events_refilled", "events_unanswered"),
        *("decisions", "orders", "fills", "open_positions", "faults", "equity", "fees", "rss_mb"),
        *("unreconciled", "held_back", "fees_unpriced", "latency_us", "order_latency_us", "mode"),
    )
    """Its fields in the order that they have always had on the wire, which is not that of other summaries."""


class Waiting(Told, frozen=True, kw_only=True, tag="waiting"):
    """The exchange does not answer yet, and is asked again."""

    detail: str
    tries: int
    seconds: float  # until the next try


class FaultTold(Told, frozen=True, kw_only=True, tag="fault"):
    """Something went wrong and was survived."""

    cause: str  # a short code: host_late, host_died, feed_lost ...
    subject: str  # what it happened to
    detail: str


class EpochBegan(Told, frozen=True, kw_only=True, tag="epoch"):
    """From here on orders carry this fencing epoch, and this release decides."""

    epoch: int
    release: str  # tree hash


class HostReady(Told, frozen=True, kw_only=True, tag="host"):
    """A host is warm."""

    pid: int
    release: str  # tree hash
    ready_seconds: float
    compile_seconds: float
    rss_mb: float


class Decided(Told, frozen=True, kw_only=True, tag="decision"):
    """A decision that became an order; in shadow mode, one that would have."""

    pair: str
    action: str  # buy or sell
    reason: str  # the rule, or score
    score: float
    confidence: float
    signals: dict[str, float | None]
    sequence: int  # of the event


class Denied(Told, frozen=True, kw_only=True, tag="denied"):
    """An order that a limit forbade."""

    pair: str
    side: str  # BUY or SELL
    code: str
    detail: str
    within: int | UnsetType = UNSET  # orders of that side within the last minute; for who watches a release


class Rejected(Told, frozen=True, kw_only=True, tag="rejected"):
    """The exchange refused an order."""

    pair: str
    side: str
    order: str  # client id
    detail: str


class Unfilled(Told, frozen=True, kw_only=True, tag="unfilled"):
    """An order ended, and nothing was traded."""

    pair: str
    side: str
    price: Decimal
    order: str


class Filled(Told, frozen=True, kw_only=True, tag="fill"):
    """An order traded."""

    pair: str
    side: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    fee_asset: str
    order: str


class ProtectionTold(Told, frozen=True, kw_only=True, tag="protection"):
    """Of the stop order that rests for a position: `rests` with its figures, `sold`, or `none` and why."""

    pair: str
    state: str
    stop: Decimal | UnsetType = UNSET
    limit: Decimal | UnsetType = UNSET
    quantity: Decimal | UnsetType = UNSET
    order: str | UnsetType = UNSET
    detail: str | UnsetType = UNSET


class BooksCompared(Told, frozen=True, kw_only=True, tag="reconciled"):
    """Books and exchange were compared for the first time."""

    cash: Decimal
    positions: int


class BooksFollow(Told, frozen=True, kw_only=True, tag="books"):
    """Books and exchange differ in an asset, and why."""

    asset: str
    ours: Decimal
    theirs: Decimal
    cause: str


class ClockTold(Told, frozen=True, kw_only=True, tag="clock"):
    """The machine's clock is right again."""

    detail: str


class HeardAgain(Told, frozen=True, kw_only=True, tag="back"):
    """Pairs that were silent speak again."""

    pair: str  # several with commas between them
    detail: str


class ClosingPair(Told, frozen=True, kw_only=True, tag="closing"):
    """A position is being closed by its owner's word."""

    pair: str
    quantity: float


class ClosedPair(Told, frozen=True, kw_only=True, tag="closed"):
    """It is closed."""

    pair: str
    left: Decimal  # too little to be sold


class TradingIs(Told, frozen=True, kw_only=True, tag="trading"):
    """What the trader may do at all has changed."""

    state: str  # active, reducing or halted


Event = (
    Starting
    | Ready
    | Summary
    | Waiting
    | FaultTold
    | EpochBegan
    | HostReady
    | Decided
    | Denied
    | Rejected
    | Unfilled
    | Filled
    | ProtectionTold
    | BooksCompared
    | BooksFollow
    | ClockTold
    | HeardAgain
    | ClosingPair
    | ClosedPair
    | TradingIs
)
