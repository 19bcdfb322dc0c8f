"""Puts the page together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from core.tasks import start_task
from services.gateway.web.api import document
from services.gateway.web.pages import actions, changes, charts, login, looking, now, open_to_all, trades
from services.gateway.web.painting.painter import Painter
from services.gateway.web.refusing import hear_refusals
from services.gateway.web.security.guard import Guard
from services.gateway.web.site import Kind, Site
from services.gateway.web.views.now import now_of

STATIC: Final = Path(__file__).with_name("static")
ROUTERS: Final = (login, now, changes, trades, looking, charts, actions, open_to_all, *document.ROUTERS, document)


def make_app(site: Site) -> Guard:
    """The page, behind its guard."""
    painter = Painter(site, lambda: now_of(site.pictures.current))
    site.pictures.hear(painter.hear)

    @asynccontextmanager
    async def living(_: FastAPI) -> AsyncIterator[None]:
        painter.board(Kind(site.language, acts=True))  # whoever comes first need not wait for templates to be read
        painting = start_task(painter.run(), "the page is painted no more")
        try:
            yield
        finally:
            painting.cancel()
            site.tail.close()
            await painter.talk.close()

    app = FastAPI(title="Sorte", openapi_url=None, docs_url=None, redoc_url=None, lifespan=living)
    app.state.site, app.state.painter, app.state.ending = site, painter, False
    for each in ROUTERS:
        app.include_router(each.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    hear_refusals(app)
    return Guard(app, site.names, lambda: end_streams(app))


def end_streams(app: FastAPI) -> None:
    """Let every open page go: a stream would hold up the end of the process."""
    app.state.ending = True
    site: Site = app.state.site
    for board in (*site.boards.values(), site.tail.board):
        board.wake()
