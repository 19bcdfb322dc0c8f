"""Asks the instance that runs, or does the work itself when none does."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from core.contracts import Change
from core.contracts.control import encode_line
from core.errors import ConfigurationError, SorteError
from core.settings import Settings
from core.workspace import data_folders, find, instance_of
from services.commander.desk import Ask, Desk
from services.commander.local_socket import LAST, connect
from services.commander.opening import open_commander
from services.commander.showing import outcome
from services.commander.stopping import stop_by_word
from services.commander.switches import SWITCHES, switch
from services.commander.texts import confirmation

Step = dict[str, Any]


Confirm = Callable[[str], bool | str]
"""Asks the owner a question: his yes or no, or what he said where that is to be understood by the other side."""


def ask(question: Ask, settings: Settings, on_step: Callable[[Step], None], confirm: Confirm) -> Step:
    """The last line of the answer; `on_step` hears those before it, `confirm(question)` asks the owner.

    Raises SorteError for what the other side calls an error.
    """
    question = readable(question)
    connection = connect_to_instance(settings)
    if connection is None:
        return ask_here(question, settings, on_step, confirm)
    with connection:
        return ask_over(connection, question, on_step, confirm)


def readable(question: Ask) -> Ask:
    """With characters only that can be written down: bytes that are none come as halves of a pair from a command line.

    Raises ConfigurationError for more text than anybody says.
    """
    if len(question.text) > LONGEST_TEXT:
        told = f"The sentence has {len(question.text):,} characters, more than {LONGEST_TEXT:,}."
        raise ConfigurationError(told, "Say it in fewer words.")
    words = {name: getattr(question, name) for name in ("text", "id", "to", "owner", "message")}
    plain = {name: word.encode(errors="replace").decode() for name, word in words.items() if word is not None}
    return msgspec.structs.replace(question, **plain)


def connect_to_instance(settings: Settings) -> socket.socket | None:
    """A connection to who runs on our data folder, or else on our workspace; None when nobody does."""
    for folder in data_folders(settings):
        if (connection := connect(folder)) is not None:
            return connection
    return None


def ask_over(connection: socket.socket, question: Ask, on_step: Callable[[Step], None], confirm: Confirm) -> Step:
    """Ask the instance at the other end; each step is heard when it is told."""
    for step in told(connection, question):
        if step.pop(LAST, False):
            if step["kind"] == "error":
                raise SorteError(step["message"], step["hint"])
            return step
        if step["kind"] == "confirm":
            answer = confirm(step["question"])
            with contextlib.suppress(ConnectionError):  # it waited too long, and has said so
                word = "said" if isinstance(answer, str) else "confirm"
                connection.sendall(msgspec.json.encode({word: answer}) + b"\n")
        else:
            on_step(step)
    raise SorteError("The running instance went away before the end.", "`sorte history` shows how it ended.")


def told(connection: socket.socket, question: Ask) -> Iterator[Step]:
    """Each line of the answer, as far as it comes."""
    with connection.makefile("rb") as lines, contextlib.suppress(ConnectionError, msgspec.DecodeError):
        connection.sendall(msgspec.json.encode(question) + b"\n")
        for line in lines:
            yield msgspec.json.decode(line, type=Step)


LONGEST_TEXT: Final = 10_000
"""Characters; the interpreter reads fewer, and says so itself."""


def ask_here(question: Ask, settings: Settings, on_step: Callable[[Step], None], confirm: Confirm) -> Step:
    """Answer it in this process, on the workspace."""
    workspace = find(settings)
    if workspace is None:
        raise ConfigurationError("There is no workspace here.", "Make one with `sorte init`, and work inside it.")
    settings = settings.model_copy(update={"data_dir": data_dir_of(workspace, settings)})
    if question.do in SWITCHES:  # at once, whoever has the workspace or the records
        return as_read(asyncio.run(switch(question.do, settings.data_dir, None)))
    if question.do == "change" and (stopped := asyncio.run(stop_by_word(question.text, settings.data_dir, None))):
        return as_read(stopped)
    return asyncio.run(_answer(question, workspace, settings, on_step, confirm))


def data_dir_of(workspace: Path, settings: Settings) -> Path:
    """Where the records of a workspace lie: as the settings say, else where who worked on it last has them.

    Two commands in two folders must not write two stories of one workspace.
    """
    known = instance_of(workspace)
    return known if "data_dir" not in settings.model_fields_set and known and known.is_dir() else settings.data_dir


async def _answer(
    question: Ask,
    workspace: Path,
    settings: Settings,
    on_step: Callable[[Step], None],
    confirm: Confirm,
) -> Step:
    def tell(kind: str, /, **fields: Any) -> None:
        on_step(as_read({"kind": kind, **fields}))

    async def confirm_change(change: Change) -> bool | str:
        return confirm(confirmation(change))

    with open_commander(workspace, settings, _nobody, trades=False) as (context, recovered):
        try:
            for change in recovered:  # what was cut short before, and has just been brought to its end
                tell("recovered", **{name: value for name, value in outcome(change).items() if name != "kind"})
            return as_read(await Desk(context).answer(question, tell, confirm_change))
        finally:
            context.close()


def as_read(step: Step) -> Step:
    """A step as it would have come over the socket."""
    return msgspec.json.decode(encode_line(step), type=Step)


def _nobody(_kind: str, /, **_fields: Any) -> None:
    """Without a running instance nobody listens."""
