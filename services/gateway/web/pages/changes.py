"""The changes: all of them, each of them, and the backtest that judged it."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from msgspec import UNSET

from core.contracts.answers import DiffShown, HistoryShown, Shown
from core.contracts.asking import Question
from core.contracts.change import State
from core.contracts.ledger import JudgedShown
from services.gateway.web.drawing import draw
from services.gateway.web.pages.asking import ask_for, identity, known, perhaps
from services.gateway.web.pages.now import painter_of
from services.gateway.web.refusing import refuse
from services.gateway.web.texts import say
from services.gateway.web.views.compared import compared
from services.gateway.web.views.figures import alone, backtest_of, measured
from services.gateway.web.visitor import Visitor, site_of, visitor

router = APIRouter(include_in_schema=False)
MOST = 200


@router.get("/history")
async def history(request: Request) -> Response:
    """Every change, the newest first."""
    who = visitor(request)
    shown = await ask_for(request, who, Question(do="history", limit=MOST), HistoryShown)
    return draw(request, "history.html", who, changes=shown.changes)


@router.get("/changes/{change}")
async def change(request: Request, change: str) -> Response:
    """One of them from its sentence to its end."""
    who = visitor(request)
    shown = await _shown(request, who, change)
    if shown is None:
        return refuse(request, 404, say("change.unknown", who.language))
    diff = await perhaps(request, who, Question(do="diff", id=str(shown.id)), DiffShown)
    gate = backtest_of(shown.verdict or None)
    road = painter_of(request).roads_of(who.kind).of(shown.id)
    told, status = shown.change, site_of(request).pictures.current.status
    live = status.change.id if status is not None and status.change is not None else ""
    return draw(
        request,
        "change.html",
        who,
        shown=shown,
        diff=diff.diff if diff is not None else "",
        verdict=shown.verdict or None,
        rows=measured(gate.figures, who.language) if gate is not None else [],
        steps=shown.steps or (),
        held=road.held if road is not None else None,
        trades=shown.id == live,
        can_go_back=told is not None and told.state in (State.LIVE, State.ACCEPTED) and bool(told.commit),
    )


@router.get("/backtests")
async def backtests(request: Request) -> Response:
    """Those that were judged."""
    who = visitor(request)
    shown = await ask_for(request, who, Question(do="history", limit=MOST, judged=True), HistoryShown)
    return draw(request, "backtests.html", who, changes=[each for each in shown.changes if each.summary])


@router.get("/backtests/{change}")
async def backtest(request: Request, change: str) -> Response:
    """What the judgement of one measured."""
    who = visitor(request)
    shown = await _shown(request, who, change)
    if shown is None:
        return refuse(request, 404, say("change.unknown", who.language))
    gate = backtest_of(shown.verdict or None)
    figures = gate.figures if gate is not None else {}
    rows, others = measured(figures, who.language), alone(figures, who.language)
    judged = await perhaps(request, who, Question(do="judged", id=str(shown.id)), JudgedShown)
    drawn = compared(judged, who.language) if judged is not None else None
    return draw(
        request, "backtest.html", who, shown=shown, gate=gate, rows=rows, others=others, judged=judged, drawn=drawn
    )


async def _shown(request: Request, who: Visitor, change: str) -> Shown | None:
    answer = await known(request, who, Question(do="show", id=identity(change)))
    return answer if isinstance(answer, Shown) and answer.id and answer.state is not UNSET else None
