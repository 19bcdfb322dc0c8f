"""The account's curve, for the script that draws it, in a sentence, and as a table."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse

from services.gateway.web.drawing import draw
from services.gateway.web.views.curve import Charts, Point, curve_of, said_of
from services.gateway.web.visitor import Visitor, site_of, visitor

router = APIRouter(include_in_schema=False)
DAYS_NS: Final = 30 * 86_400 * 10**9


@router.get("/chart/equity")
async def equity(request: Request) -> Response:
    """Points for the script, in seconds; falls in percent."""
    visitor(request)
    points = _points(request)
    told = {
        "equity": [{"time": each.time_ns // 10**9, "value": each.equity} for each in points],
        "drawdown": [{"time": each.time_ns // 10**9, "value": -100 * each.drawdown} for each in points],
    }
    return JSONResponse(told)


@router.get("/charts")
async def table(request: Request) -> Response:
    """The same as a table, the newest first."""
    who = visitor(request)
    points = _points(request)
    return draw(request, "charts.html", who, points=points[::-1][:500], charts=await equity_said(request, who))


async def equity_said(request: Request, who: Visitor) -> Charts:
    """What the chart says, in a sentence."""
    return Charts(said_of(_points(request), who.language), ())


def _points(request: Request) -> list[Point]:
    site = site_of(request)
    return curve_of(site.store.samples.since(site.now_ns() - DAYS_NS))
