"""What was bought and sold, why, and why not."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from msgspec import UNSET

from core.contracts.answers import OrderShown, Shown, TradesShown
from core.contracts.asking import Question
from core.contracts.ledger import TripExplained, TripsShown
from core.contracts.reasons import WhyShown
from services.gateway.web.drawing import draw
from services.gateway.web.pages.asking import ask_for, identity, known, perhaps
from services.gateway.web.refusing import refuse
from services.gateway.web.texts import say
from services.gateway.web.visitor import site_of, visitor

router = APIRouter(include_in_schema=False)
MOST = 200
FIRST = 50
"""Round trips that a page begins with: on a phone each is a card."""


@router.get("/trades")
async def trades(request: Request, limit: Annotated[int, Query(ge=1, le=MOST)] = FIRST) -> Response:
    """Round trips, the newest first."""
    who = visitor(request)
    shown = await ask_for(request, who, Question(do="trips", limit=limit), TripsShown)
    more = min(shown.total, MOST) if shown.total > len(shown.trips) and limit < MOST else 0
    return draw(request, "trades.html", who, trips=shown.trips, total=shown.total, more=more)


@router.get("/trades/{number}")
async def trip(request: Request, number: Annotated[int, Path(ge=1, le=10**9)]) -> Response:
    """One of them: which sentence, which commit, and what its release knew when it entered and when it left."""
    who = visitor(request)
    shown = await known(request, who, Question(do="trip", id=str(number)))
    if not isinstance(shown, TripExplained):
        return refuse(request, 404, say("trips.unknown", who.language))
    return draw(request, "trip.html", who, trip=shown.trip, currency=shown.currency, shown=shown)


@router.get("/orders")
async def orders(request: Request) -> Response:
    """The last fills, the newest first."""
    who = visitor(request)
    shown = await ask_for(request, who, Question(do="trades", limit=MOST), TradesShown)
    return draw(request, "orders.html", who, fills=shown.fills)


@router.get("/orders/{order}")
async def order(request: Request, order: str) -> Response:
    """One order: which sentence, which commit, and what its release knew at that moment."""
    who = visitor(request)
    shown = await known(request, who, Question(do="show", id=identity(order)))
    if not isinstance(shown, Shown) or not isinstance(shown.order, OrderShown):
        return refuse(request, 404, say("trade.unknown", who.language))
    found = shown.order
    asked = Question(do="why", pair=found.symbol, at_ns=found.time_ns, limit=1)
    why = await perhaps(request, who, asked, WhyShown)
    text = shown.text if shown.text is not UNSET else ""
    return draw(request, "order.html", who, order=found, text=text, reasons=why.now if why is not None else [])


@router.get("/why")
async def why(request: Request, pair: Annotated[str, Query(max_length=30)] = "") -> Response:
    """The ledger of refused signals."""
    who = visitor(request)
    asked = Question(do="why", pair=identity(pair) if pair else "", limit=50)
    shown = await ask_for(request, who, asked, WhyShown)
    stopped = site_of(request).pictures.current.stopped
    return draw(request, "why.html", who, pair=pair, stopped=stopped, reasons=shown.now, before=shown.reasons)
