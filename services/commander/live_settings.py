"""Settings that change while Sorte runs: an edit of `sorte.toml` is heard, checked as a whole, told, and taken in.

Only the file is looked at. What the environment or a secret file sets stays, as it would at a start; a file with a
fault changes nothing. What is under way ends as it began: a change that is watched keeps the time that it was given.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from pathlib import Path
from typing import Final, Protocol

from watchfiles import Change, awatch

from core.contracts.told import SettingChanged, SettingRefused, Tell
from core.retelling import retold
from core.settings import SETTINGS_FILE, Settings
from core.settings.changes import Changed, changes, set_in, with_changes
from core.settings.checking import FileSettings, read_file
from core.settings.facts import written
from core.settings.origins import above_the_file
from core.telemetry.process import log_at
from services.commander.texts import say

QUIET_MS: Final = 200
"""A file that nobody has written to for so long is read: an editor may write it in pieces."""


class Holder(Protocol):
    """The holder of the settings in force, who is asked for them each time: a commander's context."""

    settings: Settings

    @property
    def tell(self) -> Tell:
        """Reaches everybody who listens."""


class LiveSettings:
    """The settings file of one running commander."""

    def __init__(self, context: Holder, file: Path = SETTINGS_FILE) -> None:
        """What was edited while nobody listened is taken in now."""
        self._context, self._file = context, file
        self._refused = ""
        self._known = self._read() or FileSettings()
        self._take(set_in(self._known, context.settings))

    async def follow(self) -> None:
        """Take in what is edited, until cancelled."""
        edits = edits_of(self._file)
        while True:
            edited = asyncio.ensure_future(anext(edits))
            await asyncio.sleep(0)  # from here on the file is watched: what was edited before is seen now
            self.look()
            await edited

    def look(self) -> None:
        """Take in what the file says now."""
        fresh = self._read()
        if fresh is not None:
            found, self._known = changes(self._known, fresh), fresh
            self._take(found)

    def _read(self) -> FileSettings | None:
        """What the file says, which is nothing when there is none; None when it has a fault, which is told once."""
        read = read_file(self._file, FileSettings) if self._file.exists() else FileSettings()
        faults = "; ".join(retold(str(fault)) for fault in read) if isinstance(read, list) else ""
        if faults and faults != self._refused:
            self._context.tell(SettingRefused(reason=say("settings_refused", faults=faults)))
        self._refused = faults
        return None if isinstance(read, list) else read

    def _take(self, found: Iterable[Changed]) -> None:
        taken = [each for each in found if not above_the_file(each.key)]
        self._context.settings = with_changes(self._context.settings, taken)
        log_at(self._context.settings.logs.level)
        for each in taken:
            self._tell(each)

    def _tell(self, changed: Changed) -> None:
        old, new = ("-" if value is None else written(value) for value in (changed.old, changed.new))
        text = "setting_changed" if changed.live else "setting_waits"
        fields = {"key": changed.key, "old": changed.old, "new": changed.new, "live": changed.live}
        self._context.tell(SettingChanged(**fields, reason=say(text, key=changed.key, old=old, new=new)))


def edits_of(file: Path) -> AsyncGenerator[set[tuple[Change, str]], None]:
    """Something for each time that a file was written, replaced or removed; of a link, also where it leads to."""
    watched = {file.absolute(), file.resolve()}
    names = {each.name for each in watched}
    return awatch(
        *{each.parent for each in watched},
        watch_filter=lambda _, path: Path(path).name in names,
        recursive=False,
        step=QUIET_MS,
    )
