"""The account's curve, and prices with their fills: for the script that draws them, in a sentence, and as a table."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import JSONResponse

from core.contracts.answers import Answer
from core.contracts.asking import Question
from core.contracts.ledger import CandlesShown, EquityShown
from core.zone import Clock
from services.gateway.ledger.views import equity_sentence
from services.gateway.web.drawing import draw
from services.gateway.web.pages.asking import ask_for, identity, perhaps
from services.gateway.web.texts import say
from services.gateway.web.views.curve import Charts, curve_of, price_said
from services.gateway.web.visitor import Visitor, site_of, visitor

router = APIRouter(include_in_schema=False)
BARS: Final = 200
MOST_PAIRS: Final = 2
"""Of the page of now; the others have a page of their own."""
MOST_ROWS: Final = 300
Period = Literal["today", "week", "month", "year", "all"]
NS: Final = 10**9


@router.get("/chart/equity")
async def equity(request: Request, period: Period = "month") -> Response:
    """Points for the script, in seconds; falls in percent."""
    who = visitor(request)
    shown = await ask_for(request, who, Question(do="equity", period=period), EquityShown)
    points = curve_of(shown)
    clock = Clock(site_of(request).zone)
    by_second = {_second(point.time_ns, clock): point for point in points}  # the script wants times that grow
    told = {
        "said": equity_sentence(shown, who.language),
        "equity": [{"time": time, "value": point.equity} for time, point in by_second.items()],
        "drawdown": [{"time": time, "value": -100 * point.drawdown} for time, point in by_second.items()],
    }
    return JSONResponse(told)


@router.get("/chart/price/{pair}")
async def price(request: Request, pair: str) -> Response:
    """Bars and fills for the script."""
    who = visitor(request)
    shown = await ask_for(request, who, Question(do="candles", pair=identity(pair), limit=BARS), CandlesShown)
    clock = Clock(site_of(request).zone)
    bars = {_second(each.time_ns, clock): each for each in shown.candles}
    candles = [
        {"time": time, "open": each.open, "high": each.high, "low": each.low, "close": each.close}
        for time, each in bars.items()
    ]
    fills = [
        {
            "time": _second(each.time_ns, clock),
            "buys": each.side == "BUY",
            "text": say(f"traded.{each.side}", who.language),
        }
        for each in shown.fills
    ]
    return JSONResponse({"said": price_said(shown, who.language), "candles": candles, "fills": fills})


@router.get("/charts")
async def table(
    request: Request, period: Period = "month", pair: Annotated[str, Query(max_length=30)] = ""
) -> Response:
    """The same as tables, the newest first."""
    who = visitor(request)
    wanted = identity(pair) if pair else next(iter(_pairs(request)), "")
    shown = await ask_for(request, who, Question(do="equity", period=period), EquityShown)
    bars = await perhaps(request, who, Question(do="candles", pair=wanted, limit=BARS), CandlesShown)
    return draw(
        request,
        "charts.html",
        who,
        said=equity_sentence(shown, who.language),
        period=period,
        points=curve_of(shown)[::-1][:MOST_ROWS],
        bars=bars,
        bars_said=price_said(bars, who.language) if bars is not None else "",
        pairs=_pairs(request),
    )


def charts_of(request: Request, who: Visitor, shown: Answer | None) -> Charts:
    """What the page of now says of its charts."""
    said = equity_sentence(shown, who.language) if isinstance(shown, EquityShown) else ""  # its script brings it
    return Charts(said, tuple(_pairs(request)[:MOST_PAIRS]))


def _second(time_ns: int, clock: Clock) -> int:
    """A moment as the script takes it, which knows no zones: as if the owner's clock were UTC."""
    return time_ns // NS + clock.offset_s(time_ns)


def _pairs(request: Request) -> list[str]:
    """What is held comes first."""
    status = site_of(request).pictures.current.status
    if status is None or status.trader is None:
        return []
    held = [position.pair for position in status.trader.positions]
    return [*held, *(pair for pair in status.trader.pairs if pair not in held)]
