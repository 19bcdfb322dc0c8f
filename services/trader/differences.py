"""What our books say of an asset against what the exchange says, and the likely cause; pure.

What lowers our holding and is proven (a sale by hand, a fee of a trade by hand) is booked. What the exchange holds
beyond our books is the owner's: it is named, never booked and never sold. What is missing without a proof is named, and
only what is there can be closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from services.trader.books import ZERO, Holding
from services.trader.exchanges.protocol import AccountTrade, Balance
from services.trader.orders import Adjustment, Side

SOLD_BY_HAND: Final = "sold_by_hand"
FEE_BY_HAND: Final = "fee_by_hand"
ADOPTED: Final = "adopted"
WRITTEN_OFF: Final = "written_off"


class Kind(StrEnum):
    """What an asset's difference is."""

    AGREES = "agrees"
    BEYOND = "beyond"  # the exchange has more: the owner's
    BOOKED = "booked"  # the exchange has less, and it is proven why
    DUST = "dust"  # they differ by less than a lot
    MISSING = "missing"  # the exchange has less, and nothing proves why


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one asset. `trades` are by hand, since the last comparison, of every pair that we know."""

    balance: Balance
    locked_by_owner: Decimal  # base currency in open sell orders that are not ours
    trades: Sequence[AccountTrade] = ()
    price: Decimal = ZERO  # of the asset now, quote currency


@dataclass(frozen=True, slots=True)
class Difference:
    """One line: an asset in our books and at the exchange."""

    asset: str
    symbol: str
    ours: Decimal  # base currency; before what is booked
    theirs: Decimal  # free and locked
    kind: Kind
    cause: str  # in words
    booked: tuple[Adjustment, ...] = ()
    missing: Decimal = ZERO  # what is ours and not there, after what is booked
    locked: Decimal = ZERO  # what is ours and there, and set aside by an order of the owner

    @property
    def worth_telling(self) -> bool:
        """Whether there is anything to say."""
        return self.kind in (Kind.BEYOND, Kind.BOOKED, Kind.MISSING) or self.missing > 0 or self.locked > 0


def explain(holding: Holding, evidence: Evidence, time_ns: int) -> Difference:
    """The line of one position; `time_ns` is the exchange's time now."""
    ours, theirs = max(holding.quantity, ZERO), evidence.balance.total
    booked = tuple(_proofs(holding, evidence, ours - theirs, time_ns)) if ours > theirs else ()
    rest = ours + sum((each.quantity for each in booked), ZERO)
    missing = max(rest - theirs, ZERO)
    locked = max(rest - missing - (theirs - evidence.locked_by_owner), ZERO)
    if missing >= holding.pair.lot:
        kind = Kind.MISSING
    elif booked:
        kind = Kind.BOOKED
    elif theirs == ours:
        kind = Kind.AGREES
    else:
        kind = Kind.BEYOND if theirs - ours >= holding.pair.lot else Kind.DUST
    causes = [_of_booking(each) for each in booked]
    match kind:
        case Kind.MISSING:
            causes.append(
                f"{plain(missing)} missing: likely a withdrawal, a transfer to another wallet, a conversion of small"
                " amounts, or a sale over another pair"
            )
        case Kind.DUST:
            causes.append("less than a lot: likely rounding or a conversion of small amounts")
        case Kind.BEYOND:
            causes.append(_of_beyond(holding, evidence, theirs - ours))
        case _:
            pass
    if locked > 0:
        causes.append(f"{plain(locked)} set aside by an open order that is not ours; cancel it to have it closed")
    return Difference(
        holding.pair.base,
        holding.pair.symbol,
        ours,
        theirs,
        kind,
        "; ".join(causes) or "they agree",
        booked,
        missing,
        locked,
    )


def _proofs(holding: Holding, evidence: Evidence, short: Decimal, time_ns: int) -> list[Adjustment]:
    """What proves that `short` of a holding is gone: first sales by hand, then fees of trades by hand."""
    pair, proofs = holding.pair, []
    sales = [trade for trade in evidence.trades if trade.symbol == pair.symbol and trade.side is Side.SELL]
    sold = min(sum((trade.quantity for trade in sales), ZERO), short)
    if sold > 0:
        price = average(sales)
        ids = tuple(trade.trade_id for trade in sales)
        last_ns = max(trade.time_ns for trade in sales)
        proofs.append(Adjustment(pair.base, -sold, price, SOLD_BY_HAND, last_ns, pair.symbol, ids))
    fees = sum((trade.fee for trade in evidence.trades if trade.fee_asset == pair.base), ZERO)
    paid = min(fees, short - sold)
    if paid > 0:
        proofs.append(Adjustment(pair.base, -paid, evidence.price, FEE_BY_HAND, time_ns))
    return proofs


def average(trades: Sequence[AccountTrade]) -> Decimal:
    """The price of some trades together, each by its quantity."""
    return sum((trade.quantity * trade.price for trade in trades), ZERO) / sum((t.quantity for t in trades), ZERO)


def _of_booking(booked: Adjustment) -> str:
    if booked.cause == SOLD_BY_HAND:
        return f"{plain(-booked.quantity)} sold by hand at {plain(Decimal(f'{booked.price:.8g}'))}: booked"
    return f"{plain(-booked.quantity)} went for fees of trades by hand: booked"


def _of_beyond(holding: Holding, evidence: Evidence, beyond: Decimal) -> str:
    bought = any(t.symbol == holding.pair.symbol and t.side is Side.BUY for t in evidence.trades)
    likely = "bought by hand" if bought else "likely a deposit, a reward, or a purchase before or over another pair"
    return f"{plain(beyond)} beyond our books, {likely}: yours, and not touched"


def plain(figure: Decimal) -> str:
    """A figure without zeros at its end."""
    return f"{figure.normalize():f}"
