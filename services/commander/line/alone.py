"""Does the work in this process where no instance runs: the whole commander is loaded, which asking one needs not."""

from __future__ import annotations

import asyncio
from pathlib import Path

from core.contracts import Change
from core.contracts.answers import Answer, CloseSaid
from core.contracts.asking import Question
from core.contracts.told import Recovered, Telling, TellStep
from core.owner import OwnersWord
from core.settings import Settings
from core.telemetry.process import logging_as
from core.workspace import data_folders, find
from services.commander.desk.closing import close, close_by_file
from services.commander.desk.desk import Desk
from services.commander.desk.showing import outcome
from services.commander.line import books
from services.commander.line.instance import Confirm, settings_of_instance, stop_here
from services.commander.opening import open_commander
from services.commander.road.deployment import Deployment
from services.commander.texts import confirmation


def ask_here(question: Question, settings: Settings, on_step: TellStep, confirm: Confirm) -> Answer:
    """Answer it in this process, on the workspace."""
    if (stopped := stop_here(question, settings)) is not None:
        return stopped
    workspace = find(settings)
    if workspace is None:
        return asyncio.run(books.read(question, settings))
    return asyncio.run(_answer(question, workspace, settings_of_instance(settings), on_step, confirm))


def close_here(question: Question, settings: Settings, confirm: Confirm) -> CloseSaid:
    """Close one position where no commander answers: by the owner's word in the folder of a trader that runs."""
    running = next((folder for folder in data_folders(settings) if OwnersWord(folder).listener is not None), None)

    async def asked(change: Change) -> bool:
        return question.yes or confirm(confirmation(change)) is True

    if running is None:
        return asyncio.run(close(question.pair, None, asked))
    return asyncio.run(close_by_file(question.pair, running, asked))


async def _answer(
    question: Question, workspace: Path, settings: Settings, on_step: TellStep, confirm: Confirm
) -> Answer:
    async def confirm_change(change: Change) -> bool | str:
        return confirm(confirmation(change))

    with (
        logging_as("commander", settings),
        open_commander(workspace, settings, _nobody, trades=False) as (context, recovered),
    ):
        try:
            for change in recovered:  # what was cut short before, and has just been brought to its end
                on_step(Recovered.of(outcome(change)))
            return await Desk(Deployment(context)).answer(question, on_step, confirm_change)
        finally:
            context.close()


def _nobody(_: Telling) -> None:
    """Without a running instance nobody listens."""
