"""What a trade moves: money set aside and free, what comes in for it, and the fee."""

from __future__ import annotations

from decimal import Decimal

from services.simulator import fees
from services.simulator.account import Account
from services.simulator.market import Market
from services.simulator.orders import Fill, Order
from services.simulator.settings import SimSettings


class Settlement:
    """Settles the trades of one account at once."""

    def __init__(self, settings: SimSettings, market: Market, account: Account) -> None:
        self._settings, self._market, self._account = settings, market, account
        self.balances = account.balances

    def can_pay(self, order: Order, ticks: int, lots: int) -> bool:
        """A market order may cost more than was set aside, when the book moved within the latency."""
        grid = order.grid
        cost = grid.value(ticks * lots) if order.is_buy else grid.quantity(lots)
        return cost <= order.locked + self.balances[order.locks].free

    def settle(self, order: Order, trade_id: int, ticks: int, lots: int, *, is_maker: bool) -> Fill:
        """Move the money of a trade of `lots` at `ticks`; the order's own state is not changed but for its lock."""
        fill = self._fill_of(order, trade_id, ticks, lots, is_maker=is_maker)
        self._pay(order, fill)
        return fill

    def _fill_of(self, order: Order, trade_id: int, ticks: int, lots: int, *, is_maker: bool) -> Fill:
        grid, pair = order.grid, order.grid.pair
        quantity, quote = grid.quantity(lots), grid.value(ticks * lots)
        rate = self._settings.maker_fee if is_maker else self._settings.taker_fee
        means = self._bnb_means(order, quantity) if self._account.bnb_fees else None
        fee, asset = fees.commission(pair, is_buy=order.is_buy, quantity=quantity, quote=quote, rate=rate, means=means)
        return Fill(
            trade_id=trade_id,
            order_id=order.order_id,
            symbol=order.symbol,
            side=order.side,
            price=grid.price(ticks),
            quantity=quantity,
            quote_quantity=quote,
            commission=fee,
            commission_asset=asset,
            time_ms=self._market.last_ms,
            is_maker=is_maker,
            list_id=order.list_id,
        )

    def _pay(self, order: Order, fill: Fill) -> None:
        """Give what was sold out of what is set aside, then out of what is free; take in the rest, and pay the fee."""
        grid, balances = order.grid, self.balances
        spent, received = (fill.quote_quantity, fill.quantity) if order.is_buy else (fill.quantity, fill.quote_quantity)
        reserved = spent
        if order.is_buy and order.ticks:  # a limit buy set its own price aside; a better one frees the difference
            reserved = fill.quantity * order.price
        reserved = min(reserved, order.locked)
        order.locked -= reserved
        balances.change(order.locks, free=reserved - spent, locked=-reserved)
        gained = grid.pair.base if order.is_buy else grid.pair.quote
        balances.change(gained, free=received)
        balances.change(fill.commission_asset, free=-fill.commission)

    def _bnb_means(self, order: Order, quantity: Decimal) -> fees.Means:
        """The BNB that is free once this trade is settled, and what one is worth in the pair's quote currency."""
        pair, free = order.grid.pair, self.balances[fees.DISCOUNT_ASSET].free
        if pair.base == fees.DISCOUNT_ASSET:
            free += quantity if order.is_buy else min(Decimal(0), order.locked - quantity)
        if pair.quote == fees.DISCOUNT_ASSET and order.is_buy:
            free = Decimal(0)  # what a trade costs in BNB is settled first; the fee comes out of what was bought
        state = self._market.by_symbol.get(fees.DISCOUNT_ASSET + pair.quote)
        return fees.Means(free, None if state is None else state.grid.price(state.last_ticks()))
