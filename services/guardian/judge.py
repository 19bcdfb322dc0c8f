"""Candidate to Verdict: every gate in its order, in boxes, and one place where an exception becomes an outcome.

In doubt it is rejected: a gate that is missing, could not be held, or never had its turn accepts nothing. The verdict
names the trees, what they were judged in and on, and the judge's own files and tools, and is about just these.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for_all
from contextlib import contextmanager, suppress
from typing import Any

import msgspec

from core.contracts import Box, Candidate, EditPlan, GateReport, Outcome, Verdict
from core.contracts.road import FINDINGS_SHOWN
from core.errors import SorteError
from core.settings import Settings
from core.strategy import Source, git_tree_hash
from core.workspace import find
from services.guardian.boxes import Boxes, BoxSession, open_boxes
from services.guardian.boxes.session import shown
from services.guardian.boxes.warm import WarmBoxes, opener
from services.guardian.case import Bench, Case, Evidence, trial_of
from services.guardian.differing import Example
from services.guardian.gates import GATES, Entry, Gates
from services.guardian.grade import CandidateFault, Grade, Starved
from services.guardian.judged import Judged
from services.guardian.kept import Kept, KeptVerdicts, key_of
from services.guardian.machine import busy_part, patience, wait_until_quiet
from services.guardian.parents import Parents
from services.guardian.tools import versions


def judge(
    candidate: Candidate | None,
    source: Source,
    parent: Source,
    *,
    plan: EditPlan | None,
    evidence: Evidence,
    settings: Settings,
    on_gate: Callable[[GateReport], None] = lambda _report: None,
    on_judged: Callable[[Judged], None] = lambda _judged: None,
    on_examples: Callable[[tuple[Example, ...]], None] = lambda _examples: None,
    every: bool = False,
    added_tests: tuple[str, ...] = (),
    gates: Gates = GATES,
    parents: Parents | None = None,
    warm: WarmBoxes | None = None,
    diff: str = "",
    wait: Callable[[float], bool] = wait_until_quiet,
    kept: KeptVerdicts | None = None,
) -> Verdict:
    """Hold every gate over `source` against `parent`; `on_gate` hears of each as it is done, `on_judged` the curves.

    `on_examples` hears of events to which candidate and parent answer differently.

    The first refusal ends it and leaves the rest skipped, unless `every`. Raises SandboxError when there is no box to
    judge in, and SorteError when `candidate` is not the tree that was handed in. `parents` keeps compiled boxes for
    the next judgement, `warm` has some that wait for this one; `diff` is that of the commits, when no `candidate` says
    it.

    What `kept` has of the very same trees, plan, history, box, settings and judge is not judged again.
    When a gate had too little machine, nothing is refused: `wait` until it is quiet, and all are held once more.

    Blocks for seconds: call it in a thread, one that outlives it, and `parents` too.
    """
    check_trees(candidate, source, parent)
    more: dict[str, Any] = {"plan": plan, "diff": candidate.diff if candidate else diff}
    more["added_tests"] = added_tests or (candidate.tests if candidate else ())
    key = ""
    if kept is not None and gates is GATES:
        with open_boxes(settings.guardian, find(settings)) as boxes:
            key = key_of(
                source,
                parent,
                evidence=evidence,
                box=boxes.box,
                settings=settings.guardian,
                versions=versions(),
                **more,
            )
        if (known := kept.find(key)) is not None:
            return tell_again(known, on_gate, on_judged)
    for again in (True, False):
        with opened_case(source, parent, evidence, settings, parents, warm, **more) as (case, box):
            reports = hold_all(case, gates, on_gate, every=every)
        if not (again and case.bench.starved and wait(settings.guardian.quiet_seconds)):
            break
    if case.bench.judged is not None:
        on_judged(case.bench.judged)
    on_examples(case.bench.examples)
    verdict = verdict_on(case, reports, box)
    if kept is not None and key and not every:
        kept.keep(key, verdict, case.bench.judged)
    return verdict


def tell_again(known: Kept, on_gate: Callable[[GateReport], None], on_judged: Callable[[Judged], None]) -> Verdict:
    """What was found of the very same before."""
    for report in known.verdict.gates:
        on_gate(report)
    if known.judged is not None:
        on_judged(known.judged)
    return known.verdict


@contextmanager
def opened_case(
    source: Source,
    parent: Source,
    evidence: Evidence,
    settings: Settings,
    parents: Parents | None = None,
    warm: WarmBoxes | None = None,
    **more: Any,
) -> Iterator[tuple[Case, Box]]:
    """What gates are held over, and what in; at the end its boxes are closed. `more` are fields of the case.

    Raises SandboxError when there is no box.
    """
    with open_boxes(settings.guardian, find(settings)) as boxes:
        opened: list[BoxSession] = []
        case = Case.under(
            settings.guardian,
            candidate=source,
            parent=parent,
            evidence=evidence,
            open_box=functools.partial(open_and_remember, opener(boxes, warm, boxes_of(boxes, settings)), opened),
            gate_seconds=settings.guardian.gate_seconds * patience(busy_part()),
            bench=Bench(parents),
            **more,
        )
        try:
            yield case, boxes.box
        finally:
            close_boxes(case, opened, parents)


def verdict_on(case: Case, reports: list[GateReport], box: Box) -> Verdict:
    """Accepted is what every gate of the table passed, in its order, with a history to judge on."""
    held = tuple(report.name for report in reports) == tuple(GATES)
    passed = held and all(report.outcome is Outcome.PASSED for report in reports)
    return Verdict(
        outcome="accepted" if passed and case.evidence.markets else "rejected",
        tree=case.candidate.tree_hash,
        parent=case.parent.tree_hash,
        gates=tuple(reports),
        box=box,
        data=case.evidence.origin,
        versions=versions(),
        judged_ns=time.time_ns(),
        plan=case.plan.digest if case.plan else "",
    )


def check_trees(candidate: Candidate | None, source: Source, parent: Source) -> None:
    """Raise SorteError unless the hashes are those of the files, and the candidate speaks of these two."""
    for tree in (source, parent):
        if git_tree_hash(tree.files) != tree.tree_hash:
            raise SorteError(f"The files that were handed in are not the tree {tree.tree_hash[:12]}.")
    if candidate is not None and (candidate.tree, candidate.base_tree) != (source.tree_hash, parent.tree_hash):
        raise SorteError(f"The candidate {candidate.commit[:12]} is not the tree that was handed in.")


def boxes_of(boxes: Boxes, settings: Settings) -> object:
    """All that a box depends on beside what is laid out in it."""
    return boxes.box, settings.guardian.model_dump_json()


def open_and_remember(
    open_box: Callable[..., BoxSession], opened: list[BoxSession], source: Source, **how: Any
) -> BoxSession:
    """A box that is closed at the end of the judgement at the latest."""
    session = open_box(source, **how)
    opened.append(session)
    return session


def close_boxes(case: Case, opened: list[BoxSession], parents: Parents | None) -> None:
    """End every box of the case but those that `parents` keeps for the next one."""
    try:
        case.bench.close()
    finally:
        for session in opened:
            if parents is None or not parents.holds(session):
                session.close()


def hold_all(
    case: Case, gates: Gates, on_gate: Callable[[GateReport], None], *, every: bool = False
) -> list[GateReport]:
    """A report of each gate, in order. Once the syntax is known to be harmless, what takes long is begun beside it."""
    reports: list[GateReport] = []
    with ThreadPoolExecutor(thread_name_prefix="gate") as pool, ThreadPoolExecutor(1, "turn") as turns:
        begun: dict[str, Future[GateReport]] = {}
        refused = False
        for name in GATES:
            entry = gates.get(name)
            if refused and not every:
                report = GateReport(name, Outcome.SKIPPED, 0.0)
            else:
                report = begun[name].result() if name in begun else hold(name, entry, case)
            reports.append(report)
            on_gate(report)
            if not refused and report.outcome is not Outcome.PASSED:
                refused = True
                if not every:
                    stop(case, pool, turns)
            if entry is not None and entry.clears and not refused:
                case.bench.harmless = True
                begun = begin_beside(pool, turns, gates, case, every=every)
    return reports


def begin_beside(
    pool: ThreadPoolExecutor, turns: ThreadPoolExecutor, gates: Gates, case: Case, *, every: bool
) -> dict[str, Future[GateReport]]:
    """Start the compilers in this thread, which outlives their boxes, and in others the gates: side by side, but for
    those that ask the same boxes, which come one after the other."""
    begun: dict[str, Future[GateReport]] = {}
    is_begun = False
    if case.evidence.markets and any(entry.on_trial for entry in gates.values()):
        with suppress(SorteError, OSError):  # the gates that need them find it out, and say so
            is_begun = trial_of(case) is not None
    before: list[str] = []
    for name, entry in gates.items():
        waits = [begun[each] for each in before if entry.plain or gates[each].compiled]
        if entry.beside:
            begun[name] = pool.submit(hold, name, entry, case)
        elif entry.on_trial and is_begun:
            if entry.first is not None:
                case.bench.asked[name] = turns.submit(ask_after, tuple(waits), entry.first, case)
            held_in = turns if entry.compiled else pool
            begun[name] = held_in.submit(hold_after, tuple(waits), name, entry, case, every=every)
        if entry.on_trial and name in begun:
            before.append(name)
    return begun


def ask_after(before: tuple[Future[GateReport], ...], ask: Callable[[Case], Any], case: Case) -> Any:
    """What a gate asks of the boxes once those before it are over; what it raises is raised in the gate."""
    wait_for_all(before)
    return ask(case)


def hold_after(
    before: tuple[Future[GateReport], ...], name: str, entry: Entry, case: Case, *, every: bool
) -> GateReport:
    """Hold a gate once those are over that ask the same boxes, unless one of them has ended the judgement."""
    passed = [each.result().outcome is Outcome.PASSED for each in before]
    return hold(name, entry, case) if every or all(passed) else GateReport(name, Outcome.SKIPPED, 0.0)


def stop(case: Case, *pools: ThreadPoolExecutor) -> None:
    """Begin nothing more; who waits for the candidate's boxes, waits no longer."""
    for pool in pools:
        pool.shutdown(wait=False, cancel_futures=True)
    case.bench.stop()


