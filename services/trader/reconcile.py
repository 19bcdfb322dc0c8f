"""At the start: what the ledger believes against what the exchange says. Nothing trades until they agree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from core.errors import ConfigurationError
from services.trader.exchanges.protocol import Exchange
from services.trader.execution import Execution
from services.trader.portfolio import Portfolio

OURS: Final = "s"
"""Every client id of ours begins so, followed by the epoch's digits and a hyphen."""


async def reconcile(
    exchange: Exchange,
    portfolio: Portfolio,
    execution: Execution,
    on_fault: Callable[[str, str, str], None],
    *,
    may_cancel: bool,
) -> None:
    """Settle every open order, take the cash from the exchange, and compare the positions.

    The exchange may hold more than the ledger says: that is the owner's and is left alone. When it holds less, somebody
    sold what we think we have; this raises ConfigurationError, since no order would be right then. Without `may_cancel`
    open orders that the ledger does not know are left alone: they may be another trader's.
    """
    for order in list(portfolio.open_orders.values()):
        on_fault("order_open_at_start", order.client_id, f"{order.side} {order.quantity} {order.symbol}")
        await execution.settle(order)
    for symbol, client_id in await exchange.open_orders() if may_cancel else ():
        if is_ours(client_id) and symbol in portfolio.holdings:
            on_fault("order_not_in_ledger", client_id, f"{symbol}: cancelled")
            await exchange.cancel(symbol, client_id)
    await execution.protecting.recognise(may_cancel=may_cancel)
    balances = await exchange.balances()
    portfolio.cash = balances.get(quote_asset(portfolio), Decimal(0))
    missing = shortfalls(portfolio, balances)
    if missing:
        told = "; ".join(f"{asset}: {held} in the ledger, {found} at the exchange" for asset, held, found in missing)
        raise ConfigurationError(
            f"The positions do not agree with the exchange: {told}.",
            "If you sold by hand, start with a new data_dir; the old journal keeps its history.",
        )


def quote_asset(portfolio: Portfolio) -> str:
    """The currency that everything is counted in. Raises ConfigurationError when the pairs have several."""
    quotes = sorted({holding.pair.quote for holding in portfolio.holdings.values()})
    if len(quotes) != 1:
        raise ConfigurationError(f"The pairs are quoted in {', '.join(quotes)}.", "Trade pairs of one quote currency.")
    return quotes[0]


def shortfalls(portfolio: Portfolio, balances: Mapping[str, Decimal]) -> list[tuple[str, Decimal, Decimal]]:
    """(asset, held by the ledger, found at the exchange) where a lot or more is missing."""
    return [
        (holding.pair.base, holding.quantity, balances.get(holding.pair.base, Decimal(0)))
        for holding in portfolio.holdings.values()
        if balances.get(holding.pair.base, Decimal(0)) <= holding.quantity - holding.pair.lot
    ]


def is_ours(client_id: str) -> bool:
    """Whether an order was sent by a trader of ours."""
    epoch = client_id.removeprefix(OURS).partition("-")[0]
    return client_id.startswith(OURS) and epoch.isdigit() and "-" in client_id
