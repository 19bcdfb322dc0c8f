"""What was said on the page, and what came back: the owner's side of the conversation.

A sentence is answered beside the request that brought it, so that a browser need not wait and a closed tab loses
nothing. One conversation is shared by every tab.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from core.contracts.answers import Answer, DiffShown
from core.contracts.asking import Confirmation
from core.contracts.told import GateHeld, Telling, TellStep
from core.errors import SorteError
from core.retelling import retold
from core.tasks import start_task

MOST: Final = 8
"""Exchanges that are shown, the newest first."""
MOST_OPEN: Final = 20
"""That wait for their end; more at once is no owner."""
REACHED_SECONDS: Final = 2.0
ANSWER_SECONDS: Final = 300.0
"""A question that is not answered by then is declined."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One thing that was said."""

    id: str
    text: str
    at_ns: int
    lines: tuple[str, ...] = ()
    block: str = ""
    trouble: str = ""
    change: str = ""
    asked: str = ""  # a question that waits for yes or no
    offers: tuple[str, ...] = ()  # the readings that a question offers; empty for one that has no words of its own
    sure: str = ""  # the page that asks whether a deed shall be done, where the sentence was one
    ended: bool = False


class TooMuchError(SorteError):
    """More is being answered than one owner says."""


Ask = Callable[[TellStep, Callable[[Confirmation], Awaitable[bool | str]]], Awaitable[Answer]]
Conclude = Callable[[Exchange, Answer], Awaitable[Exchange]]


class Talk:
    """The newest exchanges; `changed` is called after each step of one."""

    def __init__(self, changed: Callable[[], None], hear: Callable[[Telling, str], None]) -> None:
        self.exchanges: tuple[Exchange, ...] = ()
        self._changed, self._hear = changed, hear
        self._tasks: set[asyncio.Task[None]] = set()
        self._questions: dict[str, asyncio.Future[bool | str]] = {}
        self._reached: dict[str, asyncio.Event] = {}

    def begin(self, text: str, at_ns: int, ask: Ask, conclude: Conclude) -> Exchange:
        """Say it, and go on without waiting for the answer. Raises TooMuchError."""
        if len(self._tasks) >= MOST_OPEN:
            raise TooMuchError("Too much is being answered at once.", "Wait for an answer first.")
        exchange = Exchange(secrets.token_hex(6), text, at_ns)
        self.exchanges = (exchange, *self.exchanges)[:MOST]
        self._reached[exchange.id] = asyncio.Event()
        self._changed()
        task = start_task(self._walk(exchange.id, text, ask, conclude))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return exchange

    def answer(self, exchange: str, said: bool) -> bool:
        """The owner's yes or no to the question of an exchange; False when none waits there."""
        waiting = self._questions.pop(exchange, None)
        if waiting is None or waiting.done():
            return False
        waiting.set_result(said)
        return True

    async def reached(self, exchange: str, seconds: float = REACHED_SECONDS) -> None:
        """Wait until the commander has it, and no end of ours can lose it; who is slow to say so is not waited for."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                if (event := self._reached.get(exchange)) is not None:
                    await event.wait()

    def find(self, exchange: str) -> Exchange | None:
        """One of the newest."""
        return next((each for each in self.exchanges if each.id == exchange), None)

    async def close(self) -> None:
        """End; what was confirmed goes on at the commander's."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _walk(self, exchange: str, text: str, ask: Ask, conclude: Conclude) -> None:
        def hear(told: Telling) -> None:
            self._reached[exchange].set()
            self._hear(told, text)
            if isinstance(told, DiffShown | GateHeld):
                self._put(exchange, lambda each: replace(each, change=told.id))

        async def confirm(asked: Confirmation) -> bool | str:
            return await self._confirm(exchange, asked.question)

        try:
            answer = await ask(hear, confirm)
            if (known := self.find(exchange)) is not None:
                ended = await conclude(known, answer)
                self._put(exchange, lambda _: replace(ended, ended=True, asked=""))
        except (SorteError, OSError) as error:
            said = retold(str(error))
            self._put(exchange, lambda each: replace(each, ended=True, asked="", trouble=said))
        finally:
            self._reached.pop(exchange).set()

    async def _confirm(self, exchange: str, question: str) -> bool | str:
        waiting: asyncio.Future[bool | str] = asyncio.get_running_loop().create_future()
        self._questions[exchange] = waiting
        self._put(exchange, lambda each: replace(each, asked=question))
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await waiting
        except TimeoutError:
            return False
        finally:
            self._questions.pop(exchange, None)
            self._put(exchange, lambda each: replace(each, asked=""))

    def _put(self, exchange: str, edit: Callable[[Exchange], Exchange]) -> None:
        self.exchanges = tuple(edit(each) if each.id == exchange else each for each in self.exchanges)
        self._changed()
