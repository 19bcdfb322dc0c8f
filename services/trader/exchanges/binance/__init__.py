"""Binance spot: REST for questions, streams for the market, the WebSocket API for orders and the account's events.

developers.binance.com/docs/binance-spot-api-docs. The simulated exchange speaks the same dialect, so paper and live run
through this very code.
"""

from services.trader.exchanges.binance.exchange import Binance

__all__ = ["Binance"]
