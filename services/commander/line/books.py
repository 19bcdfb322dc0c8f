"""What the ledger tells where there is no workspace: from the journal of the data folder."""

from __future__ import annotations

from typing import Final, NoReturn, cast

from core.contracts.answers import Answer
from core.contracts.asking import Question
from core.contracts.told import Telling
from core.errors import ConfigurationError
from core.settings import Settings
from core.workspace import Workspace
from services.commander.desk.desk import Desk
from services.commander.desk.orders import journals
from services.commander.opening import database_url, reopen_store
from services.commander.records import Changes
from services.commander.road.context import Context
from services.commander.road.deployment import Deployment

READS: Final = frozenset(
    {*("profit", "trades", "trips", "trip", "periods", "performance", "stats", "balance", "positions", "equity")}
)
NO_RECORDS: Final = "sqlite://"


class _NoWorkspace:
    """Stands where a workspace would be; whoever needs it is refused."""

    def __getattr__(self, name: str) -> NoReturn:
        raise no_workspace()


def no_workspace() -> ConfigurationError:
    """What is said to who needs one."""
    return ConfigurationError("There is no workspace here.", "Make one with `sorte init`, and work inside it.")


async def read(question: Question, settings: Settings) -> Answer:
    """Answer it; where nobody has ever traded, that there is nothing. Raises ConfigurationError for all else."""
    if question.do not in READS:
        raise no_workspace()
    traded = bool(journals(settings.data_dir))  # else nothing is made where nothing is
    with reopen_store(database_url(settings) if traded else NO_RECORDS) as engine:
        context = Context(cast("Workspace", _NoWorkspace()), Changes(engine), settings, _nobody)
        try:
            return await Desk(Deployment(context)).answer(question, _nobody, _no)
        finally:
            context.close()


def _nobody(_: Telling) -> None:
    """Nobody listens."""


async def _no(_: object) -> bool:
    return False
