"""A board as a stream of server-sent events to one visitor, for as long as his session lasts."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Header, Query, Request, Response
from markupsafe import Markup
from starlette.responses import StreamingResponse

from services.gateway.web.live.board import Board
from services.gateway.web.live.stream import stream
from services.gateway.web.refusing import refuse
from services.gateway.web.texts import say
from services.gateway.web.visitor import site_of, visitor

MOST_STREAMS: Final = 300
After = Annotated[str, Query(max_length=60)]
"""What the page was drawn with."""
LastSeen = Annotated[str, Header(alias="last-event-id", max_length=60)]
"""What a browser that connects again says it saw last."""


def streamed(request: Request, board: Board, last: str) -> Response:
    """What came on that board after `last`, and what comes."""
    who, site = visitor(request), site_of(request)
    boards = [*site.boards.values(), site.tail.board]
    if sum(each.readers for each in boards) >= MOST_STREAMS:
        return refuse(request, 503)

    def lasts() -> bool:
        ending: bool = request.app.state.ending
        return not ending and site.store.entering.session(who.token, site.now_ns()) is not None

    def missing(lines: int | None) -> str:
        said = say("told.restarted", who.language) if lines is None else say("told.gap", who.language, lines=lines)
        return str(Markup("<p>{}</p>").format(said))

    return StreamingResponse(stream(board, last, lasts, missing), media_type="text/event-stream")
