"""What became of each protective order, and what follows: it rests, it has sold, it was refused and is tried again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

from services.trader.exchanges.ban import Ban
from services.trader.ledger import Ledger
from services.trader.orders import CLOCK_REFUSED, Answer, Protection, Status
from services.trader.protective_asking import Asking
from services.trader.protective_standing import Standing
from services.trader.protective_state import Guard
from services.trader.protective_telling import Telling
from services.trader.timing import ProtectionTiming

TRIGGERS_AT_ONCE: Final = "would trigger immediately"
TOO_MANY: Final = "MAX_NUM_ALGO_ORDERS"
PASSING: Final = 2
"""A refusal that may pass by itself is told when it comes so often in a row."""


class Outcomes:
    """Of one account. `join` brings in who asks for orders, and who looks at a guard again."""

    asking: Asking
    look: Callable[[Guard], None]
    look_soon: Callable[[], None]

    def __init__(
        self,
        ledger: Ledger,
        standing: Standing,
        guards: Mapping[str, Guard],
        ending: set[str],
        telling: Telling,
        ban: Ban,
        timing: ProtectionTiming,
    ) -> None:
        """`ending` are the orders that a request of ours ends: that is no surprise."""
        self._ledger, self._standing, self._guards = ledger, standing, guards
        self._ending, self._telling, self._ban = ending, telling, ban
        self._timing = timing

    def join(self, asking: Asking, look: Callable[[Guard], None], look_soon: Callable[[], None]) -> None:
        """Before the first answer."""
        self.asking, self.look, self.look_soon = asking, look, look_soon

    def on_answer(self, answer: Answer) -> None:
        """Something became of an order that is not one of the strategy's that are under way."""
        protection = self._ledger.portfolio.protections.get(answer.client_id)
        if protection is None:
            self._freed(answer)
        elif answer.status is Status.UNKNOWN:
            self.asking.ask(protection, answer.detail)
        elif answer.status.closed and answer.status is not Status.REJECTED and not self._expected(protection, answer):
            self.asking.ask(protection, "it has ended", fault=False)  # its trades come before its end is believed
        else:
            self.take(protection, answer)

    def _expected(self, protection: Protection, answer: Answer) -> bool:
        """Whether we know all that happened before this end."""
        if answer.status is Status.FILLED:
            return self._standing.filled(protection) >= protection.quantity
        return protection.client_id in self._ending

    def take(self, protection: Protection, answer: Answer) -> None:
        """This became of it."""
        before = self._standing.status(protection)
        if not self._ledger.record(answer):
            return
        self.asking.answered(answer)
        guard = self._guards.get(protection.symbol)
        if guard is None:
            return  # a pair that is traded no more
        if answer.status is Status.OPEN and before is not Status.OPEN:
            guard.refusals, guard.retry_at, guard.below = 0, 0.0, 0.0
            self._telling.rests(guard, protection)
        elif answer.status is Status.REJECTED:
            self._refused(guard, answer)
        elif answer.status is Status.FILLED:
            self._telling.sold(guard, protection)
        elif answer.status is Status.CANCELED and protection.client_id not in self._ending:
            guard.retry_at = time.monotonic() + self._timing.retrying.first_seconds
            self._telling.ended(guard, protection)
        if answer.status.closed:
            guard.ended = time.monotonic()
            self._ending.discard(protection.client_id)

    def _refused(self, guard: Guard, answer: Answer) -> None:
        guard.refusals += 1
        passing = answer.code == CLOCK_REFUSED or TRIGGERS_AT_ONCE in answer.detail or not answer.code
        retrying = self._timing.retrying
        longest = self._timing.passing_retry_seconds if passing else retrying.longest_seconds
        pause = min(retrying.first_seconds * 2 ** (guard.refusals - 1), longest)
        if answer.code == CLOCK_REFUSED:
            self.asking.widen()
        pause = max(pause, self._ban.orders_left())
        guard.retry_at = time.monotonic() + pause
        guard.look_in(pause, self.look)
        bare = not self._standing.of(guard.symbol) and guard.holding.size > 0.0
        if bare and not (passing and guard.refusals < PASSING):
            self._telling.bare(guard, answer.detail, fault=True)

    def _freed(self, answer: Answer) -> None:
        """An order of somebody has ended: there may be room for one of ours."""
        if not answer.status.closed:
            return
        for guard in self._guards.values():
            if TOO_MANY in guard.bare:
                guard.retry_at = 0.0
                self.look_soon()
