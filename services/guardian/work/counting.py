"""Ask a box how much its strategy works; and what was counted before, so that no parent is counted twice."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from core.compiled.store import Store
from core.kernel import DECISION, EVENT, Records
from core.strategy import Source
from sandbox.counting import Block, counted
from services.guardian.answers import Fed, Memory, decisions_of, in_one_line
from services.guardian.grade import CandidateFault
from services.guardian.side import Side
from services.guardian.work.shape import Shape
from services.guardian.work.workload import PAIRS, Workload, table_of, workload

ROOT: Final = Path(__file__).parents[3]
INDICATORS: Final = "core/indicators.py"
LEVELS: Final = "levels"
"""The function that asks the rules anew for each price at which they may change their mind."""
FEATURES: Final = "features_at"
VERDICTS: Final = "verdicts"
WHAT_COUNTS: Final = (
    *("sandbox/counting.py", "sandbox/tasks/working.py", "core/kernel.py", "core/strategy.py", INDICATORS),
    *("services/guardian/made.py", "services/guardian/fuzz.py", "services/guardian/work/counting.py"),
)
"""The files on which it depends, beside the strategy, what was counted."""


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a box says: int32[events, blocks], and its decisions."""

    counts: bytes
    decisions: bytes
    fault: str


class Work(msgspec.Struct, frozen=True):
    """What one strategy works for each event of the workload. Arrays as bytes of int64[events]."""

    shape: Shape
    operations: bytes
    in_levels: bytes  # of these, in the functions that look for stop and target, without what they call
    edges: bytes  # how many prices they asked for, times two
    features: bytes  # how often the world was described
    verdicts: bytes  # how often the rules were asked
    actions: bytes  # of the decision, and the rule that made it
    rules: bytes

    def column(self, name: str) -> np.ndarray[Any, np.dtype[np.int64]]:
        """One of the arrays."""
        return np.frombuffer(getattr(self, name), np.int64)


def counted_work(source: Source, plain: Side, aged: Sequence[bytes], load: Workload | None = None) -> Work:
    """What the strategy of a box without a compiler works, from the states that it had after the bars before.

    CandidateFault when the box does not answer as the compiled one did. What was counted is kept.
    """
    load = load or workload()
    prepared = plain.ready.result()
    table = table_of(prepared.rows, prepared.columns)
    answer = plain.ask(
        "working.count", Answer, events=load.events.tobytes(), pairs=PAIRS, states=list(aged), table=table
    )
    if answer.fault:
        plain.refuse(f"It raised while its work was counted: {in_one_line(answer.fault)}")
    work = worked(source, answer, len(load.events))
    _store().write(_key(source), msgspec.msgpack.encode(work))
    return work


def known_work(source: Source) -> Work | None:
    """What was counted before of this very tree by this very code; None when nothing was."""
    data = _store().read(_key(source))
    try:
        return msgspec.msgpack.decode(data, type=Work) if data else None
    except msgspec.MsgspecError:
        return None


def aged_states(side: Side, load: Workload | None = None) -> list[bytes]:
    """Its states after the bars that came before the workload."""
    load = load or workload()
    side.ask("trading.begin", type(None), pairs=PAIRS)
    for ageing in load.before:
        fault = side.ask("trading.age", str, **ageing._asdict())
        if fault:
            side.refuse(f"It raised while it grew old: {in_one_line(fault)}")
    return side.ask("trading.memory", Memory).states


def answers(side: Side, aged: Sequence[bytes], load: Workload | None = None) -> Records:
    """The decisions on the workload of a box."""
    load = load or workload()
    prepared = side.ready.result()
    table = table_of(prepared.rows, prepared.columns)
    tables = [table or None] * PAIRS
    side.ask("trading.begin", type(None), pairs=PAIRS, states_before=list(aged), tables=tables)
    fed = side.ask("trading.feed", Fed, events=load.events.tobytes())
    if fed.fault:
        where = len(fed.decisions) // DECISION.itemsize + 1
        side.refuse(f"It raised at event {where:,} of the work that is counted: {in_one_line(fed.fault)}")
    return decisions_of(fed.decisions, len(load.events))


def blocks_of(source: Source) -> list[Block]:
    """The blocks of a strategy in the order of their counters, by the judge's own reading."""
    files = {INDICATORS: (ROOT / INDICATORS).read_bytes()}
    files |= {name: source.files[name] for name in sorted(source.files) if name.endswith(".py") and "/" not in name}
    blocks: list[Block] = []
    for name, data in files.items():
        blocks += counted(name, data, len(blocks)).blocks
    return blocks


def worked(source: Source, answer: Answer, events: int) -> Work:
    """Counters into operations. CandidateFault when the answer is no table of the blocks that there are."""
    blocks, decisions = blocks_of(source), decisions_of(answer.decisions, events)
    counts = np.frombuffer(answer.counts, np.int32)
    if len(counts) != events * len(blocks):
        raise CandidateFault("Its box counted other blocks than its code has.")
    counts = counts.reshape(events, len(blocks))
    costs = np.array([block.operations for block in blocks], np.int64)

    def told(which: Callable[[Block], bool], *, most: bool = False) -> bytes:
        chosen = np.array([which(block) for block in blocks], bool)
        if not chosen.any():
            return np.zeros(events, np.int64).tobytes()
        part: np.ndarray[Any, np.dtype[np.int64]] = counts[:, chosen].astype(np.int64)
        found: np.ndarray[Any, np.dtype[np.int64]] = part.max(axis=1) if most else part.sum(axis=1)
        return found.tobytes()

    here = np.array([block.function in (LEVELS, "world", "closes", "turns") for block in blocks], bool)
    return Work(
        shape=Shape.of(source),
        operations=(counts @ costs).astype(np.int64).tobytes(),
        in_levels=(counts @ (costs * here)).astype(np.int64).tobytes(),
        edges=told(lambda block: block.function == LEVELS, most=True),
        features=told(lambda block: block.function == FEATURES and block.enters),
        verdicts=told(lambda block: block.function == VERDICTS and block.enters),
        actions=np.ascontiguousarray(decisions["action"]).tobytes(),
        rules=np.ascontiguousarray(decisions["rule"]).tobytes(),
    )


def _key(source: Source) -> str:
    return hashlib.sha256(f"{source.tree_hash} {_surroundings()} {EVENT} {DECISION}".encode()).hexdigest()


@functools.cache
def _surroundings() -> str:
    digest = hashlib.sha256(workload().digest.encode())
    for name in WHAT_COUNTS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


@functools.cache
def _store() -> Store:
    return Store("work")
