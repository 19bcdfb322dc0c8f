"""Candidate to Verdict: every gate in its order, in boxes, and one place where an exception becomes an outcome.

In doubt it is rejected: a gate that is missing, could not be held, or never had its turn accepts nothing. The verdict
names the trees, what they were judged in and on, and the judge's own files and tools, and is about just these.
"""

from __future__ import annotations

import functools
import hashlib
import math
import platform
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import msgspec

from core.contracts import Candidate, EditPlan, GateReport, Outcome, Verdict
from core.errors import SorteError
from core.settings import Settings
from core.strategy import Source, git_tree_hash
from core.workspace import find
from services.guardian.boxes import Boxes, BoxSession, open_boxes
from services.guardian.boxes.session import shown
from services.guardian.case import Case, Evidence, Gate, Gates
from services.guardian.gates import GATES, ORDER
from services.guardian.gates.report import not_held
from services.guardian.parents import Parents
from services.guardian.trial import KEY, PARENTS, trial_of

TOOLS: Final = ("pylint", "astroid", "bandit", "pytest", "hypothesis", "numba", "llvmlite", "numpy", "msgspec")
ROOT: Final = Path(__file__).parents[2]
OWN: Final = ("services/guardian", "sandbox", "core")
"""The folders whose files make a verdict what it is."""

LAST_BEFORE_BOXES: Final = "policy"
BESIDE: Final = ("lint", "security", "tests")
"""Gates with boxes of their own, which need nothing of the others: held while the strategies compile."""


def judge(
    candidate: Candidate | None,
    source: Source,
    parent: Source,
    *,
    plan: EditPlan | None,
    evidence: Evidence,
    settings: Settings,
    on_gate: Callable[[GateReport], None] = lambda _report: None,
    every: bool = False,
    added_tests: tuple[str, ...] = (),
    gates: Gates = GATES,
    parents: Parents | None = None,
    diff: str = "",
) -> Verdict:
    """Hold every gate over `source` against `parent`; `on_gate` hears of each as it is done.

    The first refusal ends it and leaves the rest skipped, unless `every`. Raises SandboxError when there is no box to
    judge in, and SorteError when `candidate` is not the tree that was handed in. `parents` keeps compiled boxes for
    the next judgement; `diff` is that of the commits, when no `candidate` says it.

    Blocks for seconds: call it in a thread, one that outlives it, and `parents` too.
    """
    check_trees(candidate, source, parent)
    with open_boxes(settings.guardian, find(settings)) as boxes:
        opened: list[BoxSession] = []
        case = Case(
            candidate=source,
            parent=parent,
            plan=plan,
            evidence=evidence,
            open_box=functools.partial(open_and_remember, boxes, opened),
            gate_seconds=settings.guardian.gate_seconds,
            held_out=settings.guardian.held_out,
            added_tests=added_tests or (candidate.tests if candidate else ()),
            diff=candidate.diff if candidate else diff,
            shared={} if parents is None else {PARENTS: parents},
        )
        try:
            reports = hold_all(case, gates, on_gate, every=every)
        finally:
            close_boxes(case, opened, parents)
        box = boxes.box
    accepted = tuple(r.name for r in reports) == ORDER and all(r.outcome is Outcome.PASSED for r in reports)
    return Verdict(
        outcome="accepted" if accepted and evidence.markets else "rejected",
        tree=source.tree_hash,
        parent=parent.tree_hash,
        gates=tuple(reports),
        box=box,
        data=evidence.origin,
        versions=versions(),
        judged_ns=time.time_ns(),
    )


def check_trees(candidate: Candidate | None, source: Source, parent: Source) -> None:
    """Raise SorteError unless the hashes are those of the files, and the candidate speaks of these two."""
    for tree in (source, parent):
        if git_tree_hash(tree.files) != tree.tree_hash:
            raise SorteError(f"The files that were handed in are not the tree {tree.tree_hash[:12]}.")
    if candidate is not None and (candidate.tree, candidate.base_tree) != (source.tree_hash, parent.tree_hash):
        raise SorteError(f"The candidate {candidate.commit[:12]} is not the tree that was handed in.")


