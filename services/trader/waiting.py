"""Work that is given up when the run is asked to end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Answer = TypeVar("Answer")


async def answered_before(stop: asyncio.Event, question: Coroutine[Any, Any, Answer]) -> Answer | None:
    """The answer, raising what the question raises; None when `stop` was set first, and it was given up."""
    answers: list[Answer] = []

    async def ask() -> None:
        answers.append(await question)

    await finished_before(stop, ask())
    return answers[0] if answers else None


async def finished_before(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Do `work`, and raise what it raises; False when `stop` was set first, and the rest of the work was given up."""
    working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if working.done():
        await working
        return True
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    return False
