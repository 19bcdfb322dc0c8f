"""Opens a commander over a workspace: the records, the lock, and everything brought to its end first."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine

from core.contracts import Change
from core.contracts.told import Tell
from core.database import open_store, sqlite_url
from core.llm.asking import models_of
from core.private import close_data_folder, make_private
from core.settings import Settings
from core.workspace import Workspace, note_instance, sole_commander, sole_keeper
from services.commander.records import Changes
from services.commander.road.context import Context
from services.commander.road.recovery import recover
from services.commander.rooms import Rooms, real_rooms, with_models


def database_url(settings: Settings) -> str:
    """Of the changes: the configured database, else a file beside the data."""
    return settings.database_url.get_secret_value() or sqlite_url(settings.data_dir / "sorte.sqlite")


@contextlib.contextmanager
def open_commander(
    workspace: Path, settings: Settings, tell: Tell, *, trades: bool, rooms: Rooms | None = None
) -> Iterator[tuple[Context, list[Change]]]:
    """A context over `workspace`, and the changes that had to be brought to their end.

    Raises ConfigurationError when the workspace is none or another commander has it, RecordsUnusable when its changes
    cannot be read or written.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    close_data_folder(settings.data_dir)
    with Workspace(workspace) as opened, sole_commander(opened), sole_keeper(settings.data_dir):
        make_private(opened.git_dir)
        engine = open_store(database_url(settings))
        try:
            note_instance(opened, settings.data_dir)
            with models_of(settings.models) as models:
                paper = settings.trader.mode != "live"  # no model writes code where it would trade money at once
                helped = with_models(rooms or real_rooms(), models, code=paper)
                context = Context(opened, Changes(engine), settings, tell, helped)
                yield context, recover(context, trades=trades)
        finally:
            engine.dispose()


@contextlib.contextmanager
def reopen_store(url: str) -> Iterator[Engine]:
    """The records, for who only reads them and holds no lock."""
    engine = open_store(url)
    try:
        yield engine
    finally:
        engine.dispose()
