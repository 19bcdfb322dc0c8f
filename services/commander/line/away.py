"""A trader that runs while its commander is away: what is said then, and what must not be done.

The commander comes back by itself. Until then nobody can ask the trader what it does or let it do something else, and
refs that moved meanwhile would tell of what does not trade. So nothing is changed; what shows the records is shown.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Final

import msgspec

from core.contracts.answers import Answer, Away, StatusShown
from core.contracts.asking import Question
from core.contracts.told import Telling
from core.presence import holder
from core.settings import Settings
from core.workspace import Workspace, find, starting_file, trader_file
from services.commander.desk.desk import Desk
from services.commander.desk.orders import latest_epoch
from services.commander.line.words import WHAT_WORKS, unreachable
from services.commander.opening import database_url, reopen_store
from services.commander.records import Changes
from services.commander.road.context import Context
from services.commander.road.deployment import Deployment

PATIENCE_SECONDS: Final = 15.0
"""A commander that has died once is back by then."""
STARTING_SECONDS: Final = 60.0
"""For one that is being started meanwhile, on a busy machine."""
LOOK_SECONDS: Final = 0.1
READS: Final = frozenset(
    {
        *("status", "history", "show", "diff", "profit", "trades", "compare", "why", "explain"),
        *("trips", "trip", "periods", "performance", "stats", "count", "balance", "positions"),
        *("equity", "candles", "judged"),
    }
)


def trader_of(settings: Settings) -> int | None:
    """The process that trades our workspace, or begins to; None when none does."""
    workspace = find(settings)
    return holder(trader_file(workspace)) if workspace is not None else None


def wait(
    settings: Settings,
    connect: Callable[[], socket.socket | None],
    *,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> socket.socket | None:
    """A connection to its commander, as soon as it is there; None when it is not in time, or the trader has ended."""
    began = clock()
    while (connection := connect()) is None and trader_of(settings) is not None:
        if clock() - began > (STARTING_SECONDS if _starts(settings) else PATIENCE_SECONDS):
            break
        pause(LOOK_SECONDS)
    return connection


def _starts(settings: Settings) -> bool:
    workspace = find(settings)
    return workspace is not None and holder(starting_file(workspace)) is not None


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
