"""The rules an order's numbers must obey, as `exchangeInfo` announces them and as orders are checked against them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from core.contracts import Pair
from services.simulator.grid import text
from services.simulator.orders import MARKET_TYPES, STOP_TYPES, NewOrder
from services.simulator.refusals import Refusal, engine_filter_failure, filter_failure
from services.simulator.settings import UNIT

MAX_STEPS: Final = 10**9
"""Highest price and quantity, in ticks and lots: 10 million USDT and 10,000 BTC in BTCUSDT."""
MAX_FINE_STEPS: Final = 10**18
"""Where a recorded market has a finer grid than the exchange itself."""
MAX_NOTIONAL: Final = Decimal(9_000_000)
MAX_OPEN_ORDERS: Final = 200
MAX_ORDER_LISTS: Final = 20
MAX_ALGO_ORDERS: Final = 5
"""Open orders of one pair that still wait for their stop price."""
PRICE_UP: Final = Decimal(5)
PRICE_DOWN: Final = Decimal("0.2")
"""How far a limit price may lie from the market, as factors."""


@dataclass(frozen=True, slots=True)
class Market:
    """What the filters need to know of the moment."""

    price: Decimal
    open_orders: int
    algo_orders: int = 0
    """Those of the open orders that still wait for their stop price."""


def described(pair: Pair) -> list[dict[str, Any]]:
    """The filters of one pair as `exchangeInfo` shows them."""
    most = _most_steps(pair)
    sizes = {"minQty": text(pair.lot), "maxQty": text(pair.lot * most), "stepSize": text(pair.lot)}
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": text(pair.price_tick),
            "maxPrice": text(pair.price_tick * most),
            "tickSize": text(pair.price_tick),
        },
        {"filterType": "LOT_SIZE", **sizes},
        {"filterType": "MARKET_LOT_SIZE", **sizes},
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": str(PRICE_UP),
            "bidMultiplierDown": str(PRICE_DOWN),
            "askMultiplierUp": str(PRICE_UP),
            "askMultiplierDown": str(PRICE_DOWN),
            "avgPriceMins": 0,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": text(pair.min_notional),
            "applyMinToMarket": True,
            "maxNotional": text(MAX_NOTIONAL),
            "applyMaxToMarket": False,
            "avgPriceMins": 0,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": MAX_OPEN_ORDERS},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": MAX_ALGO_ORDERS},
        {"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": MAX_ORDER_LISTS},
    ]


def check(order: NewOrder, market: Market) -> None:
    """Raise the first failure. A market order's value is reckoned at the last price."""
    pair = order.pair
    if any(
        price is not None and not _on_grid(price, pair.price_tick, pair) for price in (order.price, order.stop_price)
    ):
        raise filter_failure("PRICE_FILTER")
    if order.price is not None and not market.price * PRICE_DOWN <= order.price <= market.price * PRICE_UP:
        raise filter_failure("PERCENT_PRICE_BY_SIDE")
    if order.quantity is not None and not _on_grid(order.quantity, pair.lot, pair):
        raise filter_failure("LOT_SIZE")
    if order.quote_quantity is not None and order.quote_quantity <= 0:
        raise Refusal(-1013, "Invalid quote order quantity.")
    value = order.quote_quantity or (order.quantity or 0) * (order.price or market.price)
    too_big = order.type not in MARKET_TYPES and value > MAX_NOTIONAL
    if value < pair.min_notional or too_big:
        raise filter_failure("NOTIONAL")
    rests = order.price is not None or order.stop_price is not None
    if rests and market.open_orders >= MAX_OPEN_ORDERS:
        raise filter_failure("MAX_NUM_ORDERS")
    if order.type in STOP_TYPES and market.algo_orders >= MAX_ALGO_ORDERS:
        raise engine_filter_failure("MAX_NUM_ALGO_ORDERS")


def _on_grid(amount: Decimal, step: Decimal, pair: Pair) -> bool:
    return step <= amount <= step * _most_steps(pair) and amount % step == 0


def _most_steps(pair: Pair) -> int:
    fine = pair.price_tick < UNIT or pair.lot < UNIT or pair.price_tick * pair.lot < UNIT
    return MAX_FINE_STEPS if fine else MAX_STEPS
