"""What can be asked, one address for each verb of the chat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar

import msgspec
from fastapi import APIRouter, Path, Query, Request, Response

from core.contracts.accounts import CompareShown, ProfitShown
from core.contracts.answers import Answer, DiffShown, HeldShown, HistoryShown, Said, Shown, StatusShown, TradesShown
from core.contracts.asking import MOST, Question
from core.contracts.ledger import (
    BalanceShown,
    CandlesShown,
    CountShown,
    EquityShown,
    PerformanceShown,
    PeriodsShown,
    PositionsShown,
    StatsShown,
    TripExplained,
    TripsShown,
)
from core.contracts.reasons import NameExplained, TradeExplained, WhyShown
from core.errors import SorteError
from services.gateway.web.api.answering import answered, answers, asked
from services.gateway.web.pages.asking import ask
from services.gateway.web.refusing import refuse
from services.gateway.web.visitor import site_of, visitor

router = APIRouter(prefix="/api/v1", tags=["Look"])
F = TypeVar("F", bound=Callable[..., Any])
Limit = Annotated[int, Query(ge=1, le=MOST)]
Pair = Annotated[str, Query(pattern=r"^[A-Za-z0-9/_.-]{0,30}$")]
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.:-]{1,80}$")]
Period = Annotated[str, Query(pattern=r"^(today|yesterday|week|month|year|all|\d{4}-\d\d-\d\d)?$")]
Unit = Annotated[str, Query(pattern=r"^(day|week|month)$")]
Frame = Annotated[str, Query(pattern=r"^(\d{1,3}[mhd])?$")]
KINDS: Final = (
    *(
        HistoryShown,
        Shown,
        DiffShown,
        ProfitShown,
        PeriodsShown,
        PerformanceShown,
        StatsShown,
        TripsShown,
        TripExplained,
    ),
    *(TradesShown, EquityShown, CandlesShown, WhyShown, NameExplained, TradeExplained, Said),
)
"""Of the answers below."""
PLAIN: Final[dict[str, tuple[str, type[Answer]]]] = {
    "status": ("What trades, and how it does.", StatusShown),
    "positions": ("What is open: what it cost, and would earn now.", PositionsShown),
    "balance": ("What the account has.", BalanceShown),
    "count": ("How much is open, against what the limits allow.", CountShown),
    "compare": ("The releases that have traded.", CompareShown),
    "held": ("The changes that wait for a yes or a no.", HeldShown),
}


def _plain(do: str, about: str, kind: type[Answer]) -> None:
    async def plain(request: Request) -> Response:
        return await asked(request, visitor(request), msgspec.convert({"do": do}, Question))

    router.add_api_route(f"/{do}", plain, summary=about, operation_id=do, responses=answers(kind), response_model=None)


for name, (about, kind) in PLAIN.items():
    _plain(name, about, kind)


def _get(path: str, kind: type, **more: Any) -> Callable[[F], F]:
    return router.get(path, responses=answers(kind, **more), response_model=None)


@_get("/history", HistoryShown)
async def history(request: Request, limit: Limit = 20, everything: bool = False) -> Response:
    """The last changes, newest first."""
    return await asked(request, visitor(request), Question(do="history", limit=limit, all=everything))


@_get("/changes/{change}", Shown, refused=(404,))
async def change(request: Request, change: Name) -> Response:
    """One change from its sentence to its end, or an order with the change that led to it."""
    return await _one(request, Question(do="show", id=change))


@_get("/changes/{change}/diff", DiffShown, refused=(404,))
async def diff(request: Request, change: Name) -> Response:
    """What a change edited."""
    return await _one(request, Question(do="diff", id=change))


@_get("/profit", ProfitShown)
async def profit(request: Request, period: Period = "today") -> Response:
    """What a stretch of time came to."""
    return await asked(request, visitor(request), Question(do="profit", period=period))


@_get("/periods", PeriodsShown)
async def periods(request: Request, unit: Unit = "day", limit: Limit = 7) -> Response:
    """What each of the last days, weeks or months came to."""
    return await asked(request, visitor(request), Question(do="periods", period=unit, limit=limit))


@_get("/daily", PeriodsShown)
async def daily(request: Request, limit: Limit = 7) -> Response:
    """What each of the last days came to."""
    return await asked(request, visitor(request), Question(do="periods", period="day", limit=limit))


@_get("/weekly", PeriodsShown)
async def weekly(request: Request, limit: Limit = 7) -> Response:
    """What each of the last weeks came to."""
    return await asked(request, visitor(request), Question(do="periods", period="week", limit=limit))


@_get("/monthly", PeriodsShown)
async def monthly(request: Request, limit: Limit = 7) -> Response:
    """What each of the last months came to."""
    return await asked(request, visitor(request), Question(do="periods", period="month", limit=limit))


@_get("/entries", PerformanceShown)
async def entries(request: Request, period: Period = "all") -> Response:
    """By reason of entry; `entries` of the answer."""
    return await asked(request, visitor(request), Question(do="performance", period=period))


@_get("/exits", PerformanceShown)
async def exits(request: Request, period: Period = "all") -> Response:
    """By reason of exit; `exits` of the answer."""
    return await asked(request, visitor(request), Question(do="performance", period=period))


@_get("/performance", PerformanceShown)
async def performance(request: Request, period: Period = "all") -> Response:
    """By pair, release and reason."""
    return await asked(request, visitor(request), Question(do="performance", period=period))


@_get("/stats", StatsShown)
async def stats(request: Request, period: Period = "all") -> Response:
    """What the round trips of a stretch have in common."""
    return await asked(request, visitor(request), Question(do="stats", period=period))


@_get("/trades", TripsShown)
async def trades(request: Request, pair: Pair = "", period: Period = "", limit: Limit = 20) -> Response:
    """Round trips, newest first."""
    return await asked(request, visitor(request), Question(do="trips", pair=pair, period=period, limit=limit))


@_get("/trades/{number}", TripExplained, refused=(404,))
async def trade(request: Request, number: Annotated[int, Path(ge=1, le=10**9)]) -> Response:
    """One round trip with what decided each end."""
    return await _one(request, Question(do="trip", id=str(number)))


@_get("/fills", TradesShown)
async def fills(request: Request, limit: Limit = 20) -> Response:
    """The last fills, newest first."""
    return await asked(request, visitor(request), Question(do="trades", limit=limit))


@_get("/equity", EquityShown)
async def equity(request: Request, period: Period = "month") -> Response:
    """The account's worth over a stretch."""
    return await asked(request, visitor(request), Question(do="equity", period=period))


