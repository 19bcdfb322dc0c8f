"""A commander over a real workspace, with rooms before it that do what a test says and a trader that it can look into.

The sentences of these tests are `NAME VALUE`, `?` (ask), `-` (no command), `status` and `back`; the edits, the commits,
the refs and the records are the real ones.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from core.contracts import (
    Action,
    Box,
    Candidate,
    Change,
    EditPlan,
    GateReport,
    Interpretation,
    Language,
    Outcome,
    SetParameter,
    Situation,
    Status,
    Utterance,
    Verdict,
)
from core.contracts.control import Health, Program
from core.contracts.events import Event
from core.contracts.figures import (
    PairClosing,
    Percentiles,
    Position,
    ShadowRun,
    Staged,
    SwitchDone,
    TraderStatus,
    Trees,
)
from core.contracts.told import Telling
from core.kernel import DECISION, EVENT, Records
from core.settings import CommanderSettings, Settings
from core.strategy import Source
from core.symbols import Symbols
from core.workspace import CANDIDATES, FOLDER, NOBODY, Workspace, create
from services.commander.opening import open_commander
from services.commander.road.context import Context
from services.commander.road.deployment import Deployment
from services.commander.road.walk import walk
from services.commander.rooms import Rooms
from services.commander.trader_port import Hear, TraderRefused
from services.interpreter.rendering import operation_line
from tests.lines import said

EVENTS = 300
NOTHING = Percentiles(p50=None, p99=None)
STATUS = TraderStatus(
    mode="paper",
    trading="active",
    events=EVENTS,
    events_lost=0,
    events_doubled=0,
    events_refilled=0,
    events_unanswered=0,
    decisions=EVENTS,
    orders=0,
    fills=0,
    equity=10_000.0,
    fees=0.0,
    unreconciled=False,
    held_back=[],
    fees_unpriced={},
    open_positions=0,
    faults=0,
    latency_us=NOTHING,
    order_latency_us=NOTHING,
    pairs=["BTCUSDT"],
    latency_counts={},
    paused=False,
    dust={},
    bare={},
    cash=10_000.0,
    positions=[],
    slots=Trees(blue="", green="", previous=""),
)


def interpret(text: str, symbols: Symbols, _: Situation) -> Interpretation:
    def answer(status: Status, **rest: Any) -> Interpretation:
        return Interpretation(status, Language.EN, "test", 0.1, **rest)

    if text == "?":
        return answer(Status.ASK, question="Which one?")
    if text == "-":
        return answer(Status.NONE, reason="That is no command.")
    if text.startswith("back"):
        to = text.removeprefix("back").strip()
        return answer(Status.ACTION, action=Action("rollback", {"to": to} if to else {}))
    if text in ("status", "pause", "resume", "backtest"):
        return answer(Status.ACTION, action=Action(text))
    if len(text.split()) != 2 or "," in text:
        return answer(Status.NONE, reason="That is no command.")
    name, value = text.split()
    if name == "diff":
        return answer(Status.ACTION, action=Action("diff", {"change": value}))
    return answer(Status.PLAN, plan=EditPlan((SetParameter(name, float(value), symbols.parameters[name].value),)))


def propose(workspace: Workspace, plan: EditPlan, change: str, base: str, _: Language) -> Candidate:
    """A real commit of a real edit, by git's plumbing."""
    operation = plan.operations[0]
    assert isinstance(operation, SetParameter)
    files = workspace.source(base).files
    old = files["parameters.py"].decode()
    line = next(line for line in old.splitlines() if line.strip().startswith(f"{operation.name}:"))
    new = old.replace(line, f"{line.rpartition('=')[0]}= {operation.value}")
    index = {"GIT_INDEX_FILE": str(workspace.git_dir / f"index-{change}")}
    workspace.git("read-tree", base, env=index)
    blob_file = workspace.git_dir / f"blob-{change}"
    blob_file.write_text(new, encoding="utf-8")
    blob = workspace.git("hash-object", "-w", "--no-filters", str(blob_file)).strip()
    workspace.git("update-index", "--cacheinfo", f"100644,{blob},{FOLDER}/parameters.py", env=index)
    tree = workspace.git("write-tree", env=index).strip()
    commit = workspace.git("commit-tree", tree, "-p", base, "-m", "Candidate").strip()
    for left in (blob_file, Path(index["GIT_INDEX_FILE"])):
        left.unlink()
    workspace.update_refs({CANDIDATES + change: (NOBODY, commit)})
    return Candidate(
        change,
        base,
        commit,
        workspace.tree(commit),
        workspace.tree(base),
        plan,
        workspace.diff(base, commit),
        summary=f"Set {operation.name} to {operation.value} (was {operation.was})",
    )


