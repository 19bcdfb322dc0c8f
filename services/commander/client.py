"""Asks the instance that runs, or does the work itself when none does."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from core.contracts import Change
from core.contracts.control import encode_line
from core.errors import ConfigurationError, SorteError
from core.settings import Settings
from core.workspace import find
from services.commander.desk import Ask, Desk
from services.commander.local_socket import connect
from services.commander.opening import instance_of, open_commander
from services.commander.texts import say

Step = dict[str, Any]


def ask(question: Ask, settings: Settings, on_step: Callable[[Step], None], confirm: Callable[[str], bool]) -> Step:
    """The last line of the answer; `on_step` hears those before it, `confirm(question)` asks the owner.

    Raises SorteError for what the other side calls an error.
    """
    connection = connect_to_instance(settings)
    if connection is None:
        return ask_here(question, settings, on_step, confirm)
    with connection:
        return ask_over(connection, question, on_step, confirm)


def connect_to_instance(settings: Settings) -> socket.socket | None:
    """A connection to who runs on our data folder, or else on our workspace; None when nobody does."""
    workspace = find(settings)
    folders = [settings.data_dir, instance_of(workspace) if workspace is not None else None]
    for folder in folders:
        if folder is not None and folder.is_dir() and (connection := connect(folder)) is not None:
            return connection
    return None


def ask_over(
    connection: socket.socket, question: Ask, on_step: Callable[[Step], None], confirm: Callable[[str], bool]
) -> Step:
    """Ask the instance at the other end."""
    connection.sendall(msgspec.json.encode(question) + b"\n")
    last: Step | None = None
    with connection.makefile("rb") as lines:
        for line in lines:
            if last is not None:
                on_step(last)
            last = msgspec.json.decode(line, type=Step)
            if last["kind"] == "confirm":
                answer = confirm(last["question"])
                connection.sendall(msgspec.json.encode({"confirm": answer}) + b"\n")
                last = None
    if last is None or (question.do == "change" and last["kind"] in STEPS):
        raise SorteError("The running instance went away before the end.", "`sorte history` shows how it ended.")
    if last["kind"] == "error":
        raise SorteError(last["message"], last["hint"])
    return last


STEPS = frozenset({"received", "plan", "diff", "gate", "commit", "staged", "shadow", "switch", "note"})
"""What is told on the road; none of them is an end."""


def ask_here(
    question: Ask, settings: Settings, on_step: Callable[[Step], None], confirm: Callable[[str], bool]
) -> Step:
    """Answer it in this process, on the workspace."""
    workspace = find(settings)
    if workspace is None:
        raise ConfigurationError("There is no workspace here.", "Make one with `sorte init`, and work inside it.")
    return asyncio.run(_answer(question, workspace, settings, on_step, confirm))


async def _answer(
    question: Ask,
    workspace: Path,
    settings: Settings,
    on_step: Callable[[Step], None],
    confirm: Callable[[str], bool],
) -> Step:
    def tell(kind: str, /, **fields: Any) -> None:
        on_step(as_read({"kind": kind, **fields}))

    async def confirm_change(change: Change) -> bool:
        language = change.interpretation.language if change.interpretation is not None else None
        return confirm(say("confirm", language))

    with open_commander(workspace, settings, _nobody, trades=False) as (context, _):
        try:
            return as_read(await Desk(context).answer(question, tell, confirm_change))
        finally:
            context.close()


def as_read(step: Step) -> Step:
    """A step as it would have come over the socket."""
    return msgspec.json.decode(encode_line(step), type=Step)


def _nobody(_kind: str, /, **_fields: Any) -> None:
    """Without a running instance nobody listens."""