@_get("/candles", CandlesShown)
async def candles(request: Request, pair: Pair = "", timeframe: Frame = "", limit: Limit = 100) -> Response:
    """The last bars of a pair, with the trades on them."""
    question = Question(do="candles", pair=pair, timeframe=timeframe, limit=limit)
    return await asked(request, visitor(request), question)


@_get("/why", WhyShown)
async def why(request: Request, pair: Pair = "", limit: Limit = 12) -> Response:
    """Why nothing was bought, or not sold."""
    return await asked(request, visitor(request), Question(do="why", pair=pair, limit=limit))


@router.get("/explain", responses=answers(TradeExplained, Said), response_model=None)
async def explain_last(request: Request) -> Response:
    """The last trade, and what decided it."""
    return await asked(request, visitor(request), Question(do="explain", id="last trade"))


@router.get("/explain/{name}", responses=answers(NameExplained, Said, refused=(404,)), response_model=None)
async def explain(request: Request, name: Name) -> Response:
    """What a parameter, a rule or a feature means."""
    return await _one(request, Question(do="explain", id=name))


async def _one(request: Request, question: Question) -> Response:
    who = visitor(request)
    try:
        answer = await ask(request, who, question)
    except SorteError as error:
        if site_of(request).pictures.current.deaf:
            raise
        return refuse(request, 404, error.message, error.hint)
    if question.do == "show" and not isinstance(answer, Shown):
        return refuse(request, 404)
    return answered(answer)
