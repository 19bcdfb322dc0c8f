"""What the steps of the road share: the workspace, the records, three threads for slow work. `Deployment` moves."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, ParamSpec, TypeVar

from core.contracts import Change, Event, Language, Release, Utterance
from core.contracts.control import Program
from core.contracts.told import Tell
from core.releases import lay_out
from core.settings import Settings
from core.telemetry import get_logger
from core.workspace import CANDIDATES, NOBODY, Workspace, WorkspaceError, show_main
from services.commander.records import Changes
from services.commander.road import commits, noting
from services.commander.road.watch import Baseline
from services.commander.rooms import Rooms, real_rooms
from services.trader.accounts import Journals, Recorded

log = get_logger()

P = ParamSpec("P")
T = TypeVar("T")

RELEASES: Final = "releases"
SHADOW: Final = "shadow"
TOTAL: Final = "total"


@dataclass(slots=True)
class Context:
    """One commander's hands. `tell` reaches everybody who listens."""

    workspace: Workspace
    changes: Changes
    settings: Settings
    tell: Tell
    rooms: Rooms = field(default_factory=real_rooms)
    editing: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "edit"))
    reading: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "read"))
    judging: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "judge"))
    """Lives as long as we do: a box dies with the thread that started it."""
    baseline: Baseline = field(default_factory=Baseline)
    journals: Journals = field(default_factory=Journals)
    recorded: Recorded = field(default_factory=Recorded)

    async def edit(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run slow work of the owner's side: git, the interpreter, the editor."""
        return await asyncio.get_running_loop().run_in_executor(self.editing, carried(function, *args, **kwargs))

    async def read(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run slow work of the ledger: a long journal is read for seconds the first time, and no edit waits for it."""
        return await asyncio.get_running_loop().run_in_executor(self.reading, carried(function, *args, **kwargs))

    async def judge(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the guardian's work."""
        return await asyncio.get_running_loop().run_in_executor(self.judging, carried(function, *args, **kwargs))

    def judge_ahead(self, function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Run work of the guardian's that nobody waits for, before the next that somebody does."""
        with contextlib.suppress(RuntimeError):  # we have come to our end
            self.judging.submit(carried(function, *args, **kwargs))

    def advance(self, change: Change, event: Event, **fields: Any) -> Change:
        """Let `event` happen to a change, and write it down."""
        saved = self.changes.save(change.after(event, time.time_ns(), **fields))
        log.info("change.step", **noting.step(saved))
        if noting.is_over(change, saved):
            log.info("change.finished", **noting.summary(saved))
        return saved

    def show_main(self, old: str) -> list[str]:
        """Bring the owner's files from commit `old` to main; the names of those that he has edited, or why none was.

        Never raises: what trades is read from git's objects, and nothing hangs on his files.
        """
        try:
            return show_main(self.workspace, old)
        except (OSError, WorkspaceError) as error:
            log.warning("files.not_shown", exc_info=error)
            return [str(error)]

    def program(self, commit: str) -> Program:
        """A commit laid out for a box. Raises what the workspace or the disk raises."""
        self.workspace.verify(commit)
        source = self.workspace.source(commit)
        laid = lay_out(source, self.settings.data_dir / RELEASES)
        origin = commits.effective(self.workspace, commit)
        change = commits.trailer(self.workspace, origin, commits.CHANGE)
        message = commits.trailer(self.workspace, origin, commits.MESSAGE)
        return Program(Release(commit, source.tree_hash, change, message), str(laid.folder), laid.rule_names)

    def drop_candidate(self, change: Change) -> None:
        """Forget the ref of a change that has ended."""
        ref = CANDIDATES + change.id
        if (commit := self.workspace.refs(ref).get(ref)) is not None:
            self.workspace.update_refs({ref: (commit, NOBODY)})

    def shadow_file(self, change: Change) -> Path:
        """Where the trader leaves what a green host was warmed up with."""
        return (self.settings.data_dir / SHADOW / f"{change.id}.events").resolve()

    def close(self) -> None:
        """End the threads. What git is doing is waited for; reading is not, nor a judgement: its boxes die with us."""
        self.editing.shutdown(cancel_futures=True)
        self.reading.shutdown(wait=False, cancel_futures=True)
        self.judging.shutdown(wait=False, cancel_futures=True)


def carried(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Callable[[], T]:
    """The call as it is made in a thread: what is bound to the log's lines here is bound to them there."""
    return partial(contextvars.copy_context().run, partial(function, *args, **kwargs))


class Stopwatch:
    """How long each part of a change took, in seconds; `before` are those of a change that goes on."""

    def __init__(self, before: Mapping[str, float] = MappingProxyType({})) -> None:
        self.seconds = {name: seconds for name, seconds in before.items() if name not in (TOTAL, "end")}
        self._last = time.monotonic()
        self._begun = self._last - sum(self.seconds.values())

    def lap(self, name: str) -> dict[str, float]:
        """The time since the last lap goes to `name`; returns all of them with their total."""
        now = time.monotonic()
        self.seconds[name] = round(now - self._last, 4)
        self._last = now
        return self.seconds | {TOTAL: round(now - self._begun, 4)}

    def skip(self) -> None:
        """What passed since the last lap is nobody's: the owner was thinking."""
        now = time.monotonic()
        self._begun += now - self._last
        self._last = now


def rollback_utterance(owner: str, message: str, text: str = "rollback", language: Language | None = None) -> Utterance:
    """What stands for a command that was no sentence."""
    return Utterance(text, owner, message, time.time_ns(), language)
