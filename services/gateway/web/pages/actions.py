"""What an owner does on the page. Each action is a form that carries his session's token, and ends in a redirect.

What gives the agent more to do, and what cannot be taken back, is asked about on a page of its own first; what takes
from it is done at once, with the commander dead too.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi import APIRouter, Query, Request, Response

from core.contracts.asking import Question
from core.names import normalise_symbol
from services.gateway.approvals import Again
from services.gateway.web.doing import said
from services.gateway.web.drawing import draw, go_to
from services.gateway.web.pages.asking import ask, identity
from services.gateway.web.pages.now import painter_of
from services.gateway.web.refusing import refuse
from services.gateway.web.texts import say
from services.gateway.web.visitor import NotAllowed, NotUnderstood, acting, site_of, visitor
from services.gateway.word import standing_word

router = APIRouter(include_in_schema=False)
LONGEST: Final = 1000
"""Characters of a sentence."""
Sure = Literal["panic", "resume", "close"]


@router.post("/say")
async def say_it(request: Request) -> Response:
    """A sentence; what becomes of it is seen on the page."""
    who, fields = await acting(request)
    text = fields.get("text", "").strip()
    if not text or len(text) > LONGEST:
        raise NotUnderstood
    await said(request, who, text, Question(do="change", text=text))
    return go_to("/#say-title")


@router.post("/say/{exchange}")
async def answer(request: Request, exchange: str) -> Response:
    """Yes or no to what was asked back."""
    who, fields = await acting(request)
    if fields.get("answer") not in ("yes", "no"):
        raise NotUnderstood
    if not painter_of(request).talk.answer(exchange, fields["answer"] == "yes"):
        return refuse(request, 409, say("stale.unknown", who.language))
    return go_to("/#say-title")


@router.post("/changes/{change}/approve")
async def approve(request: Request, change: str) -> Response:
    """Let a change go on that waits for it; what was shown must be what is there. What gives more asks once more."""
    who, fields = await acting(request)
    pressed = painter_of(request).holding.press(
        identity(change), fields.get("token", ""), site_of(request).now_ns(), again=fields.get("sure") == "yes"
    )
    if isinstance(pressed, str):
        return refuse(request, 409, say(f"stale.{pressed}", who.language))
    if isinstance(pressed, Again):
        return go_to(f"/changes/{change}/sure")
    asked = Question(do="approve", id=change, hash=pressed.approval.hash, sure=True)
    await said(request, who, f"{say('act.approve', who.language)} {change}", asked)
    return go_to("/#change-title")


@router.get("/changes/{change}/sure")
async def sure_of_change(request: Request, change: str) -> Response:
    """The second question about a change."""
    who = visitor(request)
    if not who.acts:
        raise NotAllowed
    token = painter_of(request).holding.token(identity(change))
    if not token:
        return refuse(request, 409, say("stale.unknown", who.language))
    action, question = f"changes/{change}/approve", say("sure.approve", who.language)
    return draw(
        request, "sure.html", who, what="approve", action=action, pair="", token=token, question=question, word=None
    )


@router.post("/changes/{change}/reject")
async def reject(request: Request, change: str) -> Response:
    """Decline it."""
    who, fields = await acting(request)
    if not painter_of(request).holding.decline(identity(change), fields.get("token", ""), site_of(request).now_ns()):
        return refuse(request, 409, say("stale.unknown", who.language))
    await said(request, who, f"{say('act.reject', who.language)} {change}", Question(do="reject", id=change))
    return go_to("/#change-title")


@router.post("/rollback")
async def roll_back(request: Request) -> Response:
    """Ask for the way back, from what trades or to a change; what it would undo is shown before it is done."""
    who, fields = await acting(request)
    if "to" in fields:
        text, to = f"{say('act.back_to', who.language)}: {identity(fields['to'])}", fields["to"]
    else:
        text, to = say("act.rollback", who.language), None
    await said(request, who, text, Question(do="rollback", to=to, asks=True))
    return go_to("/#say-title")


@router.get("/sure/{what}")
async def sure(request: Request, what: Sure, pair: Annotated[str, Query(max_length=30)] = "") -> Response:
    """The second question."""
    who = visitor(request)
    if not who.acts:
        raise NotAllowed
    known = normalise_symbol(pair) if what == "close" else ""
    word = standing_word(site_of(request).settings.data_dir) if what == "resume" else None
    text = "sure.resume_closing" if word and "closing" in word else f"sure.{what}"
    question = say(text, who.language, **({"pair": known} if known else {}))
    return draw(request, "sure.html", who, what=what, action=what, pair=known, token="", question=question, word=word)


@router.post("/pause")
async def pause(request: Request) -> Response:
    """Open no position any more: at once."""
    return await _switch(request, "pause", asks=False)


@router.post("/resume")
async def resume(request: Request) -> Response:
    """Open positions again, after what was stopped when it was asked about."""
    return await _switch(request, "resume")


@router.post("/panic")
async def panic(request: Request) -> Response:
    """Close everything."""
    return await _switch(request, "panic")


@router.post("/close")
async def close(request: Request) -> Response:
    """Close one position."""
    who, fields = await acting(request)
    if fields.get("sure") != "yes":
        raise NotAllowed
    pair = normalise_symbol(fields.get("pair", ""))
    await said(request, who, f"close {pair}", Question(do="close", pair=pair, yes=True))
    return go_to("/")


async def _switch(request: Request, deed: Any, *, asks: bool = True) -> Response:
    who, fields = await acting(request)
    if asks and fields.get("sure") != "yes":
        raise NotAllowed
    if deed == "resume" and fields.get("word") != standing_word(site_of(request).settings.data_dir):
        return refuse(request, 409, say("stale.moved", who.language))
    await ask(request, who, msgspec.convert({"do": deed}, Question))
    painter_of(request).paint()
    return go_to("/")
