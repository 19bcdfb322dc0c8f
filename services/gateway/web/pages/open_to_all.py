"""What is answered without a login: whether we are alive and well, and a badge that says nothing of the account."""

from __future__ import annotations

import hmac

from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse, PlainTextResponse

from services.gateway.web.refusing import refuse
from services.gateway.web.rendering import render
from services.gateway.web.security.hosts import is_this_machine
from services.gateway.web.texts import named, say
from services.gateway.web.visitor import language_of, site_of

router = APIRouter(include_in_schema=False)
FRESH_NS = 30 * 10**9
"""A status that is older is none."""


@router.get("/healthz")
async def alive() -> Response:
    """This process answers."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
async def ready(request: Request) -> Response:
    """Whether the commander can be heard and a trader runs; 503 when not."""
    site = site_of(request)
    picture = site.pictures.current
    heard = not picture.deaf and site.now_ns() - picture.status_ns < FRESH_NS
    trades = picture.status is not None and picture.status.trader is not None if heard else site.line.runs
    told = {"commander": heard, "trader": trades}
    return JSONResponse(told, 200 if all(told.values()) else 503)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """What Prometheus reads: open to programs of this machine, to others by the token of the settings."""
    site = site_of(request)
    peer = request.client.host if request.client is not None else ""
    if not is_this_machine(peer, request.headers, request.headers["host"]) and not _has_token(request):
        return refuse(request, 403)
    if site.metrics is None:
        return refuse(request, 404)
    return Response(site.metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/badge.svg")
async def badge(request: Request) -> Response:
    """Mode and trading state as a picture for a dashboard."""
    site, language = site_of(request), language_of(request)
    status = site.pictures.current.status
    trader = status.trader if status is not None and not site.pictures.current.deaf else None
    said = say("badge.away", language)
    if trader is not None:
        said = f"{named('mode', trader.mode, language)} · {named('trading', trader.trading, language)}"
    colour = {"active": "#0b6b4f", "reducing": "#7a4b00", "halted": "#a81e2d"}.get(
        trader.trading if trader is not None else "", "#4d5a68"
    )
    width = 14 + 7 * len(said)
    drawn = render("badge.svg", language, site.zone, {"said": said, "colour": colour, "width": width})
    return Response(drawn, media_type="image/svg+xml")


def _has_token(request: Request) -> bool:
    token = site_of(request).settings.web.metrics_token
    said = request.headers.get("authorization", "")
    return token is not None and hmac.compare_digest(said.encode(), f"Bearer {token.get_secret_value()}".encode())
