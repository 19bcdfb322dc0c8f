"""A model that says what it was told to say, in order: for tests, and to see what an answer would lead to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from core.llm.request import Failure, Figures, Gpu, GpuVerdict, Reply, Request, Why

TITLE: Final = "Script"


class Scripted:
    """Answers each question with the next of its lines; BROKEN after the last one."""

    name: Final = "scripted"
    title: Final = TITLE

    def __init__(self, answers: Iterable[str | Failure]) -> None:
        self._answers = iter(answers)
        self.asked: list[Request] = []

    async def generate(self, request: Request) -> Reply | Failure:
        """The next line."""
        self.asked.append(request)
        answer = next(self._answers, None)
        if answer is None:
            return Failure(Why.BROKEN, "the script has no more lines")
        return answer if isinstance(answer, Failure) else Reply(answer, Figures(self.name), GpuVerdict(Gpu.NO))

    async def close(self) -> None:
        """Nothing is held."""
