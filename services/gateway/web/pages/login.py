"""Logging in by a link that works once, logging out, and what a page remembers of a reader's taste.

A link that is opened shows a page with a button: programs that look at links before a person does use none up.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import JSONResponse

from core.language import Language
from services.gateway.web.drawing import draw, go_to
from services.gateway.web.entering import TooOften, enter
from services.gateway.web.texts import say
from services.gateway.web.visitor import (
    COOKIE,
    LANGUAGE_COOKIE,
    THEME_COOKIE,
    cookie,
    form_of,
    language_of,
    next_of,
    prove,
    site_of,
    visitor,
)

router = APIRouter(include_in_schema=False)
DAYS = 30
"""A session that is not looked at for longer has ended in any case."""


@router.get("/login")
async def login_page(request: Request, code: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Where a link leads."""
    return draw(request, "login.html", None, code=code, next="/", wrong="")


@router.post("/login")
async def login(request: Request) -> Response:
    """Trade the code of a link for a session."""
    site, fields, language = site_of(request), await form_of(request), language_of(request)
    after, token = next_of(fields), enter(request, fields.get("code", ""))
    if isinstance(token, TooOften):
        wrong = say("login.wait", language, seconds=token.seconds)
        page = draw(request, "login.html", None, 429, code="", next=after, wrong=wrong)
        page.headers["Retry-After"] = str(token.seconds)
        return page
    if token is None:
        return draw(request, "login.html", None, 403, code="", next=after, wrong=say("login.wrong", language))
    if (old := request.cookies.get(COOKIE, "")) != "":
        site.store.entering.leave(old)
    entered = go_to(after)
    entered.headers.append("Set-Cookie", cookie(request, COOKIE, token, days=DAYS))
    return entered


@router.post("/logout")
async def logout(request: Request) -> Response:
    """End the session; who only looks may do so too."""
    who, fields = visitor(request), await form_of(request)
    prove(who, fields.get("csrf", ""), acts=False)
    site_of(request).store.entering.leave(who.token)
    out = draw(request, "login.html", None, code="", next="/", wrong=say("login.out", who.language))
    out.headers.append("Set-Cookie", cookie(request, COOKIE, "", days=0))
    return out


@router.get("/session")
async def session(request: Request) -> Response:
    """Whether somebody is logged in; a page that lost its connection asks, to tell the two apart."""
    visitor(request)
    return JSONResponse({})


@router.get("/language/{language}")
async def speak(request: Request, language: Language) -> Response:
    """Read the page in that language."""
    after = go_to(next_of(dict(request.query_params)))
    after.headers.append("Set-Cookie", cookie(request, LANGUAGE_COOKIE, language.value))
    return after


@router.get("/theme/{theme}")
async def wear(request: Request, theme: Literal["auto", "dark", "light"]) -> Response:
    """See it light, dark, or as the system is."""
    after = go_to(next_of(dict(request.query_params)))
    after.headers.append("Set-Cookie", cookie(request, THEME_COOKIE, theme))
    return after