def verdict(tree: str, parent: str, *, refused_by: str = "", returns: tuple[float, float] | None = None) -> Verdict:
    """`returns`: of the backtest, before and after."""
    outcome = Outcome.FAILED if refused_by else Outcome.PASSED
    gate = GateReport(refused_by or "scope", outcome, 0.1, ("It is too slow.",) if refused_by else ())
    gates = [gate]
    if returns is not None:
        figures = dict(zip(("usual_total_return_before", "usual_total_return_after"), returns, strict=True))
        gates.append(GateReport("backtest", Outcome.PASSED, 0.1, (), figures))
    result = "rejected" if refused_by else "accepted"
    return Verdict(result, tree, parent, tuple(gates), Box("test", "", ""), "none", {}, time.time_ns())


def about(verdict: Verdict, candidate: Candidate) -> Verdict:
    """The verdict, bound to what was asked for."""
    return msgspec.structs.replace(verdict, plan=candidate.plan.digest if candidate.plan else "")


class Kept:
    """A release whose decisions are known: all hold, for the events asked."""

    def __init__(self, action: int = 0) -> None:
        self.action = action

    def decisions(self, events: Records, *_: Any) -> Records:
        return hold(events["sequence"], self.action)

    def close(self) -> None:
        """Nothing was opened."""


def hold(sequences: Any, action: int = 0) -> Records:
    decisions: Records = np.zeros(len(sequences), DECISION)
    decisions["sequence"], decisions["action"] = sequences, action
    decisions["stop"] = decisions["target"] = np.nan
    return decisions


@dataclass
class FakeTrader:
    """A trader with slots and recordings. What it is asked is in `asked`; what it refuses is in `refuses`."""

    folder: Path
    blue: str
    previous: str = ""
    green: str = ""
    asked: list[str] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    before: Callable[[str], None] = lambda _: None
    listeners: list[Hear] = field(default_factory=list)
    positions: list[Position] = field(default_factory=list)

    def _hear(self, what: str) -> None:
        self.asked.append(what)
        self.before(what)
        if what in self.refuses:
            raise TraderRefused(self.refuses[what])

    async def stage(self, program: Program, warm_file: str) -> Staged:
        self._hear("stage")
        write_market(self.folder, Path(warm_file))
        self.green = program.release.tree
        return Staged(ready_seconds=0.1, compile_seconds=0.1, warmed_until=50)

    async def shadow(self, events: int, seconds: float, patience: float) -> ShadowRun:  # noqa: ARG002 - its answer is at once
        self._hear("shadow")
        names = {name: str(self.folder / name) for name in ("events", "green", "blue")}
        return ShadowRun(first=51, last=EVENTS, **names)

    async def unstage(self) -> None:
        self._hear("unstage")
        self.green = ""

    async def switch(self) -> SwitchDone:
        self._hear("switch")
        self.blue, self.previous, self.green = self.green, self.blue, ""
        return SwitchDone(epoch=2, first=EVENTS + 1, events_lost=0, events_doubled=0)

    async def switch_back(self, tree: str) -> SwitchDone:
        self._hear("switch_back")
        if tree != self.previous:
            raise TraderRefused("the previous host is of another tree")
        self.blue, self.previous = self.previous, self.blue
        return SwitchDone(epoch=3, first=EVENTS + 2, events_lost=0, events_doubled=0)

    async def pause(self, *, on: bool) -> None:
        self._hear(f"pause {on}")

    async def panic(self) -> None:
        self._hear("panic")

    async def close_pair(self, pair: str) -> PairClosing:
        self._hear(f"close {pair}")
        return PairClosing(pair=pair, quantity=0.0, price=0.0)

    async def status(self) -> TraderStatus:
        slots = Trees(blue=self.blue, green=self.green, previous=self.previous)
        return msgspec.structs.replace(STATUS, slots=slots, positions=self.positions)

    def listen(self, hear: Hear) -> Callable[[], None]:
        self.listeners.append(hear)
        return lambda: self.listeners.remove(hear) if hear in self.listeners else None

    def report(self, report: Health | Event) -> None:
        for hear in list(self.listeners):
            hear(report)