def hold(name: str, entry: Entry | None, case: Case) -> GateReport:
    """Hold one gate, and report. What it raises is an error of the gate, and no pass; a CandidateFault is a refusal."""
    begun = time.perf_counter()
    grade = ask_gate(entry, case)
    findings = tuple(dict.fromkeys((*grade.refusals, *grade.notes)))
    case.bench.starved |= grade.starved
    if grade.not_held_because is not None:
        outcome, findings = Outcome.ERROR, (grade.not_held_because,)
    else:
        outcome = Outcome.FAILED if grade.refusals else Outcome.PASSED
    return GateReport(
        name=name,
        outcome=outcome,
        seconds=round(time.perf_counter() - begun, 3),
        findings=shorten(findings),
        figures={what: None if is_no_number(figure) else figure for what, figure in grade.figures.items()},
    )


def ask_gate(entry: Entry | None, case: Case) -> Grade:
    """What a gate comes to. Never raises."""
    if entry is None:
        return Grade.not_held("there is no such gate")
    if entry.needs_history and not case.evidence.markets:
        return Grade.not_held("there is no history to judge on")
    try:
        grade = entry.gate(case)
    except CandidateFault as fault:
        return Grade((str(fault),))
    except Starved as starved:
        return Grade.not_held(f"the machine was too busy: {starved}", starved=True)
    except Exception as error:  # noqa: BLE001 - the boundary: whatever a gate raises, the candidate is not accepted
        return Grade.not_held(shown(f"{type(error).__name__}: {error}"))
    return grade if isinstance(grade, Grade) else Grade.not_held(f"the gate gave no grade ({type(grade).__name__})")


def shorten(findings: tuple[str, ...]) -> tuple[str, ...]:
    """As many as a report shows; the last one then says how many there are besides."""
    more = len(findings) - FINDINGS_SHOWN + 1
    return findings if more <= 1 else (*findings[: FINDINGS_SHOWN - 1], f"and {more} more")


def is_no_number(figure: object) -> bool:
    """NaN and infinities, which JSON has no word for."""
    return isinstance(figure, float) and not math.isfinite(figure)


def as_object(verdict: Verdict) -> Mapping[str, Any]:
    """For `--json`: the verdict with its digest."""
    return {"kind": "verdict", "digest": verdict.digest, **msgspec.to_builtins(verdict)}
