"""What pages and API do alike: say something, and hear what becomes of it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final
from urllib.parse import quote

import msgspec
from starlette.requests import Request

from core.contracts import Action
from core.contracts.answers import Answer, ChangeEnded, Held, Said, Shown
from core.contracts.asking import Confirmation, Question
from core.contracts.change import State
from core.contracts.told import Step, TellStep
from core.errors import SorteError
from services.gateway.line import Line
from services.gateway.web.painting.painter import Painter
from services.gateway.web.site import Site
from services.gateway.web.talk import Exchange
from services.gateway.web.views.lines import text_of
from services.gateway.web.visitor import Visitor, site_of

READINGS: Final = re.compile(r"(?:^|\s)(\d)\) ")
"""Before each of them, with its number."""
Confirm = Callable[[Confirmation], Awaitable[bool | str]]


async def said(request: Request, who: Visitor, text: str, question: Question) -> None:
    """Say it, and go on as soon as it has arrived: where the owner's word is wanted, it is asked for on the page."""
    site, painter = site_of(request), _painter(request)
    line = site.line_of(site.owner or who.session.owner, who.language)

    async def ask(hear: TellStep, confirm: Confirm) -> Answer:
        return await line.ask(_held(question), hear, confirm)

    async def conclude(exchange: Exchange, answer: Answer) -> Exchange:
        if isinstance(answer, Held):
            painter.holding.hold(answer)
            return replace(exchange, change=answer.id, lines=(answer.question,))
        return await _concluded(line, site, who, exchange, answer)

    exchange = painter.talk.begin(text, site.now_ns(), ask, conclude)
    await painter.talk.reached(exchange.id)


def _held(question: Question) -> Question:
    """A change waits for its owner at the commander's, not in a request of ours, and over restarts of both."""
    return msgspec.structs.replace(question, holds=True) if question.do in ("change", "rollback") else question


async def _concluded(line: Line, site: Site, who: Visitor, exchange: Exchange, answer: Answer) -> Exchange:
    text = text_of(answer, site.zone, who.language)
    if isinstance(answer, ChangeEnded):
        offers = await _offers(line, answer) if answer.state is State.ASK else ()
        if offers and all(offers):  # they are on their buttons
            text = READINGS.split(text, maxsplit=1)[0]
        change = answer.id if answer.plan else ""
        if "\n" in text:  # code that a model wrote is read as it is written
            return replace(exchange, change=change, block=text, offers=offers)
        return replace(exchange, change=change, lines=(text,) if text else (), offers=offers)
    lines = text.splitlines()
    exchange = replace(exchange, sure=_sure(answer))
    return replace(exchange, block=text) if len(lines) > 1 else replace(exchange, lines=tuple(lines))


def _sure(answer: Answer) -> str:
    """Where a deed that was said in a sentence is asked about; empty for any other answer."""
    action = answer.action if isinstance(answer, Said) and answer.done is False else None
    match action:
        case Action(name="resume"):
            return "/sure/resume"
        case Action(name="close", args=args):
            return f"/sure/close?pair={quote(str(args.get('pair', '')))}"
    return ""


async def _offers(line: Line, asked: ChangeEnded) -> tuple[str, ...]:
    """What comes with a question: each gets a button with its number, and what it is where the question says it."""
    try:
        shown = await line.ask(Question(do="show", id=asked.id), _unheard)
    except (SorteError, OSError):
        return ()
    meant = shown.interpretation if isinstance(shown, Shown) else None
    return readings(asked.reason or "", len(meant.offers) if meant is not None else 0)


def readings(question: str, count: int) -> tuple[str, ...]:
    """Each of so many readings that a question lists as `1) ...; 2) ...`; all of them empty where it does not."""
    parts = READINGS.split(question)
    numbers, said = parts[1::2], tuple(part.rstrip("; ") for part in parts[2::2])
    listed = numbers == [str(number) for number in range(1, count + 1)] and all(said)
    return said if listed else ("",) * count


def _painter(request: Request) -> Painter:
    painter: Painter = request.app.state.painter
    return painter


def _unheard(_: Step | Answer) -> None:
    """What only shows something has no steps."""