def write_market(folder: Path, warm_file: Path) -> None:
    """What a trader leaves of a shadow run: 50 events of warm-up, then 250 that both hosts answered with hold."""
    events = np.zeros(EVENTS, EVENT)
    events["sequence"] = np.arange(1, EVENTS + 1)
    warm_file.parent.mkdir(parents=True, exist_ok=True)
    warm_file.write_bytes(events[:50].tobytes())
    write_recording(folder / "events", events)
    for name in ("green", "blue"):
        write_recording(folder / name, hold(np.arange(51, EVENTS + 1)))


def write_recording(path: Path, records: Records) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".json").write_text(
        f'{{"record_bytes": {records.dtype.itemsize}, "symbols": ["BTCUSDT"]}}', encoding="utf-8"
    )
    path.with_suffix(".000001").write_bytes(records.tobytes())


@dataclass
class Rig:
    """What a test looks at."""

    deployment: Deployment
    recovered: list[Change]
    told: list[tuple[str, dict[str, Any]]]
    trader: FakeTrader | None

    @property
    def context(self) -> Context:
        return self.deployment.context

    @property
    def first(self) -> str:
        """The commit that the workspace began with."""
        return self.workspace.git("rev-list", "--max-parents=0", "HEAD").strip()

    @property
    def workspace(self) -> Workspace:
        return self.context.workspace

    def tell(self, told: Telling) -> None:
        self.told.append(said(told))

    async def say(self, text: str, *, yes: bool = True) -> Change:
        """The change that a sentence becomes."""

        async def confirm(_: Change) -> bool:
            return yes

        return await walk(self.deployment, Utterance(text, "ana", f"test:{text}", time.time_ns()), self.tell, confirm)

    def parameter(self, name: str, commit: str | None = None) -> float:
        return Symbols.of(self.workspace.source(commit or self.workspace.main).files).parameters[name].value


@functools.cache
def fresh() -> Path:
    """A workspace that nobody works in, made once: a copy, of the same key, is made in a fifth of the time."""
    folder = Path(tempfile.mkdtemp(prefix="sorte-fresh-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    create(folder / "w").close()
    return folder / "w"


@contextlib.contextmanager
def rig(
    folder: Path,
    *,
    trader: bool = False,
    refused_by: str = "",
    returns: tuple[float, float] | None = None,
    predicts: int = 0,
    judging: Callable[[], None] = lambda: None,
    foresee: Callable[..., Any] = lambda *_: None,
    **commander: Any,
) -> Iterator[Rig]:
    """A commander over the workspace in `folder`, made when it is not there. `predicts`: the action the judge sees."""

    def judge(
        candidate: Candidate, source: Source, parent: Source, _: Settings, on_gate: Callable[[GateReport], None]
    ) -> Verdict:
        judging()
        found = verdict(source.tree_hash, parent.tree_hash, refused_by=refused_by, returns=returns)
        assert source.tree_hash == candidate.tree
        on_gate(found.gates[0])
        return about(found, candidate)

    workspace = folder / "w"
    if workspace.exists():
        create(workspace).close()
    else:
        shutil.copytree(fresh(), workspace)
        with create(workspace) as copied:
            copied.git("update-index", "-q", "--refresh")  # git knows files by their inodes
    settings = Settings.model_construct(
        data_dir=folder / "data", commander=CommanderSettings(**{"watch_seconds": 0.2, "shadow_seconds": 0} | commander)
    )
    rooms = Rooms(
        interpret, propose, judge, lambda *_: Kept(predicts), lambda *_: None, operation_line, foresee=foresee
    )
    told: list[tuple[str, dict[str, Any]]] = []

    def tell(step: Telling) -> None:
        told.append(said(step))

    with open_commander(workspace, settings, tell, trades=trader, rooms=rooms) as (context, recovered):
        fake = FakeTrader(folder / "recordings", context.workspace.tree(context.workspace.live)) if trader else None
        try:
            yield Rig(Deployment(context, fake), recovered, told, fake)
        finally:
            context.close()
