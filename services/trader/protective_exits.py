"""Our own exit where protection rests: it takes that back in the same request, or waits until it is gone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

from services.trader.exchanges.protocol import Exchange
from services.trader.orders import Answer, Order, Protection, Status
from services.trader.protective_standing import Standing
from services.trader.protective_state import Guard
from services.trader.timing import ProtectionTiming

NOT_REPLACED: Final = -2022
"""The code of a refusal: what was to be taken back could not be."""


class Exits:
    """Of one account. `take_back(protection)` ends one; `ending` are those that a request of ours ends."""

    def __init__(
        self,
        exchange: Exchange,
        standing: Standing,
        guards: Mapping[str, Guard],
        ending: set[str],
        take_back: Callable[[Protection], None],
        timing: ProtectionTiming,
    ) -> None:
        self._exchange, self._standing, self._guards = exchange, standing, guards
        self._ending, self._take_back, self._timing = ending, take_back, timing

    def frees(self, symbol: str) -> bool:
        """Whether our own exit may be sent now: with it, what rests is taken back.

        When the exchange has refused just that, and the same order rests still, it is taken back first, and the exit
        comes with a later event. When that does not come about, the exit tries once more to take it with it: questions
        may be unanswered, or banned, where orders are not.
        """
        guard, resting = self._guards[symbol], self._standing.of(symbol)
        if not resting or guard.not_taken != resting[-1].client_id:
            return True
        if time.monotonic() - guard.not_taken_since > self._timing.replaces_again_seconds:
            return True
        guard.yields_until = time.monotonic() + self._timing.yield_seconds
        if self._standing.status(resting[-1]) is Status.OPEN:
            self._take_back(resting[-1])
        return False

    def send(self, order: Order) -> bool:
        """Write our own exit to the wire; what rests for its pair is taken back in the same request."""
        resting = self._standing.of(order.symbol)
        if not resting:
            return self._exchange.place(order)
        taken = resting[-1].client_id
        if not self._exchange.replace(taken, order, untouched=self._standing.untouched(taken)):
            return False
        self._guards[order.symbol].taking, self._guards[order.symbol].taken = order.client_id, taken
        self._ending.add(taken)
        return True

    def refused(self, order: Order, answer: Answer) -> None:
        """Our own exit was refused."""
        guard = self._guards.get(order.symbol)
        if guard is not None and guard.taking == order.client_id and answer.code == NOT_REPLACED:
            guard.not_taken, guard.not_taken_since = guard.taken, time.monotonic()

    def proves_refused(self, order: Order) -> bool:
        """Whether an order of ours that the exchange does not know can never arrive.

        It would have taken a protective order back in the same request. That one has ended a while ago: so the request
        was carried out without our order, or will be refused.
        """
        guard = self._guards.get(order.symbol)
        if guard is None or guard.taking != order.client_id or self._standing.of(order.symbol):
            return False
        return time.monotonic() - guard.ended > self._timing.known_after_seconds
