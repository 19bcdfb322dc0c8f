"""Asks for protective orders whose state is not known, until it is; takes back, in the same way, those that are to end.

One without an answer is UNKNOWN and asked for by its id, never sent again. It is given up when the exchange would
refuse its late arrival: that is sooner than for an order, because a position is bare meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Final, Protocol

from core.errors import ExchangeError
from core.tasks import start_task
from services.trader.exchanges.clock import MILLISECOND_NS
from services.trader.exchanges.protocol import Exchange
from services.trader.ledger import Ledger
from services.trader.orders import Answer, Order, Protection, Status
from services.trader.timing import ProtectionTiming

FIRST_WINDOW_MS: Final = 500
"""Within which one has to arrive; after a -1021 it is the usual window."""
DRIFT_MS: Final = 100  # more than a measured clock goes wrong between two measurements


class Desk(Protocol):
    """Who sends the trader's other orders."""

    stopped: bool

    async def knows_fills(self, order: Order | Protection, executed: Decimal) -> bool:
        """Whether the ledger has every trade of an order; those that it lacks are asked for."""


class Asking:
    """Of one account. `take(protection, answer)` hears what became of each, `done()` that one is asked for no more."""

    def __init__(
        self,
        exchange: Exchange,
        ledger: Ledger,
        desk: Desk,
        usual_window_ms: int,
        timing: ProtectionTiming,
        *,
        take: Callable[[Protection, Answer], None],
        done: Callable[[], None],
        on_fault: Callable[[str, str, str], None],
    ) -> None:
        self.window_ms = min(usual_window_ms, FIRST_WINDOW_MS)
        self.taken_back: set[str] = set()  # what is to go without anything in its place
        self._exchange, self._ledger, self._desk = exchange, ledger, desk
        self._usual_window_ms, self._timing = usual_window_ms, timing
        self._take, self._done, self._on_fault = take, done, on_fault
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._sent: dict[str, float] = {}  # client id -> monotonic, of those that no answer has come to

    def sent(self, protection: Protection) -> None:
        """It is on the wire: ask for it unless it is answered in time."""
        self._sent[protection.client_id] = time.monotonic()
        asyncio.get_running_loop().call_later(self._timing.answer_seconds, self._ask_if_unanswered, protection)

    def answered(self, answer: Answer) -> None:
        """What became of one is known."""
        self._sent.pop(answer.client_id, None)
        if answer.status.closed:
            self.taken_back.discard(answer.client_id)

    def widen(self) -> None:
        """Something came too late: the clock is measured now, or the way was longer than the short window."""
        self.window_ms = self._usual_window_ms

    def ask(self, protection: Protection, why: str, *, fault: bool = True) -> None:
        """Its state is not known any more."""
        portfolio = self._ledger.portfolio
        if protection.client_id in self._tasks or protection.client_id not in portfolio.protections:
            return
        if fault and portfolio.statuses[protection.client_id] is not Status.UNKNOWN:
            self._on_fault("order_unknown", protection.client_id, why)
        self._ledger.record(Answer(protection.client_id, Status.UNKNOWN, why))
        self.settle_soon(protection)

    def take_back(self, protection: Protection) -> None:
        """End it, and ask until it has ended."""
        self.taken_back.add(protection.client_id)
        self._ledger.record(Answer(protection.client_id, Status.UNKNOWN, "taken back"))
        self.settle_soon(protection)

    def settle_soon(self, protection: Protection) -> None:
        """Ask, beside whatever is being done."""
        if protection.client_id in self._tasks:
            return
        task = start_task(self.settle(protection))
        self._tasks[protection.client_id] = task
        task.add_done_callback(lambda _: self._ended(protection.client_id))

    async def settle(self, protection: Protection) -> None:
        """Ask for it until it is known to rest or to have ended, and taken back first when it is to end."""
        gives_up = self._arrives_until(protection)
        pause = self._timing.asking.first_seconds
        while protection.client_id in self._ledger.portfolio.protections:
            wait = pause
            try:
                if protection.client_id in self.taken_back:
                    await self._exchange.cancel(protection.symbol, protection.client_id)
                answer, executed = await self._exchange.order_status(protection.symbol, protection.client_id)
            except ExchangeError as error:
                wait = max(pause, error.retry_after_seconds)
                filled = self._ledger.portfolio.filled.get(protection.client_id)
                if error.unknown_order and not filled and time.monotonic() > gives_up:
                    self._take(protection, Answer(protection.client_id, Status.REJECTED, "it never arrived"))
                    return
            else:
                known = await self._desk.knows_fills(protection, executed)
                rests = answer.status is Status.OPEN and protection.client_id not in self.taken_back
                if known and (answer.status.closed or rests):
                    self._take(protection, answer)
                    return
            await asyncio.sleep(wait)
            if time.monotonic() > gives_up:  # until then it is about seconds without protection
                pause = self._timing.asking.after(pause)

    async def close(self) -> None:
        """Stop asking."""
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _ask_if_unanswered(self, protection: Protection) -> None:
        if protection.client_id in self._sent and not self._desk.stopped:
            self.ask(protection, "no answer in time")

    def _ended(self, client_id: str) -> None:
        self._tasks.pop(client_id, None)
        self._done()

    def _arrives_until(self, protection: Protection) -> float:
        """When the exchange would refuse its late arrival, monotonic."""
        clock = self._exchange.clock
        apart_ms = self._timing.clocks_apart_ms
        if clock.measured:
            apart_ms = min(apart_ms, DRIFT_MS + 2 * clock.doubt_ns // MILLISECOND_NS)
        sent = self._sent.get(protection.client_id)
        if sent is None:  # by a run before this one
            return time.monotonic() + (self._usual_window_ms + self._timing.clocks_apart_ms) / 1000
        return sent + (self.window_ms + apart_ms) / 1000
