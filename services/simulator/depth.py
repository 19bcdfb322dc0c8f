"""What an order would take from the book as it stands, and what that may cost; nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from services.simulator.market import PairMarket
from services.simulator.orders import Order


def takes(order: Order, state: PairMarket) -> tuple[list[tuple[int, int]], bool]:
    """(ticks, lots) per level that the order takes now, and whether that is all it asks for."""
    side = state.book.asks if order.is_buy else state.book.bids
    levels = side.within(order.ticks or None)
    return _by_value(order, levels) if order.quote_quantity else _by_lots(order, levels)


def would_take(order: Order, state: PairMarket) -> bool:
    """Whether its limit reaches the other side of the book."""
    best = state.book.best_ask()[0] if order.is_buy else state.book.best_bid()[0]
    return order.ticks >= best if order.is_buy else order.ticks <= best


def cost(order: Order, state: PairMarket) -> Decimal:
    """What the order may cost: at its limit, or at its stop price, or as the book stands for a market order."""
    if order.is_waiting and order.at_market:
        return state.grid.value(order.stop_ticks * order.lots) if order.is_buy else order.quantity
    if not order.at_market:
        return state.grid.value(order.ticks * order.lots) if order.is_buy else order.quantity
    if order.is_buy and order.quote_quantity:
        return order.quote_quantity
    if not order.is_buy and not order.quote_quantity:
        return order.quantity
    taken, _ = takes(order, state)
    if order.is_buy:
        return state.grid.value(sum(ticks * lots for ticks, lots in taken))
    return state.grid.quantity(sum(lots for _, lots in taken))


def _by_lots(order: Order, levels: Iterator[tuple[int, int]]) -> tuple[list[tuple[int, int]], bool]:
    left, takes = order.lots_left, []
    for ticks, lots in levels:
        if not left:
            break
        takes.append((ticks, min(lots, left)))
        left -= takes[-1][1]
    return takes, not left


def _by_value(order: Order, levels: Iterator[tuple[int, int]]) -> tuple[list[tuple[int, int]], bool]:
    """As many lots as the quote value buys; what does not make a whole lot is not spent."""
    left, takes = order.grid.units(order.quote_quantity), []
    for ticks, lots in levels:
        lot_value = ticks * order.grid.notional_units
        affordable = min(lots, left // lot_value)
        if affordable:
            takes.append((ticks, affordable))
            left -= affordable * lot_value
        if affordable < lots:
            return takes, True
    return takes, False
