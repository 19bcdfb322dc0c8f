"""What may be sent: pure decisions below the strategy. In doubt an order is refused, and the reason is a value.

Two questions are kept apart. `check` says whether one order may pass. `Trading` says what the trader may do at all:
ACTIVE trades, REDUCING only closes positions, HALTED sends no order (open ones are cancelled).
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec

from services.trader.limits import Limits
from services.trader.orders import Order, Side

LEAST_FIGURE, LARGEST_FIGURE = Decimal("1e-18"), Decimal("1e18")
"""No quantity or price is outside; within, no sum or product of two can overflow and raise where it should refuse."""
KEPT_FOR_FEES = Decimal("0.998")  # of the free cash may be spent; exchanges take 0.1 % or less
EXITS_PER_ENTRY = 2  # closing orders allowed in a minute for each opening one: a limit must not lock a position in


class Trading(StrEnum):
    """What the trader may do at all (the names are those of nautilus_trader's RiskEngine)."""

    ACTIVE = "active"
    REDUCING = "reducing"
    HALTED = "halted"


def trading_state(*, killed: bool, paused: bool, lost_today: bool, unreconciled: bool = False) -> Trading:
    """The state that these facts demand: the kill switch is thrown, the owner paused, the day's loss was reached, books
    and exchange could not be compared yet."""
    if killed:
        return Trading.HALTED
    return Trading.REDUCING if paused or lost_today or unreconciled else Trading.ACTIVE


class View(msgspec.Struct, frozen=True):
    """What the risk check knows of the account when an order is to be sent. Money in quote currency."""

    trading: Trading
    last_price: Decimal  # of the order's pair; 0 when never seen
    price_age_seconds: float  # since the pair's feed was last heard of
    position_quantity: Decimal  # of the order's pair, base currency
    position_value: Decimal  # at the last price, buy orders that are under way included
    total_exposure: Decimal  # of all pairs, buy orders that are under way included
    open_positions: int  # pairs held or being bought, the order's own not counted
    free_cash: Decimal
    entries_last_minute: int
    exits_last_minute: int
    smallest_order: Decimal = Decimal(0)  # value of the least that the exchange takes of the order's pair
    wanted: Decimal = Decimal(0)  # what the decision would spend on a buy if there were the cash
    held_back: str = ""  # why the pair is only closed; empty when it is not


class Denied(msgspec.Struct, frozen=True):
    """An order that may not pass: which limit, and the figures that decided."""

    code: str
    detail: str


def check(order: Order, limits: Limits, view: View, *, stale_seconds: float) -> Denied | None:
    """None when `order` may pass. Closing orders pass every limit on size, never one on state, price or rate."""
    return _check_state(order, limits, view, stale_seconds) or (
        _check_exit(order, limits, view) if order.side is Side.SELL else _check_entry(order, limits, view)
    )


def _check_state(order: Order, limits: Limits, view: View, stale_seconds: float) -> Denied | None:
    if view.trading is Trading.HALTED:
        return Denied("halted", "the kill switch is thrown")
    if view.trading is not Trading.ACTIVE and order.side is Side.BUY:  # before all figures: the cash may not be known
        return Denied("reducing", "positions are only closed now")
    if not limits.admits(order.symbol):
        return Denied("pair", f"{order.symbol} is not among the pairs of the limits file")
    if not (_is_figure(view.last_price) and view.price_age_seconds <= stale_seconds):
        return Denied("stale", f"last heard of {order.symbol} {view.price_age_seconds:.1f} s ago")
    if (too_small := _check_smallest(order, view)) is not None:
        return too_small
    if not (_is_figure(order.quantity) and _is_figure(order.price)):
        return Denied("malformed", f"quantity {order.quantity}, price {order.price}")
    distance = abs(order.price / view.last_price - 1)
    if distance > limits.price_collar:
        return Denied("price_collar", f"price {order.price} is {distance:.2%} from the last, {view.last_price}")
    return None


def _check_smallest(order: Order, view: View) -> Denied | None:
    """An order that the exchange takes from nobody. To have no cash left is a state of the account, no fault."""
    if not view.smallest_order or not _is_figure(order.price):
        return None
    if order.quantity.is_nan() or (order.quantity != 0 and not _is_figure(order.quantity)):
        return None
    value, smallest = order.quantity * order.price, view.smallest_order
    if value >= smallest:
        return None
    if order.side is Side.SELL:
        told = (
            f"{order.quantity} of {order.symbol}, worth {money(value)}, is below the smallest order, {short(smallest)}"
        )
        return Denied("smallest_order", f"{told}; it stays as dust")
    if view.wanted >= smallest > view.free_cash * KEPT_FOR_FEES:
        return Denied("no_cash", f"{money(view.free_cash)} is free, the smallest order is {short(smallest)}")
    asked = view.wanted if value <= view.wanted < smallest else value
    return Denied("smallest_order", f"{money(asked)} is below the smallest order, {short(smallest)}")


def money(value: Decimal) -> str:
    """An amount of quote currency: cents, or what is left of it when that is less."""
    return f"{value:.2f}" if not value or abs(value) >= Decimal("0.01") else f"{value:.8f}"


def short(value: Decimal) -> str:
    """A figure of a rule, without zeros at its end."""
    return f"{value.quantize(Decimal('0.00000001')).normalize():f}"


def _is_figure(value: Decimal) -> bool:
    return value.is_finite() and LEAST_FIGURE <= value <= LARGEST_FIGURE


def _check_exit(order: Order, limits: Limits, view: View) -> Denied | None:
    if order.quantity > view.position_quantity:
        return Denied("oversell", f"sells {order.quantity}, holds {view.position_quantity}")
    if view.exits_last_minute >= limits.orders_per_minute * EXITS_PER_ENTRY:
        return Denied("orders_per_minute", f"{view.exits_last_minute} closing orders within a minute")
    return None


def _check_entry(order: Order, limits: Limits, view: View) -> Denied | None:
    value = order.quantity * order.price
    if view.held_back:
        return Denied("books_differ", view.held_back)
    if view.entries_last_minute >= limits.orders_per_minute:
        return Denied("orders_per_minute", f"{view.entries_last_minute} opening orders within a minute")
    if view.open_positions >= limits.open_positions:
        return Denied("open_positions", f"{view.open_positions} pairs are held")
    for code, total, limit in (
        ("order_value", value, limits.order_value),
        ("position_value", view.position_value + value, limits.position_value),
        ("total_exposure", view.total_exposure + value, limits.total_exposure),
        ("cash", value, view.free_cash),
    ):
        if total > limit:
            return Denied(code, f"{total:.2f} is above {limit:.2f}")
    return None
