"""latency: the candidate answers with about as much work as its parent, and in about the time.

Work first (`services.guardian.work`): operations, counted on the same events for everybody. It is exact, and no load of
the machine touches it. Then time (`services.guardian.work.timing`), for what a count cannot see: the memory, and what
is made of the code. Where just fractions among the parameters differ, both are the parent's, and no time is taken. When
the boxes had too little machine, nothing is refused by it: the gate was not held.

What is counted and what is timed must be decided as it was before, so that a strategy which takes short cuts when it is
watched is found out.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import numpy as np

from core.contracts import Upgrade
from services.guardian.case import Case, trial_of
from services.guardian.grade import CandidateFault, Grade
from services.guardian.shape import shape_of
from services.guardian.side import Side
from services.guardian.trial import Trial
from services.guardian.work.counting import Work, aged_states, answers, counted_work, known_work
from services.guardian.work.grading import grade
from services.guardian.work.shape import same_code
from services.guardian.work.timing import hold_timed
from services.guardian.work.workload import workload


def gate(case: Case) -> Grade:
    """Work, and if that is no refusal, time: a measurement that does not refuse ends it."""
    trial = trial_of(case)
    sides = (trial.wait_for(trial.candidate), trial.wait_for(trial.parent))
    for side in sides:
        side.aged = side.aged or aged_states(side)
    graded = weigh(case, trial)
    if graded.refusals or shape_of(case.candidate) == shape_of(case.parent):
        return graded
    timed = hold_timed(*sides, work=work_ratio(graded))
    return replace(timed, figures={**graded.figures, **timed.figures})


def work_ratio(graded: Grade) -> float:
    """How many times the parent's work for the kind of event that grew most."""
    figures = graded.figures
    kinds = [name.removesuffix("_after") for name in figures if name.startswith("work_") and name.endswith("_after")]
    return max(float(figures[f"{kind}_after"] or 0) / float(figures[f"{kind}_before"] or 1) for kind in kinds)


def weigh(case: Case, trial: Trial) -> Grade:
    """What the candidate works, beside its parent and the anchor."""
    after, before = work_of_candidate(case, trial), work_of_parent(case, trial)
    operations = case.plan.operations if case.plan else ()
    return grade(
        after,
        before,
        workload().events,
        case.margins,
        numbers_only=same_code(case.candidate, case.parent),
        upgrade=any(isinstance(operation, Upgrade) for operation in operations),
    )


def work_of_candidate(case: Case, trial: Trial) -> Work:
    """Counted in plain Python, which must decide as what is compiled does."""
    compiled, plain = trial.wait_for(trial.candidate), trial.wait_for(trial.plain)
    found = known_work(case.candidate) or counted_work(case.candidate, plain, compiled.aged)
    told = answers(compiled, compiled.aged)
    if any(np.ascontiguousarray(told[name]).tobytes() != getattr(found, f"{name}s") for name in ("action", "rule")):
        raise CandidateFault("It decides otherwise when its work is counted.")
    return found


def work_of_parent(case: Case, trial: Trial) -> Work:
    """What was counted when it was a candidate itself; else in a box of its own."""
    if (known := known_work(case.parent)) is not None:
        return known
    parent = trial.wait_for(trial.parent)
    with closing(case.open_box(case.parent, jit=False)) as box:
        plain = Side("parent in plain Python", parent.tree, box, case.gate_seconds, blamed=False)
        plain.ready.set_result(parent.ready.result())
        return counted_work(case.parent, plain, parent.aged)
