"""On whose folder and records a command works, and what it does there at once, with no commander."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from core.contracts.answers import SwitchSaid
from core.contracts.asking import Question
from core.errors import ConfigurationError
from core.settings import Settings
from core.workspace import data_folders, find, instance_of
from services.commander.desk.stopping import stop_by_word
from services.commander.desk.switches import SWITCHES, switch

Confirm = Callable[[str], bool | str]
"""Asks the owner a question: his yes or no, or what he said where that is to be understood by the other side."""


def stop_here(question: Question, settings: Settings) -> SwitchSaid | None:
    """What needs no commander, at once, whoever has the workspace or the records: a switch, or a word that stops.

    It is left in the folder where it is heard, or will be at the next start. None for any other question.
    """
    known = data_folders(settings)
    if find(settings) is not None:
        known = [settings_of_instance(settings).data_dir]
    if not known and question.do in SWITCHES:
        told = f"Nobody has traded from this folder, so nobody hears `{question.do}` here."
        raise ConfigurationError(told, "Say it in the folder where `sorte run` was started, or with SORTE_DATA_DIR.")
    said = [line for folder in known if (line := asyncio.run(_stop(question, folder))) is not None]
    return next((line for line in said if line.runs), said[0]) if said else None


async def _stop(question: Question, folder: Path) -> SwitchSaid | None:
    if question.do in SWITCHES:
        return await switch(question.do, folder, None)
    return await stop_by_word(question.text, folder, None) if question.do == "change" else None


def settings_of_instance(settings: Settings) -> Settings:
    """With the data folder of who works on our workspace, where there is one."""
    workspace = find(settings)
    if workspace is None:
        return settings
    return settings.model_copy(update={"data_dir": data_dir_of(workspace, settings)})


def data_dir_of(workspace: Path, settings: Settings) -> Path:
    """Where the records of a workspace lie: as the settings say, else where who worked on it last has them.

    Two commands in two folders must not write two stories of one workspace.
    """
    known = instance_of(workspace)
    return known if "data_dir" not in settings.model_fields_set and known and known.is_dir() else settings.data_dir
