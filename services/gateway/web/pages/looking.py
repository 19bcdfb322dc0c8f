"""The log, the settings, and what a name of the strategy means."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from core.contracts.answers import ValueShown
from core.contracts.asking import Question
from core.language import Language
from core.settings import Settings
from core.settings.changes import plain, value_of
from core.settings.facts import facts_of
from core.settings.words import value_in_force
from services.gateway.web.drawing import draw
from services.gateway.web.live.tail import LINES
from services.gateway.web.pages.asking import ask, identity, perhaps
from services.gateway.web.streaming import After, LastSeen, streamed
from services.gateway.web.views.lines import text_of
from services.gateway.web.visitor import site_of, visitor

router = APIRouter(include_in_schema=False)
VALUES: Final = {Language.PT: "mostre todos os parâmetros", Language.EN: "show all parameters"}


@router.get("/logs")
async def logs(request: Request) -> Response:
    """The newest lines; from the files, so that they can be read with the commander dead."""
    who, tail = visitor(request), site_of(request).tail
    await tail.catch_up()
    lines = Markup("".join(tail.board.story(LINES)))  # noqa: S704 - our own template made them
    return draw(request, "logs.html", who, lines=lines, last=f"{tail.board.life}-{tail.board.newest}")


@router.get("/logs/live")
async def live_logs(request: Request, after: After = "", last_event_id: LastSeen = "") -> Response:
    """The lines as they are written, after the one that a browser saw last."""
    return streamed(request, site_of(request).tail.board, last_event_id or after)


@router.get("/settings")
async def settings(request: Request) -> Response:
    """What the strategy's values are, and which settings are in force; secrets are stars."""
    who, site = visitor(request), site_of(request)
    shown = await perhaps(request, who, Question(do="change", text=VALUES[who.language]), ValueShown)
    values = shown.parameters if shown is not None and isinstance(shown.parameters, dict) else {}
    rules = shown.rules if shown is not None and isinstance(shown.rules, dict) else {}
    return draw(request, "settings.html", who, values=values, rules=rules, facts=in_force(site.settings))


@router.get("/names/{name}")
async def name(request: Request, name: str) -> Response:
    """What a parameter, a rule or a feature means, and what was changed of it."""
    who = visitor(request)
    answer = await ask(request, who, Question(do="explain", id=identity(name)))
    lines = text_of(answer, site_of(request).zone, who.language).splitlines()
    return draw(request, "lines.html", who, heading=name, lines=lines)


def in_force(settings: Settings) -> list[tuple[str, str]]:
    """Every setting by its key that this process was told of, as its owner would read it."""
    told = [key for key in facts_of(Settings) if hasattr(settings, key.partition(".")[0])]
    return [(key, value_in_force(plain(value_of(settings, key)))) for key in told]
