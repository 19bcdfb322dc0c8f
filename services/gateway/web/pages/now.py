"""The page of now, and the stream that keeps it alive."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from services.gateway.web.drawing import draw
from services.gateway.web.pages.charts import charts_of
from services.gateway.web.painting.painter import Painter
from services.gateway.web.streaming import After, LastSeen, streamed
from services.gateway.web.visitor import visitor

router = APIRouter(include_in_schema=False)
PARTS: Final = ("head", "talk", "change", "history", "account", "why", "trades", "health", "alerts")
LINES: Final = 60
PATIENCE_SECONDS: Final = 0.15
"""For answers that were not asked for yet; the first ones after a start take longer."""


def painter_of(request: Request) -> Painter:
    """Who paints the parts."""
    painter: Painter = request.app.state.painter
    return painter


@router.get("/")
async def now(request: Request) -> Response:
    """Everything at a glance."""
    who = visitor(request)
    painter = painter_of(request)
    board = painter.board(who.kind)
    await painter.renew_within(PATIENCE_SECONDS)
    charts = charts_of(request, who, painter.fresh.answer("equity"))
    parts = {name: Markup(board.part(name)) for name in PARTS}  # noqa: S704 - our own templates made them
    story = Markup("".join(board.story(LINES)))  # noqa: S704 - the same
    last = f"{board.life}-{board.newest}"
    return draw(request, "now.html", who, parts=parts, story=story, last=last, charts=charts)


@router.get("/live")
async def live(request: Request, after: After = "", last_event_id: LastSeen = "") -> Response:
    """The pieces of the page as they come. What a browser that connects again says it saw last goes first."""
    return streamed(request, painter_of(request).board(visitor(request).kind), last_event_id or after)
