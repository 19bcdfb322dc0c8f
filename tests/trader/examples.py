"""Values that many tests of the trader begin with; each test changes what it is about."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from core.contracts import Pair
from services.trader.limits import Limits
from services.trader.orders import Fill, Order, Side

SECOND_NS = 1_000_000_000
NOON_NS = 1_767_268_800 * SECOND_NS
"""2026-01-01 12:00 UTC."""

BTC = Pair("BTCUSDT", "BTC", "USDT", Decimal("0.01"), Decimal("0.00001"), Decimal(5))
ETH = Pair("ETHUSDT", "ETH", "USDT", Decimal("0.01"), Decimal("0.0001"), Decimal(5))

RELEASE = "0123456789abcdef0123456789abcdef01234567"


def limits(**changes: Any) -> Limits:
    """Round figures that no test hits by chance."""
    usual: dict[str, Any] = {
        "pairs": ("*",),
        "order_value": 1000,
        "position_value": 2000,
        "total_exposure": 5000,
        "open_positions": 3,
        "loss_per_trade": 100,
        "loss_per_day": 300,
        "orders_per_minute": 10,
        "price_collar": Decimal("0.02"),
    }
    return Limits.model_validate(usual | changes)


def order(**changes: Any) -> Order:
    """Buys 0.01 BTC for 50,000 USDT each: 500 USDT."""
    usual: dict[str, Any] = {
        "client_id": "s1-01234567-1",
        "symbol": "BTCUSDT",
        "side": Side.BUY,
        "quantity": Decimal("0.01"),
        "price": Decimal(50_000),
        "time_ns": NOON_NS,
        "epoch": 1,
        "release": RELEASE,
        "sequence": 1,
        "reason": "score",
    }
    return Order(**usual | changes)


def fill(**changes: Any) -> Fill:
    """All of `order()`, without a fee."""
    usual: dict[str, Any] = {
        "client_id": "s1-01234567-1",
        "symbol": "BTCUSDT",
        "side": Side.BUY,
        "trade_id": 1,
        "quantity": Decimal("0.01"),
        "price": Decimal(50_000),
        "fee": Decimal(0),
        "fee_asset": "USDT",
        "time_ns": NOON_NS,
    }
    return Fill(**usual | changes)