def open_and_remember(boxes: Boxes, opened: list[BoxSession], source: Source, *, jit: bool = True) -> BoxSession:
    """A box that is closed at the end of the judgement at the latest."""
    session = boxes.open(source, jit=jit)
    opened.append(session)
    return session


def close_boxes(case: Case, opened: list[BoxSession], parents: Parents | None) -> None:
    """End every box of the case but those that `parents` keeps for the next one."""
    try:
        if (trial := case.shared.get(KEY)) is not None:
            trial.close()
    finally:
        for session in opened:
            if parents is None or not parents.holds(session):
                session.close()


def hold_all(
    case: Case, gates: Gates, on_gate: Callable[[GateReport], None], *, every: bool = False
) -> list[GateReport]:
    """A report of each gate, in order. Once the syntax is known to be harmless, what takes long is begun beside it."""
    reports: list[GateReport] = []
    with ThreadPoolExecutor(len(BESIDE), "gate") as pool:
        begun: dict[str, Future[GateReport]] = {}
        for name in ORDER:
            refused = any(report.outcome is not Outcome.PASSED for report in reports)
            if refused and not every:
                report = GateReport(name, Outcome.SKIPPED, 0.0)
                pool.shutdown(wait=False, cancel_futures=True)
            else:
                report = begun[name].result() if name in begun else hold(name, gates.get(name), case)
            reports.append(report)
            on_gate(report)
            if name == LAST_BEFORE_BOXES and report.outcome is Outcome.PASSED:
                begun = begin(pool, gates, case)
    return reports


def begin(pool: ThreadPoolExecutor, gates: Gates, case: Case) -> dict[str, Future[GateReport]]:
    """Start the compilers in this thread, which outlives their boxes, and the gates of BESIDE in others."""
    if case.evidence.markets and gates is GATES:
        with suppress(SorteError, OSError):  # the gates that need them find it out, and say so
            trial_of(case)
    return {name: pool.submit(hold, name, gates.get(name), case) for name in BESIDE}


def hold(name: str, gate: Gate | None, case: Case) -> GateReport:
    """One gate. What it raises is an error of the gate, and no pass."""
    started = time.perf_counter()
    if gate is None:
        return not_held(name, started, "there is no such gate")
    if not case.evidence.markets and name not in ("scope", "policy", "lint", "security"):
        return not_held(name, started, "there is no history to judge on")
    try:
        report = gate(case)
    except Exception as error:  # noqa: BLE001 - the boundary: whatever a gate raises, the candidate is not accepted
        return not_held(name, started, shown(f"{type(error).__name__}: {error}"))
    if not isinstance(report, GateReport):
        return not_held(name, started, f"the gate answered with no report ({type(report).__name__})")
    if report.name != name:
        return not_held(name, started, f"the gate answered as {report.name}")
    figures = {what: None if is_no_number(figure) else figure for what, figure in report.figures.items()}
    return msgspec.structs.replace(report, figures=figures)


def is_no_number(figure: object) -> bool:
    """NaN and infinities, which JSON has no word for."""
    return isinstance(figure, float) and not math.isfinite(figure)


def versions() -> dict[str, str]:
    """Of the judge's own files, as one hash, of the interpreter and of the tools."""
    found: dict[str, str] = {"guardian": own_hash(), "python": platform.python_version()}
    for tool in TOOLS:
        with suppress(PackageNotFoundError):
            found[tool] = version(tool)
    return found


@functools.cache
def own_hash() -> str:
    """SHA-256 over the files of the judge, the box and the core, by path."""
    digest = hashlib.sha256()
    for file in sorted(path for folder in OWN for path in (ROOT / folder).rglob("*") if path.is_file()):
        if file.suffix in (".py", ".toml") or file.name == "Dockerfile":
            digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def as_object(verdict: Verdict) -> Mapping[str, Any]:
    """For `--json`: the verdict with its digest."""
    return {"kind": "verdict", "digest": verdict.digest, **msgspec.to_builtins(verdict)}
