"""Asks the instance that runs, or does the work itself when none does."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from core.contracts import Change
from core.contracts.answers import Answer, CloseSaid, Failed, SwitchSaid
from core.contracts.asking import Confirmation, Last, Line, Question, Word, decode_line
from core.contracts.told import Note, Recovered, Telling, TellStep
from core.errors import ConfigurationError, SorteError
from core.owner import OwnersWord
from core.settings import Settings
from core.telemetry.process import logging_as
from core.workspace import data_folders, find, instance_of
from services.commander.desk.closing import close, close_by_file
from services.commander.desk.desk import Desk
from services.commander.desk.showing import outcome
from services.commander.desk.stopping import stop_by_word
from services.commander.desk.switches import SWITCHES, switch
from services.commander.line import away, books
from services.commander.line.local_socket import connect
from services.commander.line.words import readable
from services.commander.opening import open_commander
from services.commander.road.deployment import Deployment
from services.commander.texts import confirmation, say

Confirm = Callable[[str], bool | str]
"""Asks the owner a question: his yes or no, or what he said where that is to be understood by the other side."""


def ask(question: Question, settings: Settings, on_step: TellStep, confirm: Confirm) -> Answer:
    """The last line of the answer; `on_step` hears those before it, `confirm(question)` asks the owner.

    Raises SorteError for what the other side calls an error.
    """
    question = readable(question)
    connection = connect_to_instance(settings)
    if connection is None and (stopped := stop_here(question, settings)) is not None:
        return stopped
    if connection is None and question.do == "close":
        return close_here(question, settings, confirm)
    if connection is None and (pid := away.trader_of(settings)) is not None:
        on_step(Note(text=say("waiting", None, pid=pid)))
        connection = away.wait(settings, lambda: connect_to_instance(settings))
        if connection is None and (pid := away.trader_of(settings)) is not None:
            return asyncio.run(away.read(question, settings_of_instance(settings), pid))
    if connection is None:
        return ask_here(question, settings, on_step, confirm)
    with connection:
        return ask_over(connection, question, on_step, confirm)


def connect_to_instance(settings: Settings) -> socket.socket | None:
    """A connection to who runs on our data folder, or else on our workspace; None when nobody does."""
    for folder in data_folders(settings):
        if (connection := connect(folder)) is not None:
            return connection
    return None


def ask_over(connection: socket.socket, question: Question, on_step: TellStep, confirm: Confirm) -> Answer:
    """Ask the instance at the other end; each step is heard when it is told."""
    for line in told(connection, question):
        match line:
            case Last(Failed(message=message, hint=hint)):
                raise SorteError(message, hint)
            case Last(answer):
                return answer
            case Confirmation(question=asked):
                said = confirm(asked)
                word = Word(said=said) if isinstance(said, str) else Word(confirm=said)
                with contextlib.suppress(ConnectionError):  # it waited too long, and has said so
                    connection.sendall(msgspec.json.encode(word) + b"\n")
            case step:
                on_step(step)
    raise SorteError("The running instance went away before the end.", "`sorte history` shows how it ended.")


def told(connection: socket.socket, question: Question) -> Iterator[Line | Last]:
    """Each line of the answer, as far as it comes. Raises SorteError for one that another version wrote."""
    with connection.makefile("rb") as lines, contextlib.suppress(ConnectionError):
        connection.sendall(msgspec.json.encode(question) + b"\n")
        for line in lines:
            try:
                read = decode_line(line)
            except msgspec.ValidationError as error:
                told = f"The running instance is of another version, and what it said is not known here: {error}."
                raise SorteError(told, "Stop it, and start it again with `sorte run`.") from None
            except msgspec.DecodeError:  # torn: it died in the middle of a word
                return
            yield read


def ask_here(question: Question, settings: Settings, on_step: TellStep, confirm: Confirm) -> Answer:
    """Answer it in this process, on the workspace."""
    if (stopped := stop_here(question, settings)) is not None:
        return stopped
    workspace = find(settings)
    if workspace is None:
        return asyncio.run(books.read(question, settings))
    return asyncio.run(_answer(question, workspace, settings_of_instance(settings), on_step, confirm))


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


def close_here(question: Question, settings: Settings, confirm: Confirm) -> CloseSaid:
    """Close one position where no commander answers: by the owner's word in the folder of a trader that runs."""
    running = next((folder for folder in data_folders(settings) if OwnersWord(folder).listener is not None), None)

    async def asked(change: Change) -> bool:
        return question.yes or confirm(confirmation(change)) is True

    if running is None:
        return asyncio.run(close(question.pair, None, asked))
    return asyncio.run(close_by_file(question.pair, running, asked))


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
