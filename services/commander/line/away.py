"""A trader that runs while its commander is away: what is said then, and what must not be done.

The commander comes back by itself. Until then nobody can ask the trader what it does or let it do something else, and
refs that moved meanwhile would tell of what does not trade. So nothing is changed; what shows the records is shown.
"""

from __future__ import annotations

from typing import Final

import msgspec

from core.contracts.answers import Answer, Away, StatusShown
from core.contracts.asking import Question
from core.contracts.told import Telling
from core.settings import Settings
from core.workspace import Workspace, find
from services.commander.desk.desk import Desk
from services.commander.desk.orders import latest_epoch
from services.commander.line.words import WHAT_WORKS, unreachable
from services.commander.opening import database_url, reopen_store
from services.commander.records import Changes
from services.commander.road.context import Context
from services.commander.road.deployment import Deployment

READS: Final = frozenset(
    {
        *("status", "history", "show", "diff", "profit", "trades", "compare", "why", "explain"),
        *("trips", "trip", "periods", "performance", "stats", "count", "balance", "positions"),
        *("equity", "candles", "judged"),
    }
)


async def read(question: Question, settings: Settings, pid: int) -> Answer:
    """Answer what the records tell, with no lock taken and nothing brought to an end. Raises `unreachable` else."""
    workspace = find(settings)
    if question.do not in READS or workspace is None:
        raise unreachable(pid)
    with Workspace(workspace) as opened, reopen_store(database_url(settings)) as engine:
        context = Context(opened, Changes(engine), settings, _nobody)
        try:
            told = await Desk(Deployment(context)).answer(question, _nobody, _no)
        finally:
            context.close()
    if not isinstance(told, StatusShown):
        return told
    trades = latest_epoch(settings.data_dir)
    away = Away(pid=pid, trades=trades.release if trades is not None else "", hint=WHAT_WORKS)
    return msgspec.structs.replace(told, away=away)


def _nobody(_: Telling) -> None:
    """Nobody listens."""


async def _no(_: object) -> bool:
    return False
