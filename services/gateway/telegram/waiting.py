"""Waits for a change that walks already: a yes was said to it before a restart, and its end is still to be told."""

from __future__ import annotations

import asyncio
from typing import Final

from core.contracts.answers import Answer, Shown
from core.contracts.asking import Question
from core.contracts.change import State
from core.contracts.told import TellStep
from core.errors import SorteError
from services.gateway.line import Line

LOOK_SECONDS: Final = 1.0


async def its_end(line: Line, question: Question, on_step: TellStep) -> Answer:
    """The answer to a yes that may have been said before. Raises SorteError where the change is not under way either.

    The commander walks a change once, and answers a yes to one that has ended with how it did.
    """
    while True:
        try:
            return await line.ask(question, on_step)
        except SorteError:
            if not await _walks(line, question.id):
                raise
        await asyncio.sleep(LOOK_SECONDS)


async def _walks(line: Line, change: str) -> bool:
    shown = await line.ask(Question(do="show", id=change), lambda _: None)
    return isinstance(shown, Shown) and isinstance(shown.state, State) and not shown.state.ended
