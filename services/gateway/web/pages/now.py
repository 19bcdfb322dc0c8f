"""The page of now, and the stream that keeps it alive."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Request, Response
from markupsafe import Markup
from starlette.responses import StreamingResponse

from services.gateway.web.drawing import draw
from services.gateway.web.live.stream import stream
from services.gateway.web.pages.charts import charts_of
from services.gateway.web.painting.painter import Painter
from services.gateway.web.refusing import refuse
from services.gateway.web.texts import say
from services.gateway.web.visitor import site_of, visitor

router = APIRouter(include_in_schema=False)
PARTS: Final = ("head", "talk", "change", "history", "account", "why", "trades", "health", "alerts")
LINES: Final = 60
PATIENCE_SECONDS: Final = 0.15
"""For answers that were not asked for yet; the first ones after a start take longer."""
MOST_STREAMS: Final = 300


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
async def live(
    request: Request,
    after: Annotated[str, Query(max_length=60)] = "",
    last_event_id: Annotated[str, Header(max_length=60)] = "",
) -> Response:
    """The pieces of the page as they come. What a browser that connects again says it saw last goes first."""
    who, site = visitor(request), site_of(request)
    board = painter_of(request).board(who.kind)
    if sum(each.readers for each in site.boards.values()) >= MOST_STREAMS:
        return refuse(request, 503)

    def lasts() -> bool:
        ending: bool = request.app.state.ending
        return not ending and site.store.entering.session(who.token, site.now_ns()) is not None

    def missing(lines: int | None) -> str:
        said = say("told.restarted", who.language) if lines is None else say("told.gap", who.language, lines=lines)
        return str(Markup("<p>{}</p>").format(said))

    events = stream(board, last_event_id or after, lasts, missing)
    return StreamingResponse(events, media_type="text/event-stream")
