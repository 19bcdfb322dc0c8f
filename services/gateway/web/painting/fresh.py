"""What the page shows and nobody tells: asked for again when something happened that may have changed it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from core.contracts.answers import Answer, ChangeEnded, DiffShown, Held, Panicked, Paused, Resumed, Unkilled
from core.contracts.asking import Question
from core.contracts.events import Decided, Denied, Filled, Rejected, TradingIs, Unfilled
from core.contracts.told import GateHeld, Received, Recovered, Returning, Switched, Telling, Watched
from core.errors import SorteError

Ask = Callable[[Question], Awaitable[Answer]]
LEAST_NS: Final = 1_000_000_000
"""The same is not asked for more often."""
MOST_NS: Final = 15_000_000_000
"""Whatever happens or not, it is asked for again after this, while somebody looks."""
QUESTIONS: Final = {
    "history": Question(do="history", limit=8),
    "trades": Question(do="trips", limit=8),
    "why": Question(do="why"),
    "held": Question(do="held"),
    "equity": Question(do="equity", period="month"),
}
TOUCHED: Final[dict[str, tuple[type, ...]]] = {
    "history": (Received, ChangeEnded, Recovered, Returning, Switched, Watched),
    "trades": (Filled,),
    "why": (Decided, Denied, Rejected, Unfilled, Paused, Resumed, Panicked, Unkilled, TradingIs),
    "equity": (Filled,),
    "held": (DiffShown, Held, ChangeEnded, Returning, GateHeld),
}


class Fresh:
    """The last answers by name. One that did not come leaves the one before."""

    def __init__(self, ask: Ask, now_ns: Callable[[], int]) -> None:
        self._ask, self._now_ns = ask, now_ns
        self._answers: dict[str, Answer] = {}
        self._asked_ns = dict.fromkeys(QUESTIONS, 0)
        self._touched = set(QUESTIONS)
        self._asking = asyncio.Lock()

    def hear(self, told: Telling) -> None:
        """Something happened."""
        self._touched |= {name for name, kinds in TOUCHED.items() if isinstance(told, kinds)}

    def answer(self, name: str) -> Answer | None:
        """The last one."""
        return self._answers.get(name)

    async def renew(self) -> bool:
        """Ask for what may have changed; whether anything is new."""
        new = False
        async with self._asking:
            for name, question in QUESTIONS.items():
                age = self._now_ns() - self._asked_ns[name]
                if age < LEAST_NS or (name not in self._touched and age < MOST_NS):
                    continue
                self._asked_ns[name] = self._now_ns()
                self._touched.discard(name)
                try:
                    answer = await self._ask(msgspec.structs.replace(question))
                except (SorteError, OSError):
                    continue
                new = new or answer != self._answers.get(name)
                self._answers[name] = answer
        return new
