"""Orders whose outcome is unknown: asked for by their client id until the exchange knows, and never sent again.

One is given up when the exchange would refuse a late arrival by itself (its receive window has passed) and still knows
nothing of it. However long that takes, its pair gets no other order.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from decimal import Decimal

from core.errors import ExchangeError
from core.tasks import start_task
from services.trader.exchanges.protocol import Exchange
from services.trader.ledger import Ledger
from services.trader.orders import Answer, Fill, Order, Protection, Status
from services.trader.timing import OrderTiming


class Settling:
    """Asks for the orders of one ledger. `on_answer` and `on_fill` hear what is found, as from the exchange itself.

    `proves_refused(order)` says whether one that the exchange does not know can never arrive.
    """

    def __init__(
        self,
        exchange: Exchange,
        ledger: Ledger,
        recv_window_ms: int,
        timing: OrderTiming,
        *,
        on_answer: Callable[[Answer], None],
        on_fill: Callable[[Fill], None],
        on_fault: Callable[[str, str, str], None],
        proves_refused: Callable[[Order], bool],
    ) -> None:
        self._exchange, self._ledger, self._pauses = exchange, ledger, timing.asking
        self._arrives_within_ms = recv_window_ms + timing.clocks_apart_ms
        self._on_answer, self._on_fill, self._on_fault = on_answer, on_fill, on_fault
        self._proves_refused = proves_refused
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @property
    def busy(self) -> bool:
        """Whether an order is being asked for."""
        return bool(self._tasks)

    def begin(self, order: Order, why: str) -> None:
        """Its outcome is not known: ask for it, beside whatever is being done."""
        if order.client_id in self._tasks:
            return
        self._on_fault("order_unknown", order.client_id, why)
        self._ledger.record(Answer(order.client_id, Status.UNKNOWN, why))
        task = start_task(self.settle(order))
        self._tasks[order.client_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(order.client_id, None))

    async def settle(self, order: Order) -> None:
        """Ask for an order until its end is known; however long that takes, its pair waits."""
        gives_up_ns = time.monotonic_ns() + self._arrives_within_ms * 1_000_000
        pause = self._pauses.first_seconds
        while order.client_id in self._ledger.portfolio.open_orders:
            try:
                answer, executed = await self._exchange.order_status(order.symbol, order.client_id)
            except ExchangeError as error:
                too_late = time.monotonic_ns() > gives_up_ns or self._proves_refused(order)
                if error.unknown_order and not self._filled(order) and too_late:
                    self._on_answer(Answer(order.client_id, Status.REJECTED, "it never arrived"))
                    return
            else:
                if await self.knows_fills(order, executed) and answer.status.closed:
                    self._on_answer(answer)
                    return
            await asyncio.sleep(pause)  # the exchange does not know yet, or does not answer
            pause = self._pauses.after(pause)

    async def knows_fills(self, order: Order | Protection, executed: Decimal) -> bool:
        """Whether the ledger has every trade of an order; those that it lacks are asked for."""
        if self._filled(order) < executed:
            with contextlib.suppress(ExchangeError):
                for fill in await self._exchange.order_fills(order.symbol, order.client_id):
                    self._on_fill(fill)
        return self._filled(order) >= executed

    async def cancel_all(self) -> None:
        """Take every open order off the book but protection; part of the kill switch."""
        for order in list(self._ledger.portfolio.open_orders.values()):
            try:
                await self._exchange.cancel(order.symbol, order.client_id)
            except ExchangeError as error:
                self._on_fault("cancel_failed", order.client_id, str(error))

    async def close(self) -> None:
        """Stop asking."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _filled(self, order: Order | Protection) -> Decimal:
        return self._ledger.portfolio.filled.get(order.client_id, Decimal(0))
