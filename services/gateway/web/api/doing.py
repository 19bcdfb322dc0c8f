"""What can be done: say a sentence, let a change go on, take one back, and the switches."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from core.contracts.answers import Answer, CloseSaid, Panicked, Paused, Resumed, Unkilled
from core.contracts.asking import Question
from core.contracts.told import Step
from services.gateway.web.api.answering import Spoken, answered, answers
from services.gateway.web.api.reading import Name
from services.gateway.web.pages.asking import ask
from services.gateway.web.visitor import COOKIE, TOKEN_HEADER, NotAllowed, Visitor, prove, site_of, visitor

router = APIRouter(prefix="/api/v1", tags=["Do"])
KINDS: Final = (Paused, Resumed, Panicked, Unkilled, CloseSaid)
"""Of the answers below."""


class Body(BaseModel):
    """What comes with a request; what is not asked for is refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Sentence(Body):
    """What the owner says."""

    text: Annotated[str, Field(min_length=1, max_length=1000, pattern=r"\S")]


class Yes(Body):
    """Which plan a yes is for: the hash of what was shown; `sure` where that asks twice."""

    hash: Annotated[str, Field(pattern=r"^[0-9a-f]{16,128}$")]
    sure: bool = False


class Nothing(Body):
    """Nothing needs to be said with it."""


class Back(Body):
    """Where to go back to; from what trades now by one release when it is nowhere."""

    to: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,80}$")] | None = None


class Sure(Body):
    """What cannot be taken back, or gives the agent more to do, is said twice."""

    sure: Literal[True]


class SurePair(Sure):
    """The same of one position."""

    pair: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{2,20}([/_-][A-Za-z0-9]{2,10})?$")]


def acting(request: Request, *, acts: bool = True) -> Visitor:
    """Who acts: by a bearer token, which no other site can send, or by a cookie and the token of its session."""
    who = visitor(request)
    if COOKIE in request.cookies:
        prove(who, request.headers.get(TOKEN_HEADER, ""), acts=acts)
    if acts and not who.acts:
        raise NotAllowed
    return who


@router.post("/say", responses=answers(Spoken), response_model=None)
async def say(request: Request, said: Sentence) -> Response:
    """A sentence. One that changes something ends in `held`, and goes on when it is approved with its hash."""
    return await _walk(request, acting(request), Question(do="change", text=said.text, holds=True))


@router.post("/changes/{change}/approve", responses=answers(Spoken), response_model=None)
async def approve(request: Request, change: Name, yes: Yes) -> Response:
    """Let a held change go on, as it was shown; refused when it is another one by now."""
    return await _walk(request, acting(request), Question(do="approve", id=change, hash=yes.hash, sure=yes.sure))


@router.post("/changes/{change}/reject", responses=answers(Spoken), response_model=None)
async def reject(request: Request, change: Name, _: Nothing) -> Response:
    """Decline a held change."""
    return await _walk(request, acting(request), Question(do="reject", id=change))


@router.post("/rollback", responses=answers(Spoken), response_model=None)
async def rollback(request: Request, back: Back) -> Response:
    """Ask for the way back; it ends in `held`, and goes on when it is approved."""
    return await _walk(request, acting(request), Question(do="rollback", to=back.to, asks=True, holds=True))


@router.post("/pause", responses=answers(Paused), response_model=None)
async def pause(request: Request, _: Nothing) -> Response:
    """Open no position any more; heard with the commander dead too."""
    return answered(await ask(request, acting(request), Question(do="pause")))


@router.post("/resume", responses=answers(Resumed), response_model=None)
async def resume(request: Request, _: Sure) -> Response:
    """Open positions again."""
    return answered(await ask(request, acting(request), Question(do="resume")))


@router.post("/restore", responses=answers(Unkilled), response_model=None)
async def restore(request: Request, _: Sure) -> Response:
    """Take the kill switch back."""
    return answered(await ask(request, acting(request), Question(do="unkill")))


@router.post("/panic", responses=answers(Panicked), response_model=None)
async def panic(request: Request, _: Sure) -> Response:
    """Close everything, and open nothing; heard with the commander dead too."""
    return answered(await ask(request, acting(request), Question(do="panic")))


@router.post("/close", responses=answers(CloseSaid), response_model=None)
async def close(request: Request, which: SurePair) -> Response:
    """Close one position."""
    return answered(await ask(request, acting(request), Question(do="close", pair=which.pair, yes=True)))


async def _walk(request: Request, who: Visitor, question: Question) -> Response:
    steps: list[Step | Answer] = []
    site = site_of(request)
    line = site.line_of(site.owner or who.session.owner, who.language)
    answer = await line.ask(msgspec.structs.replace(question), steps.append)
    return answered(Spoken(steps, answer))
