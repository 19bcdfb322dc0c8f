"""A program logs in with the code of a link, and gets a token to ask with."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Request, Response
from pydantic import Field

from services.gateway.web.api.answering import answered, answers
from services.gateway.web.api.doing import Body, Nothing, acting
from services.gateway.web.entering import TooOften, enter
from services.gateway.web.refusing import refuse
from services.gateway.web.texts import say
from services.gateway.web.visitor import language_of, site_of

router = APIRouter(prefix="/api/v1", tags=["Enter"])


class Code(Body):
    """Of a link."""

    code: Annotated[str, Field(min_length=1, max_length=200)]


class Entered(msgspec.Struct, frozen=True):
    """A session. The token goes with each request, as `Authorization: Bearer TOKEN`."""

    token: str
    role: str


class Left(msgspec.Struct, frozen=True):
    """The session is over."""

    left: bool


@router.post("/session", responses=answers(Entered, refused=(429,)), response_model=None)
async def begin(request: Request, code: Code) -> Response:
    """Trade the code of a login link for a token."""
    token = enter(request, code.code)
    if isinstance(token, TooOften):
        refused = refuse(request, 429, say("login.wait", language_of(request), seconds=token.seconds))
        refused.headers["Retry-After"] = str(token.seconds)
        return refused
    site = site_of(request)
    session = site.store.entering.session(token, site.now_ns()) if token is not None else None
    if token is None or session is None:
        return refuse(request, 403, say("login.wrong", language_of(request)))
    return answered(Entered(token, session.role))


@router.post("/session/end", responses=answers(Left), response_model=None)
async def end(request: Request, _: Nothing) -> Response:
    """The token is good for nothing from now on."""
    who = acting(request, acts=False)
    site_of(request).store.entering.leave(who.token)
    return answered(Left(left=True))


KINDS: Final = (Entered, Left)
"""Of the answers above."""
