"""Orders, fills, and what the ledger remembers of them.

The ledger is a fold: every record of the journal, applied in order, gives the orders and positions. Quantities and
prices are Decimal; times are UTC nanoseconds of the exchange's clock.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

CLOCK_REFUSED: Final = -1021
"""The `code` of an answer: the request's time was too far from the exchange's clock, and nothing was carried out.

The time is looked at before all else, so what was refused for it never reached the book (request-security.md)."""


class Side(StrEnum):
    """What an order does."""

    BUY = "BUY"
    SELL = "SELL"


class Status(StrEnum):
    """Where an order is. UNKNOWN is a state of its own: it may or may not have reached the book."""

    PENDING = "PENDING"  # written to the ledger, about to be sent or sent
    OPEN = "OPEN"  # the exchange has accepted it
    UNKNOWN = "UNKNOWN"  # sent, and no answer: it is asked for, never sent again
    FILLED = "FILLED"
    CANCELED = "CANCELED"  # by us, or what was left of it expired
    REJECTED = "REJECTED"  # the exchange refused it, or it never arrived

    @property
    def closed(self) -> bool:
        """Whether nothing more can happen to the order."""
        return self in (Status.FILLED, Status.CANCELED, Status.REJECTED)


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record of the journal. A field that is not known here is another version's, and may be what matters."""


class Order(Kept, frozen=True, tag="order"):
    """An order as it is meant, and what caused it. Limit, immediate or cancel: it never rests."""

    client_id: str  # s<epoch>-<first 8 of the release>-<sequence>: the same intent can only ever be one order
    symbol: str
    side: Side
    quantity: Decimal  # base currency, whole lots
    price: Decimal  # the worst price that is acceptable, on the tick
    time_ns: int  # of the event that caused it
    epoch: int  # fencing epoch: rises with every start and every switch
    release: str  # tree hash of the strategy that decided
    sequence: int  # of the event that it decided on
    reason: str  # the rule that decided, "score", or the limit that forced it
    commit: str = ""  # of the workspace, and the change and the owner's message that led to it; empty without one
    change: str = ""
    message: str = ""


def has_epoch(client_id: str, prefix: str) -> bool:
    """Whether a client id is `prefix`, an epoch's digits and a hyphen, and what follows: one of ours of that kind."""
    epoch, hyphen, _ = client_id.removeprefix(prefix).partition("-")
    return client_id.startswith(prefix) and epoch.isdigit() and bool(hyphen)


class Answer(Kept, frozen=True, tag="answer"):
    """What became of an order, as far as we know now."""

    client_id: str
    status: Status
    detail: str = ""
    code: int = 0  # the exchange's own for a refusal; 0 without one


class Fill(Kept, frozen=True, tag="fill"):
    """One trade of an order. (symbol, trade_id) is unique: the same fill may be heard of twice and counts once."""

    client_id: str
    symbol: str
    side: Side
    trade_id: int
    quantity: Decimal  # base currency
    price: Decimal
    fee: Decimal
    fee_asset: str
    time_ns: int
    fee_price: Decimal | None = None  # of a fee in a third asset, in quote currency, when it was paid; None: not known


class FeePriced(Kept, frozen=True, tag="fee_priced"):
    """What a fee in a third asset was worth, learned after its fill."""

    symbol: str  # of the fill, with its trade_id
    trade_id: int
    price: Decimal  # quote currency for one of the fee's asset


class Adjustment(Kept, frozen=True, tag="adjustment"):
    """Our books of an asset follow what its owner did, or said. Cash is not moved: the exchange says what it is."""

    asset: str
    quantity: Decimal  # base currency; above zero: taken over from the owner, below: gone
    price: Decimal  # quote currency for one
    cause: str  # sold_by_hand, fee_by_hand, adopted, written_off
    time_ns: int
    symbol: str = ""  # of the trades by hand that prove it, with their ids: each proves once
    trade_ids: tuple[int, ...] = ()


class Reconciled(Kept, frozen=True, tag="reconciled"):
    """Books and exchange were compared; what was traded by hand before then is settled."""

    time_ns: int  # the exchange's


class Epoch(Kept, frozen=True, tag="epoch"):
    """From here on orders carry this fencing epoch, and this release decides."""

    number: int
    release: str
    time_ns: int


class Day(Kept, frozen=True, tag="day"):
    """A day began, UTC, with this equity; its loss is counted from here, over restarts too."""

    date: str  # ISO
    equity: Decimal


class Fault(Kept, frozen=True, tag="fault"):
    """Something that went wrong and was survived, told once."""

    cause: str  # a short code: host_late, host_died, feed_lost ...
    subject: str  # what it happened to
    detail: str
    time_ns: int


class Protection(Kept, frozen=True, tag="protection"):
    """A stop-loss-limit order that rests at the exchange for a position, so that it has an end without us too.

    The one order of ours that rests. It sells `quantity` at `price` or better once the market has traded at
    `stop_price` or below. Its answers and fills are those of any order.
    """

    client_id: str  # p<epoch>-<number>
    symbol: str
    quantity: Decimal  # base currency, whole lots
    stop_price: Decimal  # on the tick
    price: Decimal  # the worst price that is acceptable, on the tick, below `stop_price`
    time_ns: int  # UTC, the exchange's, of the event before it
    epoch: int
    release: str  # who decided when it was placed, as of an order
    commit: str = ""
    change: str = ""
    message: str = ""
    replaces: str = ""  # client id of the one that it takes the place of, in one request

    def as_order(self) -> Order:
        """As it is shown among the others."""
        return Order(
            client_id=self.client_id,
            symbol=self.symbol,
            side=Side.SELL,
            quantity=self.quantity,
            price=self.price,
            time_ns=self.time_ns,
            epoch=self.epoch,
            release=self.release,
            sequence=0,
            reason=PROTECTION,
            commit=self.commit,
            change=self.change,
            message=self.message,
        )


PROTECTION: Final = "protection"
"""The reason of every sale by such an order."""

Record = Order | Answer | Fill | Epoch | Day | Fault | FeePriced | Adjustment | Reconciled | Protection
