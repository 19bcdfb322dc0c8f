"""One backend after the other, in the owner's order, until one gives an answer that obeys the schema.

Each has its deadline; one that failed three times in a row rests. What a backend's library raises is a failure like any
other: nothing that a model or its server does reaches who asked, except an answer that was checked.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from core.llm.answers import NoAnswer, decoded
from core.llm.breaker import Breaker
from core.llm.request import Backend, Failure, Reply, Request, Why
from core.llm.schema import fault

LETTERS_A_TOKEN: Final = 2.5
"""So few letters a token has at worst in our prompts (digits and names with underscores): what is refused would not
surely have fitted, and a prompt that a server cuts in silence is answered wrong."""
WARMED: Final = ("ollama", "llama")
WARM_SECONDS: Final = 600.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One backend that was asked, or should have been."""

    backend: str
    title: str
    outcome: Reply | Failure
    seconds: float


Tell = Callable[[Attempt], None]
"""Hears of each attempt at once."""


class Chain:
    """The backends in order. For one event loop."""

    def __init__(
        self, backends: Sequence[Backend], tell: Tell = lambda _: None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._backends = tuple(backends)
        self._tell = tell
        self._clock = clock
        self._breakers = {backend.name: Breaker(clock) for backend in backends}

    async def ask(self, request: Request) -> tuple[Attempt, ...]:
        """Every attempt, in order; the last one has the reply, if any has. None at all without a backend."""
        attempts: list[Attempt] = []
        for backend in self._backends:
            begun = self._clock()
            outcome = await self._outcome(backend, request)
            attempt = Attempt(backend.name, backend.title, outcome, self._clock() - begun)
            attempts.append(attempt)
            self._tell(attempt)
            if isinstance(outcome, Reply):
                break
        return tuple(attempts)

    async def warm(self, request: Request) -> None:
        """Have the first backend that runs at home load and read; what it answers is of no interest, nor when."""
        backend = next((each for each in self._backends if each.name in WARMED), None)
        if backend is not None:
            await asked(backend, replace(request, seconds=WARM_SECONDS, most_tokens=1))

    async def close(self) -> None:
        """Let all of them go."""
        for backend in self._backends:
            with contextlib.suppress(Exception):
                await backend.close()

    async def _outcome(self, backend: Backend, request: Request) -> Reply | Failure:
        breaker = self._breakers[backend.name]
        if breaker.is_open:
            return Failure(Why.RESTING, f"it failed {breaker.failures} times in a row")
        if request.letters / LETTERS_A_TOKEN + request.most_tokens > request.context_tokens:
            return Failure(Why.TOO_LONG, f"{request.letters} letters in {request.context_tokens} tokens")
        outcome = await asked(backend, request)
        if isinstance(outcome, Failure):
            breaker.failed()
            return outcome
        breaker.answered()
        return checked(outcome, request)


async def asked(backend: Backend, request: Request) -> Reply | Failure:
    """One backend's answer within its deadline, unchecked; a failure whatever it raises."""
    try:
        async with asyncio.timeout(request.seconds):
            return await backend.generate(request)
    except TimeoutError:
        return Failure(Why.LATE, f"nothing within {request.seconds:g} s")
    except Exception as error:  # noqa: BLE001 - of somebody else's program; the next backend is asked
        return Failure(Why.BROKEN, type(error).__name__)


def checked(reply: Reply, request: Request) -> Reply | Failure:
    """The reply with its data, or what is wrong with it."""
    try:
        data = decoded(reply.text)
    except NoAnswer as error:
        return Failure(Why.NOT_JSON, str(error), reply.figures)
    if wrong := fault(data, request.schema):
        return Failure(Why.OFF_SCHEMA, wrong, reply.figures)
    return replace(reply, data=data)
