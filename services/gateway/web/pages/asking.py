"""One question to the commander, for a page."""

from __future__ import annotations

import re
from typing import Final, TypeVar

from starlette.requests import Request

from core.contracts.answers import Answer
from core.contracts.asking import Question
from core.contracts.told import Step
from core.errors import SorteError
from services.gateway.web.visitor import NotUnderstood, Visitor, site_of

A = TypeVar("A", bound=Answer)
IDENTITY: Final = re.compile(r"[A-Za-z0-9_.:-]{1,80}")
"""Of a change, an order, a commit, a pair or a name."""


async def ask(request: Request, who: Visitor, question: Question) -> Answer:
    """The answer, in his language. Raises SorteError."""
    return await site_of(request).line_of(who.session.owner, who.language).ask(question, _unheard)


async def ask_for(request: Request, who: Visitor, question: Question, kind: type[A]) -> A:
    """The same where one kind of answer is expected. Raises SorteError for any other."""
    answer = await ask(request, who, question)
    if not isinstance(answer, kind):
        raise SorteError("The commander answered something else.", "Is it of another version?")
    return answer


async def perhaps(request: Request, who: Visitor, question: Question, kind: type[A]) -> A | None:
    """The same; None when it does not come."""
    try:
        return await ask_for(request, who, question, kind)
    except (SorteError, OSError):
        return None


async def known(request: Request, who: Visitor, question: Question) -> Answer | None:
    """The same; None when there is nothing of that name. Raises SorteError when nobody can be asked."""
    try:
        return await ask(request, who, question)
    except SorteError:
        if site_of(request).pictures.current.deaf:
            raise
        return None


def identity(said: str) -> str:
    """A name as they are. Raises NotUnderstood for what is none."""
    if not IDENTITY.fullmatch(said):
        raise NotUnderstood
    return said


def _unheard(_: Step | Answer) -> None:
    """What only shows something has no steps."""
