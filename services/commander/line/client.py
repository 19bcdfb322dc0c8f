"""Asks the instance that runs, or does the work itself when none does.

What does the work is loaded when it is needed: `sorte status` beside a running instance needs nothing of it, nor does
the prompt in the trader's own process.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import msgspec

from core.contracts.answers import Answer, Failed
from core.contracts.asking import Confirmation, Last, Line, Question, Word, decode_line
from core.contracts.told import Note, TellStep
from core.errors import SorteError
from core.settings import Settings
from core.workspace import data_folders
from services.commander.line import waiting
from services.commander.line.instance import Confirm, settings_of_instance, stop_here
from services.commander.line.local_socket import connect
from services.commander.line.words import readable
from services.commander.texts import say


def ask(question: Question, settings: Settings, on_step: TellStep, confirm: Confirm) -> Answer:
    """The last line of the answer; `on_step` hears those before it, `confirm(question)` asks the owner.

    Raises SorteError for what the other side calls an error.
    """
    question = readable(question)
    connection = connect_to_instance(settings)
    if connection is None and (stopped := stop_here(question, settings)) is not None:
        return stopped
    if connection is None and question.do != "close" and (pid := waiting.trader_of(settings)) is not None:
        on_step(Note(text=say("waiting", None, pid=pid)))
        connection = waiting.wait(settings, lambda: connect_to_instance(settings))
    if connection is None:
        return _without_instance(question, settings, on_step, confirm)
    with connection:
        return ask_over(connection, question, on_step, confirm)


def _without_instance(question: Question, settings: Settings, on_step: TellStep, confirm: Confirm) -> Answer:
    from services.commander.line import alone, away

    if question.do == "close":
        return alone.close_here(question, settings, confirm)
    if (pid := waiting.trader_of(settings)) is not None:
        return asyncio.run(away.read(question, settings_of_instance(settings), pid))
    return alone.ask_here(question, settings, on_step, confirm)


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
